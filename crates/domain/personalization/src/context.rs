//! What a visitor carries on to the page a link leads to, and its compact form.

use lp_core::{ClickId, Timestamp};
use thiserror::Error;
use uuid::Uuid;

/// What a page may be told of the visit that led to it. Empty text means that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'c> {
    /// When it was made.
    pub at: Timestamp,
    /// The visit that it came of; `None` where a page asked for it itself.
    pub click: Option<ClickId>,
    /// The key of the handle, whatever that is called.
    pub handle: &'c str,
    pub slug: &'c str,
    pub source: &'c str,
    pub campaign: &'c str,
    /// The rule that chose.
    pub rule: &'c str,
    pub variant: &'c str,
    pub segment: &'c str,
}

/// Bytes that no context has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("these bytes are no context")]
pub struct ContextFault;

/// The first byte, where a click is named.
const CLICKED: u8 = 1;
/// Milliseconds since 1970 in six bytes, as in a UUIDv7: enough until the year 10889.
const INSTANT: usize = 6;
const UUID: usize = 16;
/// How many texts there are.
const TEXTS: usize = 7;

impl<'c> Context<'c> {
    /// Longer texts are left out. Handles, slugs, rules and variants are shorter; a source that is longer is whatever a
    /// visitor wrote into an address.
    pub const TEXT: usize = 128;
    /// No form is longer.
    pub const MAX: usize = 1 + INSTANT + UUID + TEXTS * (1 + Self::TEXT);

    /// Appends the compact form: a byte that says whether there is a click, the instant, the click, and each text behind
    /// its length. At most `MAX` bytes.
    pub fn encode(&self, form: &mut Vec<u8>) {
        let mut put = |bytes: &[u8]| form.extend_from_slice(bytes);
        let millis = u64::try_from(self.at.micros() / 1_000).unwrap_or(0).to_be_bytes();
        put(&[if self.click.is_some() { CLICKED } else { 0 }]);
        put(millis.last_chunk::<INSTANT>().unwrap_or(&[0; INSTANT]));
        if let Some(click) = self.click {
            put(click.uuid().as_bytes());
        }
        for text in self.texts() {
            let text = if text.len() <= Self::TEXT { text } else { "" };
            put(&[u8::try_from(text.len()).unwrap_or(0)]);
            put(text.as_bytes());
        }
    }

    /// Reads what [`Context::encode`] wrote, to the last byte: a form that was cut or that something follows is none.
    pub fn decode(bytes: &'c [u8]) -> Result<Self, ContextFault> {
        let mut rest = bytes;
        let clicked = match take::<1>(&mut rest)? {
            [0] => false,
            [CLICKED] => true,
            _ => return Err(ContextFault),
        };
        let mut millis = [0; 8];
        millis[8 - INSTANT..].copy_from_slice(take::<INSTANT>(&mut rest)?);
        let micros = u64::from_be_bytes(millis).saturating_mul(1_000);
        let micros = i64::try_from(micros).map_err(|_| ContextFault)?;
        let at = Timestamp::from_micros(micros);
        let click = if clicked { Some(*take::<UUID>(&mut rest)?) } else { None };
        let mut texts = [""; TEXTS];
        for text in &mut texts {
            let [length] = *take::<1>(&mut rest)?;
            let (taken, left) = rest.split_at_checked(usize::from(length)).ok_or(ContextFault)?;
            *text = std::str::from_utf8(taken).map_err(|_| ContextFault)?;
            rest = left;
        }
        let [handle, slug, source, campaign, rule, variant, segment] = texts;
        if !rest.is_empty()
            || at.micros() != micros
            || handle.is_empty()
            || texts.iter().any(|text| text.len() > Self::TEXT)
        {
            return Err(ContextFault);
        }
        let click = click.map(|bytes| ClickId::new(Uuid::from_bytes(bytes)));
        Ok(Self { at, click, handle, slug, source, campaign, rule, variant, segment })
    }

    fn texts(&self) -> [&'c str; TEXTS] {
        [self.handle, self.slug, self.source, self.campaign, self.rule, self.variant, self.segment]
    }
}

/// The next `N` bytes.
fn take<'b, const N: usize>(rest: &mut &'b [u8]) -> Result<&'b [u8; N], ContextFault> {
    let (taken, left) = rest.split_first_chunk().ok_or(ContextFault)?;
    *rest = left;
    Ok(taken)
}
