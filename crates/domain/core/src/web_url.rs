use std::fmt;

use thiserror::Error;
use url::Url;

const MAX: usize = 4_096;

/// An absolute `http` or `https` address without credentials, at most 4,096 bytes, visible ASCII only.
///
/// Kept as typed where the WHATWG serialisation reads the same (apart from the `/` of an empty path), and as that
/// serialisation everywhere else, so that what is stored is what every client will resolve.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebUrl(Box<str>);

/// Why a text is not such an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WebUrlFault {
    #[error("is not an absolute web address such as https://example.com/page")]
    Malformed,
    #[error("must begin with http:// or https://")]
    Scheme,
    #[error("must not carry a user name or password")]
    Credentials,
    #[error("has a control character, a space or a line break")]
    Control,
    #[error("is longer than 4096 bytes")]
    TooLong,
}

impl WebUrl {
    pub fn parse(text: &str) -> Result<Self, WebUrlFault> {
        if text.len() > MAX {
            return Err(WebUrlFault::TooLong);
        }
        // The URL standard strips these silently; here they hide what was meant.
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(WebUrlFault::Control);
        }
        let url = Url::parse(text).map_err(|_| WebUrlFault::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(WebUrlFault::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(WebUrlFault::Credentials);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(WebUrlFault::Malformed);
        }
        let serialised = url.as_str();
        let kept = if same_apart_from_root(text, serialised) { text } else { serialised };
        if kept.len() > MAX {
            return Err(WebUrlFault::TooLong);
        }
        Ok(Self(kept.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the two differ at most by the `/` that the standard writes for an empty path.
fn same_apart_from_root(typed: &str, serialised: &str) -> bool {
    if typed == serialised {
        return true;
    }
    let Some(authority) = serialised.find("://").map(|at| at + 3) else { return false };
    let Some(root) = serialised[authority..].find('/').map(|at| at + authority) else { return false };
    typed.len() + 1 == serialised.len()
        && typed.as_bytes().starts_with(&serialised.as_bytes()[..root])
        && typed.as_bytes()[root..] == serialised.as_bytes()[root + 1..]
}

impl fmt::Display for WebUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
