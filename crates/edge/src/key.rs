use std::str;

use lp_core::{Handle, SlugKey};

const HANDLE: usize = 32;
const SLUG: usize = 64;

/// What a route is looked up by: `handle/slug` in lower case, built on the stack.
///
/// It bounds and folds what a visitor asked for and checks nothing else: what is no handle or slug is found under no key,
/// because only parsed ones are ever put into the table.
#[derive(Clone, Copy)]
pub struct RouteKey {
    bytes: [u8; HANDLE + 1 + SLUG],
    handle: usize,
    end: usize,
}

impl RouteKey {
    pub(crate) const EMPTY: Self = Self { bytes: [0; HANDLE + 1 + SLUG], handle: 0, end: 0 };

    /// The key of a host label and a path segment, whose `%` escapes are undone. `None` where they are too long or hold
    /// what no handle or slug can.
    pub fn of(handle: &str, segment: &str) -> Option<Self> {
        let mut key = Self::EMPTY;
        if handle.len() > HANDLE {
            return None;
        }
        handle.bytes().try_for_each(|byte| key.push(byte))?;
        key.handle = key.end;
        key.push(b'/')?;
        let mut rest = segment.as_bytes();
        while let Some((&first, behind)) = rest.split_first() {
            let (byte, behind) = if first == b'%' { unescape(behind)? } else { (first, behind) };
            key.push(byte)?;
            rest = behind;
        }
        (key.end - key.handle - 1 <= SLUG).then_some(key)
    }

    /// The key of values that are known to be well-formed.
    pub fn parsed(handle: &Handle, slug: &SlugKey) -> Option<Self> {
        Self::of(handle.as_str(), slug.as_str())
    }

    /// `handle/slug`.
    pub fn as_str(&self) -> &str {
        self.text(0, self.end)
    }

    /// The bytes of [`RouteKey::as_str`], for whoever only compares: on the way to each link it would be checked again
    /// that they are a text.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.end).unwrap_or_default()
    }

    /// The handle and the slug in bytes.
    pub(crate) fn halves(&self) -> (&[u8], &[u8]) {
        let (handle, slug) = self.as_bytes().split_at_checked(self.handle).unwrap_or_default();
        (handle, slug.get(1..).unwrap_or_default())
    }

    /// What stands before the `/`.
    pub fn handle(&self) -> &str {
        self.text(0, self.handle)
    }

    /// What stands behind the `/`.
    pub fn slug(&self) -> &str {
        self.text(self.handle + 1, self.end)
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        let place = self.bytes.get_mut(self.end).filter(|_| byte.is_ascii())?;
        *place = byte.to_ascii_lowercase();
        self.end += 1;
        Some(())
    }

    /// Only ASCII is pushed, so the fallback is never taken.
    fn text(&self, from: usize, to: usize) -> &str {
        self.bytes.get(from..to).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// The byte of the two digits behind a `%`, and what follows them.
fn unescape(behind: &[u8]) -> Option<(u8, &[u8])> {
    let ([high, low], rest) = behind.split_first_chunk()?;
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(*high)? * 16 + digit(*low)?, rest))
}
