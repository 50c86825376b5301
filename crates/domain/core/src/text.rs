//! Bounds of free text, and errors as text.

use std::error::Error;

use thiserror::Error as Fault;

/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Fault)]
pub enum TextFault {
    #[error("must not be empty")]
    Empty,
    #[error("has more than {max} characters")]
    TooLong { max: usize },
    #[error("has a control character")]
    Control,
}

/// Accepts one line: 1 to `max` characters (Unicode scalar values), no control characters.
pub fn line(text: &str, max: usize) -> Result<(), TextFault> {
    if text.is_empty() {
        return Err(TextFault::Empty);
    }
    within(text, max)?;
    if text.chars().any(hidden) { Err(TextFault::Control) } else { Ok(()) }
}

/// Accepts several lines: up to `max` characters, line feeds and tabs allowed, other control characters not.
pub fn lines(text: &str, max: usize) -> Result<(), TextFault> {
    within(text, max)?;
    let allowed = |c: char| c == '\n' || c == '\t';
    if text.chars().any(|c| hidden(c) && !allowed(c)) { Err(TextFault::Control) } else { Ok(()) }
}

/// Whether a caller's request id is taken over: 1 to 128 letters, digits, `.`, `_` and `-`, so that it can stand in a
/// header, a log line and a reply as it is.
pub fn is_request_id(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(allowed)
}

/// An error with what lies under it, in one line: for the log and for operators, never for callers.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

fn within(text: &str, max: usize) -> Result<(), TextFault> {
    // Bytes bound characters from above, so the common short text is not counted.
    if text.len() > max && text.chars().count() > max { Err(TextFault::TooLong { max }) } else { Ok(()) }
}

/// Control characters, and the bidirectional overrides that make a text read otherwise than it is stored (UAX #9).
fn hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}
