//! Where the answer to an app's request for access may go.

use std::fmt;

use lp_core::{WebUrl, WebUrlFault};
use thiserror::Error;

/// The hosts that are this machine itself, as they are written (RFC 8252, 7.3 and 8.3).
const LOOPBACK: &[&str] = &["127.0.0.1", "[::1]", "localhost"];

/// An address that an app receives answers at: `https`, or `http` on the machine of the person who asks.
///
/// It is kept and compared letter by letter (RFC 9700, 2.1), so only the plain spelling of an address is one: what a
/// browser would write otherwise than it was registered could be compared as one thing and visited as another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri(Box<str>);

/// Why a text is not such an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RedirectFault {
    #[error(transparent)]
    Address(#[from] WebUrlFault),
    #[error(
        "must be written as browsers write it: lower-case host, no '..', no default port, no unusual characters"
    )]
    Spelling,
    #[error("must be https, or http to 127.0.0.1, [::1] or localhost")]
    Insecure,
    #[error("must not have a fragment")]
    Fragment,
    #[error("must name one host, without '*'")]
    Wildcard,
    #[error("is longer than 1000 bytes")]
    TooLong,
}

impl RedirectUri {
    /// The longest one, in bytes.
    pub const LONGEST: usize = 1_000;

    pub fn parse(text: &str) -> Result<Self, RedirectFault> {
        if text.len() > Self::LONGEST {
            return Err(RedirectFault::TooLong);
        }
        if text.contains('#') {
            return Err(RedirectFault::Fragment);
        }
        let url = WebUrl::parse(text)?;
        if url.as_str() != text || text.contains('\\') {
            return Err(RedirectFault::Spelling);
        }
        let uri = Self(text.into());
        if uri.host().contains('*') {
            return Err(RedirectFault::Wildcard);
        }
        if uri.0.starts_with("http:") && !uri.is_loopback() {
            return Err(RedirectFault::Insecure);
        }
        Ok(uri)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether only programs on the person's own machine can receive the answer. Which of them does nobody can tell.
    pub fn is_loopback(&self) -> bool {
        LOOPBACK.contains(&self.host())
    }

    /// The host without its port.
    pub fn host(&self) -> &str {
        let (_, authority, _) = self.parts();
        let end = match authority.rfind(':') {
            Some(colon) if !authority[colon..].contains(']') => colon,
            _ => authority.len(),
        };
        &authority[..end]
    }

    /// What a browser calls the place: scheme, host and port (RFC 6454).
    pub fn origin(&self) -> &str {
        let (scheme, authority, _) = self.parts();
        &self.0[..scheme.len() + "://".len() + authority.len()]
    }

    /// Whether an answer may go to `asked`, where this one was registered: the same text, or on this very machine the same
    /// but for the port, which a program is given only when it starts (RFC 8252, 7.3).
    pub fn admits(&self, asked: &Self) -> bool {
        let ((scheme, _, rest), (asked_scheme, _, asked_rest)) = (self.parts(), asked.parts());
        let but_for_port = self.0.starts_with("http:")
            && self.is_loopback()
            && (scheme, self.host(), rest) == (asked_scheme, asked.host(), asked_rest);
        self == asked || but_for_port
    }

    /// Scheme, authority, and all behind it.
    fn parts(&self) -> (&str, &str, &str) {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        (scheme, &rest[..end], &rest[end..])
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
