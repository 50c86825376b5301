use std::fmt;

use compact_str::CompactString;
use thiserror::Error;

const MAX: usize = 64;

/// Paths on a handle host that belong to the platform.
const RESERVED: &[&str] = &["mcp", "v2", "oauth"];

/// The last part of a short link, shown as its owner typed it.
///
/// 1 to 64 characters of `A-Z`, `a-z`, `0-9`, `_` and `-` (a superset of the documented 4 to 24). Not reserved, and
/// not beginning with `_`, which marks the platform's own paths.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(CompactString);

/// A slug without regard to ASCII case: what must be unique per handle, and what visitors are looked up by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlugKey(CompactString);

/// Why a text is not a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SlugFault {
    #[error("a slug has 1 to 64 characters of A-Z, a-z, 0-9, '_' and '-'")]
    Malformed,
    #[error(
        "this slug is reserved: 'mcp', 'v2', 'oauth' and whatever begins with '_' belong to the platform"
    )]
    Reserved,
}

impl Slug {
    pub fn parse(text: &str) -> Result<Self, SlugFault> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if text.is_empty() || text.len() > MAX || !text.bytes().all(allowed) {
            return Err(SlugFault::Malformed);
        }
        if text.starts_with('_') || RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text)) {
            return Err(SlugFault::Reserved);
        }
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What this slug is found by.
    pub fn key(&self) -> SlugKey {
        let mut key = self.0.clone();
        key.make_ascii_lowercase();
        SlugKey(key)
    }
}

impl SlugKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for SlugKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
