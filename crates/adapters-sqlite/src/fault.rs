//! What the engine's failures mean to whoever runs it.

use std::sync::Arc;

use lp_ports::{Source, StoreError};
use thiserror::Error;

/// A failure, in words where it has any.
#[derive(Debug, Error)]
#[error("{words}")]
struct Fault {
    words: &'static str,
    source: Source,
}

/// Names what an operator can do something about; the engine's own words stand behind it.
pub(crate) fn unavailable(source: impl Into<Source>) -> StoreError {
    let source = source.into();
    match code(source.as_ref()).and_then(words) {
        Some(words) => StoreError::Unavailable(Box::new(Fault { words, source })),
        None => StoreError::Unavailable(source),
    }
}

/// Whether another process, or another connection, holds the file.
pub(crate) fn is_held(fault: &sqlx::Error) -> bool {
    code(fault).is_some_and(|code| matches!(code & 0xff, 5 | 6))
}

/// The engine's extended result code, however deep it lies.
fn code(fault: &(dyn std::error::Error + 'static)) -> Option<i32> {
    let mut next = Some(fault);
    while let Some(fault) = next {
        // Those who shared a transaction share its fault.
        let shared = fault.downcast_ref::<Arc<sqlx::Error>>().map(AsRef::as_ref);
        if let Some(sqlx::Error::Database(database)) = shared.or(fault.downcast_ref::<sqlx::Error>()) {
            return database.code().and_then(|code| code.parse().ok());
        }
        next = fault.source();
    }
    None
}

/// By <https://sqlite.org/rescode.html>: the lower eight bits are the primary code, the upper ones say more.
fn words(code: i32) -> Option<&'static str> {
    const SHARED_MEMORY_DOES_NOT_GROW: i32 = 4_874;
    match (code, code & 0xff) {
        (SHARED_MEMORY_DOES_NOT_GROW, _) | (_, 13) => Some("the disk is full"),
        (_, 8) => Some("the file or its folder is read-only"),
        (_, 5 | 6) => Some("another process holds the file for longer than five seconds"),
        (_, 10) => Some("the disk fails"),
        (_, 11 | 26) => Some("the file is damaged, or is no SQLite database"),
        (_, 14) => Some("the file cannot be opened"),
        _ => None,
    }
}
