use std::borrow::Borrow;
use std::fmt;

use compact_str::CompactString;
use thiserror::Error;

/// Names a handle may not have, because a host of the platform or a name server convention bears them.
const RESERVED: &[&str] = &[
    "ai",
    "api",
    "app",
    "www",
    "mcp",
    "login",
    "connect",
    "profile",
    "admin",
    "static",
    "assets",
    "mail",
    "ns1",
    "ns2",
    "localhost",
];

const MAX: usize = 32;

/// The name of a creator's space; also the first label of its host.
///
/// 2 to 32 characters of `a-z`, `0-9` and `-`, not beginning or ending with `-`, without `--` (which marks preview
/// hosts), and not reserved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(CompactString);

/// Why a text is not a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HandleFault {
    #[error(
        "a handle has 2 to 32 characters of a-z, 0-9 and '-', does not begin or end with '-' and has no '--'"
    )]
    Malformed,
    #[error("this handle is reserved by the platform")]
    Reserved,
}

/// How the installation's own space is written: as no handle can be.
const INSTALLATION: &str = "_";

impl Handle {
    /// The space in which happens what belongs to no handle: accounts and their sessions. It has a version and an audit
    /// like any handle, and nobody can name it.
    pub fn installation() -> Self {
        Self(CompactString::const_new(INSTALLATION))
    }

    /// What a store kept: a handle, or the installation's own space.
    pub fn stored(text: &str) -> Result<Self, HandleFault> {
        if text == INSTALLATION { Ok(Self::installation()) } else { Self::parse(text) }
    }

    pub fn parse(text: &str) -> Result<Self, HandleFault> {
        if !well_formed(text) {
            return Err(HandleFault::Malformed);
        }
        if RESERVED.contains(&text) {
            return Err(HandleFault::Reserved);
        }
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// So that maps are looked up by texts that are not parsed yet: equality and hash are the text's.
impl Borrow<str> for Handle {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn well_formed(text: &str) -> bool {
    (2..=MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}
