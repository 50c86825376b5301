//! Apps that ask people for access (RFC 6749, 2).

use lp_core::text::{self, TextFault};
use thiserror::Error;

use crate::{RedirectFault, RedirectUri};

/// An app, as far as it is known before anybody has let it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// What it is known by: a text of ours, or the address of its document.
    pub id: String,
    pub kind: ClientKind,
    /// As it calls itself, which proves nothing.
    pub name: Option<ClientName>,
    /// Where answers may go: one at least.
    pub redirects: Vec<RedirectUri>,
    pub proves_by: ClientProof,
}

/// How an app came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientKind {
    /// It registered itself: it may be anybody's, under any name (RFC 7591).
    Registered,
    /// The operator of the installation registered it.
    Vouched,
    /// It is described at its own address, so it is whoever owns that host.
    Document,
}

/// How an app shows at the token endpoint that it is itself (RFC 7591, 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientProof {
    /// Not at all: it could keep no secret. The proof of RFC 7636 must do.
    None,
    /// By a secret in the `Authorization` header.
    Basic,
    /// By a secret in the body.
    Post,
}

/// What an app calls itself: one line of at most 100 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientName(Box<str>);

/// Why addresses for answers were not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RedirectsFault {
    #[error("name at least one address")]
    None,
    #[error(
        "name at most {} addresses, of {} bytes together",
        Client::MOST_REDIRECTS,
        Client::REDIRECT_BYTES
    )]
    TooMany,
    #[error("number {0} {1}")]
    One(usize, RedirectFault),
}

impl Client {
    /// So many addresses for answers at most.
    pub const MOST_REDIRECTS: usize = 10;
    /// So many bytes of them together.
    pub const REDIRECT_BYTES: usize = 2_000;

    /// Where the answer goes that an app wants at `asked`; `None` where it may not go there.
    pub fn redirect(&self, asked: &str) -> Option<RedirectUri> {
        let asked = RedirectUri::parse(asked).ok()?;
        self.redirects.iter().any(|known| known.admits(&asked)).then_some(asked)
    }

    /// Whether it can be any program on the person's own machine.
    pub fn is_local(&self) -> bool {
        self.redirects.iter().all(RedirectUri::is_loopback)
    }
}

impl ClientKind {
    /// The stable word in replies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "REGISTERED",
            Self::Vouched => "VOUCHED",
            Self::Document => "DOCUMENT",
        }
    }
}

impl ClientProof {
    const ALL: [Self; 3] = [Self::None, Self::Basic, Self::Post];

    /// Its name in metadata (RFC 7591, 2).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|proof| proof.as_str() == text)
    }
}

impl ClientName {
    const LONGEST: usize = 100;

    pub fn parse(text: &str) -> Result<Self, TextFault> {
        text::line(text, Self::LONGEST).map(|()| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The addresses that an app names, or the first that is none.
pub fn redirects<'a>(
    texts: impl ExactSizeIterator<Item = &'a str> + Clone,
) -> Result<Vec<RedirectUri>, RedirectsFault> {
    match texts.len() {
        0 => return Err(RedirectsFault::None),
        many if many > Client::MOST_REDIRECTS => return Err(RedirectsFault::TooMany),
        _ => {}
    }
    if texts.clone().map(str::len).sum::<usize>() > Client::REDIRECT_BYTES {
        return Err(RedirectsFault::TooMany);
    }
    texts
        .enumerate()
        .map(|(place, text)| RedirectUri::parse(text).map_err(|fault| RedirectsFault::One(place + 1, fault)))
        .collect()
}
