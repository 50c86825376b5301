//! Cursors: opaque to callers, strict on the way back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lp_core::{LinkId, Revision};
use lp_links::Position;
use lp_ports::LinkCursor;

use crate::Error;

/// Written as position and id, behind a letter that tells which list it belongs to.
pub(crate) fn of_links(cursor: LinkCursor) -> String {
    URL_SAFE_NO_PAD.encode(format!("l{}.{}", cursor.position.number(), cursor.id))
}

pub(crate) fn to_links(text: &str, pointer: &str) -> Result<LinkCursor, Error> {
    open(text, 'l')
        .and_then(|inner| {
            let (position, id) = inner.split_once('.')?;
            let position = Position::of(position.parse().ok()?)?;
            Some(LinkCursor { position, id: LinkId::parse(id).ok()? })
        })
        // Numbers can be written in several ways; only the one that was given out comes back.
        .filter(|cursor| of_links(*cursor) == text)
        .ok_or_else(|| invalid(pointer))
}

pub(crate) fn of_revisions(last: Revision) -> String {
    URL_SAFE_NO_PAD.encode(format!("r{}", last.0))
}

pub(crate) fn to_revisions(text: &str, pointer: &str) -> Result<Revision, Error> {
    open(text, 'r')
        .and_then(|inner| inner.parse().ok().map(Revision))
        .filter(|last| of_revisions(*last) == text)
        .ok_or_else(|| invalid(pointer))
}

pub(crate) fn of_audit(last: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("a{last}"))
}

pub(crate) fn to_audit(text: &str, pointer: &str) -> Result<u64, Error> {
    open(text, 'a')
        .and_then(|inner| inner.parse().ok())
        .filter(|last| of_audit(*last) == text)
        .ok_or_else(|| invalid(pointer))
}

fn open(text: &str, kind: char) -> Option<String> {
    let inner = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    inner.strip_prefix(kind).map(ToOwned::to_owned)
}

fn invalid(pointer: &str) -> Error {
    Error::field(pointer, "invalid_cursor", "is not a cursor that this list gave out")
}
