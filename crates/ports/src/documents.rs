use std::time::Duration;

use async_trait::async_trait;
use lp_core::WebUrl;
use thiserror::Error;

/// What a client of OAuth publishes about itself at the address that is its id, unread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientDocument {
    /// Said to be JSON by its server; at most [`ClientDocument::MOST`].
    pub bytes: Vec<u8>,
    /// How long it may be believed without asking again: between [`ClientDocument::SHORTEST`] and
    /// [`ClientDocument::LONGEST`].
    pub keep: Duration,
}

/// Why there is no document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DocumentFault {
    /// It lies in a network, behind a port or under a scheme that requests of this installation must not use.
    #[error("its address is not one that may be asked")]
    Forbidden,
    /// Its host's name does not resolve.
    #[error("its host is unknown")]
    Unresolved,
    /// No connection could be made.
    #[error("its host cannot be reached")]
    Unreachable,
    /// TLS could not be agreed or the certificate is not trusted.
    #[error("its host has no trusted certificate")]
    Insecure,
    /// It took too long.
    #[error("its host took too long")]
    Timeout,
    /// Another status than 200; redirects are not followed.
    #[error("its host answered with status {0}")]
    Status(u16),
    /// It is not said to be JSON.
    #[error("it is not served as application/json")]
    MediaType,
    /// It has more bytes than are read.
    #[error("it has more than 64 KiB")]
    TooLarge,
    /// It broke off, or its host spoke something else than HTTP.
    #[error("its host broke off")]
    Broken,
    /// It was not asked for: this node fetches as many documents as it may already.
    #[error("too many documents are being fetched")]
    Busy,
}

/// Fetches what clients publish about themselves (OAuth client id metadata documents).
#[async_trait]
pub trait ClientDocuments: Send + Sync {
    /// One request, without redirects, from outside any transaction; answers within 6 seconds.
    async fn fetch(&self, url: &WebUrl) -> Result<ClientDocument, DocumentFault>;
}

impl ClientDocument {
    /// The bytes that are read of one.
    pub const MOST: usize = 64 * 1024;
    /// Kept so long even where its server wants it asked for each time, so that nobody makes this installation ask all the
    /// time.
    pub const SHORTEST: Duration = Duration::from_mins(1);
    /// Kept so long where its server says nothing.
    pub const USUAL: Duration = Duration::from_mins(5);
    /// Kept so long at most, so that a client that is taken over does not stay so here.
    pub const LONGEST: Duration = Duration::from_hours(24);
}
