use std::fmt;

use thiserror::Error;

use crate::letters::Letters;

/// A language by its primary subtag (RFC 5646, 2.2.1): `de` of `de-CH`, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(Letters);

/// Why a text is no language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is not the primary tag of a language, such as de")]
pub struct LanguageFault;

/// The weight of an entry that says none: thousandths (RFC 9110, 12.4.2).
const FULL: u16 = 1_000;
/// How many entries are looked at: browsers send a handful, and anybody may send a thousand.
const MOST: usize = 16;

impl Language {
    /// Reads two or three letters, in any case.
    pub fn parse(text: &str) -> Result<Self, LanguageFault> {
        let allowed = |byte: u8| byte.is_ascii_alphabetic().then(|| byte.to_ascii_lowercase());
        let letters = Letters::of(text, allowed).filter(|_| text.len() > 1);
        letters.map(Self).ok_or(LanguageFault)
    }

    /// What a visitor likes best by `Accept-Language` (RFC 9110, 12.5.4): the entry of the greatest weight, of several the
    /// first. `*` and what is not wanted at all (`q=0`) are no language, and neither is an entry that cannot be read.
    pub fn preferred(accepted: &str) -> Option<Self> {
        // What browsers send: nothing outweighs a first entry without a weight.
        let end = accepted.bytes().position(|byte| matches!(byte, b',' | b';')).unwrap_or(accepted.len());
        if accepted.as_bytes().get(end) != Some(&b';')
            && let Some(language) = accepted.get(..end).and_then(Self::primary)
        {
            return Some(language);
        }
        let mut best: Option<(u16, Self)> = None;
        for entry in accepted.split(',').take(MOST) {
            let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
            let Some(language) = Self::primary(tag) else { continue };
            let Some(weight) = weight(parameters) else { continue };
            if weight > best.map_or(0, |(weight, _)| weight) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }

    /// The language of a tag such as `de-CH`.
    fn primary(tag: &str) -> Option<Self> {
        let tag = tag.trim();
        let end = tag.bytes().position(|byte| byte == b'-').unwrap_or(tag.len());
        tag.get(..end).and_then(|primary| Self::parse(primary).ok())
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// `q=0.8` in thousandths; full where nothing is said; `None` where it is no weight.
fn weight(parameters: &str) -> Option<u16> {
    let parameters = parameters.trim();
    if parameters.is_empty() {
        return Some(FULL);
    }
    let value = parameters.strip_prefix(['q', 'Q'])?.strip_prefix('=')?;
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = part.bytes().chain(std::iter::repeat(b'0')).take(3);
    let thousandths = thousandths.fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match (whole, thousandths) {
        ("0", part) => Some(part),
        ("1", 0) => Some(FULL),
        _ => None,
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
