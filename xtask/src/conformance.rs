//! What official suites and clients say of the MCP server: the conformance suite, the Inspector, and clients that sign in.
//!
//! It is no part of `ci`, because it fetches tools from npm and PyPI. They lie in the user's cache, each in a folder of its
//! own version, so that a second run needs no network. The server is built with the feature `conformance`, whose fixtures
//! the suite asks for, into a folder of its own: the ordinary binary stays as it is.

mod authorization;
mod clients;
mod inspector;
mod server;
mod suite;
#[cfg(test)]
mod tests;
mod tools;

use std::fmt;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::outside::emptied;
use server::Server;

/// One of the judges.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Judge {
    /// The official conformance suite against the fixtures, for both revisions.
    Server,
    /// The Inspector's strict look at the schemas of every production tool, in both eras.
    Inspector,
    /// The official suite against the authorization server.
    Authorization,
    /// mcp-authlab against both: it signs in, and tries what must be refused.
    Authlab,
    /// Clients of three kits that sign in and go the whole way, headless.
    Clients,
}

/// Which, and against what.
#[derive(Args)]
pub(crate) struct Options {
    /// Which; all of them unless said.
    which: Option<Judge>,
    /// A server with the feature `conformance`; unless said, one is built.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// What a judge found: one line of the table.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    what: String,
    said: String,
    passed: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let judges: &[Judge] = options.which.as_ref().map_or(Judge::value_variants(), std::slice::from_ref);
    let logs = emptied("conformance")?;
    let server = Server::start(options.binary.as_deref(), &logs)?;
    let mut verdicts = Vec::new();
    for judge in judges {
        println!("== conformance: {judge}");
        let found = match judge {
            Judge::Server => suite::run(&server, &logs),
            Judge::Inspector => inspector::run(&server, &logs),
            Judge::Authorization => authorization::suite(&server, &logs),
            Judge::Authlab => authorization::authlab(&server, &logs),
            Judge::Clients => clients::run(&server, &logs),
        };
        match found {
            Ok(found) => verdicts.extend(found),
            // The others are still heard.
            Err(error) => {
                verdicts.push(Verdict { what: judge.to_string(), said: format!("{error:#}"), passed: false });
            }
        }
    }
    println!("\n{}\nlogs: {}", table(&verdicts), logs.display());
    let failed = verdicts.iter().filter(|verdict| !verdict.passed).count();
    if failed == 0 { Ok(()) } else { bail!("{failed} of {} failed", verdicts.len()) }
}

/// What was judged, how it ended, and what was said, one line each.
fn table(verdicts: &[Verdict]) -> String {
    let widest = verdicts.iter().map(|verdict| verdict.what.chars().count()).max().unwrap_or_default();
    let lines = verdicts.iter().map(|verdict| {
        let end = if verdict.passed { "ok" } else { "FAILED" };
        format!("{:<widest$}  {end:<6}  {}", verdict.what, verdict.said)
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl fmt::Display for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Inspector => "inspector",
            Self::Authorization => "authorization",
            Self::Authlab => "authlab",
            Self::Clients => "clients",
        })
    }
}
