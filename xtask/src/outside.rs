//! What outsiders' tools find: fuzzing, requests made up from the API's document, and slow clients.
//!
//! None of it is part of `ci`: it installs tools, takes minutes, and tries something else each time.

mod fuzz;
mod schemathesis;
pub(crate) mod server;
mod slow;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fmt, fs, io};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::workspace;

/// One of the tools.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Tool {
    /// Every parser of outside bytes against its laws (cargo-fuzz, needs a nightly toolchain).
    Fuzz,
    /// The REST API against its own OpenAPI document (schemathesis, needs Python).
    Schemathesis,
    /// Slow clients, many at once (slowhttptest).
    Slow,
}

/// How long and how hard.
#[derive(Args)]
pub(crate) struct Options {
    /// Which; all three unless said.
    which: Option<Tool>,
    /// How long each fuzz target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only these fuzz targets.
    #[arg(long = "target", value_name = "NAME")]
    targets: Vec<String>,
    /// How many requests schemathesis makes at least.
    #[arg(long, default_value_t = 20_000)]
    requests: u64,
    /// Where schemathesis begins to draw; another number for each round.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many slow clients there are at once.
    #[arg(long, default_value_t = 1_500)]
    connections: u32,
    /// The server's binary; unless said, one is built.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let tools: &[Tool] = options.which.as_ref().map_or(Tool::value_variants(), std::slice::from_ref);
    let mut failed = Vec::new();
    for tool in tools {
        println!("== outside: {tool}");
        let done = match tool {
            Tool::Fuzz => fuzz::run(options),
            Tool::Schemathesis => schemathesis::run(options),
            Tool::Slow => slow::run(options),
        };
        if let Err(error) = done {
            eprintln!("{tool}: {error:#}");
            failed.push(tool.to_string());
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("{} failed", failed.join(", ")) }
}

/// Where tools, what they found and what they wrote lie.
fn folder() -> PathBuf {
    workspace::root().join("target").join("outside")
}

/// An empty folder for what a tool writes.
pub(crate) fn emptied(name: &str) -> Result<PathBuf> {
    let folder = folder().join(name);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot empty {}", folder.display()));
        }
        _ => {}
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Runs a command that must succeed, with its output in this terminal.
pub(crate) fn must(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_owned();
    let status = command.status().with_context(|| format!("cannot run {}", name.display()))?;
    if status.success() { Ok(()) } else { bail!("{} failed: {status}", shown(&name)) }
}

fn shown(program: &OsStr) -> String {
    Path::new(program).file_name().unwrap_or(program).display().to_string()
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fuzz => "fuzz",
            Self::Schemathesis => "schemathesis",
            Self::Slow => "slow",
        })
    }
}
