//! Text that is of no domain, but has a rule all the same.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lp_access::ProofChallenge;
use lp_core::{WebUrl, text};
use lp_links::LinkPassword;

/// Text to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search(String);

/// A source, campaign or other plain word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word(String);

/// Something that could be a cursor; which list it belongs to shows when it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorText(String);

/// A web address that is shown, and leads no visitor of a link anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteUrl(
    /// The address.
    pub WebUrl,
);

impl SiteUrl {
    /// Reads one; the error says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        WebUrl::parse(text).map(Self).map_err(|fault| fault.to_string())
    }
}

impl Search {
    /// Reads one; the error says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        text::line(text, 200).map(|()| Self(text.to_owned())).map_err(|fault| fault.to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Word {
    /// Reads one; the error says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        text::line(text, 200).map(|()| Self(text.to_owned())).map_err(|fault| fault.to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl CursorText {
    /// Reads one; the error says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let written = (1..=200).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if written {
            Ok(Self(text.to_owned()))
        } else {
            Err("is not a cursor that a list gave out".to_owned())
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads a challenge from base64url; the error says what is wrong with the text.
pub(super) fn challenge(text: &str) -> Result<ProofChallenge, String> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes
        .map(ProofChallenge)
        .ok_or_else(|| "must be 32 bytes as 43 characters of base64url, without padding".to_owned())
}

/// What [`challenge`] reads.
pub(super) fn written(challenge: &ProofChallenge) -> String {
    URL_SAFE_NO_PAD.encode(challenge.0)
}

/// A link's password as its owner says it: one line of 1 to 128 characters. It is hashed, and never kept or shown.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkSecret(String);

impl LinkSecret {
    /// Reads one; what is wrong with a text is said in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        text::line(text, LinkPassword::MAX).map(|()| Self(text.to_owned())).map_err(|fault| fault.to_string())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(…)")
    }
}
