use std::fmt;

use thiserror::Error;
use url::{Position, Url};

/// Where a page of a browser comes from: scheme, host and port (RFC 6454), as browsers write it into `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Box<str>);

/// Why a text is no origin that can be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OriginFault {
    #[error("is not an origin such as https://shop.example.com")]
    Malformed,
    #[error("must begin with http:// or https://")]
    Scheme,
    #[error("has more than scheme, host and port: leave out path, query, fragment and user name")]
    More,
    #[error("'null' is the origin of sandboxed pages and files, whoever made them, and cannot be let in")]
    Null,
}

impl Origin {
    pub const MAX: usize = 300;

    /// Reads one, as people may write it: a `/` at the end, capital letters and the usual port are left out.
    pub fn parse(text: &str) -> Result<Self, OriginFault> {
        if text.eq_ignore_ascii_case("null") {
            return Err(OriginFault::Null);
        }
        if text.len() > Self::MAX || text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '*') {
            return Err(OriginFault::Malformed);
        }
        let url = Url::parse(text).map_err(|_| OriginFault::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(OriginFault::Scheme);
        }
        let plain = url.username().is_empty() && url.password().is_none() && !text.contains('@');
        if !plain || !matches!(&url[Position::BeforePath..], "" | "/") {
            return Err(OriginFault::More);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(OriginFault::Malformed);
        }
        Ok(Self(url[..Position::BeforePath].into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
