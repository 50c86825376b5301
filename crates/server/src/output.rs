//! What commands say: results on standard output, everything else on standard error.

use std::io::{self, Write};
use std::process::ExitCode;

/// Writes one line and flushes it: scripts wait for it.
pub(crate) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Writes bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> io::Result<()> {
    io::stdout().lock().write_all(bytes)
}

/// Writes a remark.
pub(crate) fn remark(text: &str) {
    // Where standard error is gone nobody is left to be told.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Says what went wrong, with its causes.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    remark(&format!("error: {error:#}"));
    ExitCode::FAILURE
}
