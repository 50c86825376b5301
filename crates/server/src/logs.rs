//! Logs: on standard error, for people on a terminal and as JSON lines elsewhere.

use std::io::{self, IsTerminal};

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::settings::{LogFormat, Settings};

/// Modules that speak of every request or every lost connection, or call a user's broken certificate an error of ours.
const QUIET: &str = "rmcp=warn,sqlx=error,rustls_platform_verifier=off";

/// Starts logging; once per process.
pub(crate) fn start(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{},{QUIET}", settings.log)).with_context(|| {
        format!("'{}' is not a log filter such as info or lp_application=debug", settings.log)
    })?;
    let format = settings.log_format.unwrap_or(if io::stderr().is_terminal() {
        LogFormat::Pretty
    } else {
        LogFormat::Json
    });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Pretty => builder.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
