//! The official suite, with the scenarios that each revision requires.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::server::Server;
use super::{Verdict, tools};

/// A revision, where its fixtures are, and how many scenarios it requires of servers: fewer were not the whole set.
const REVISIONS: [(&str, &str, usize); 2] =
    [("2026-07-28", "/conformance/mcp", 37), ("2025-11-25", "/conformance/sessions/mcp", 30)];

/// What the suite sums up.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    /// Required scenarios that passed.
    pub(super) passed: Vec<String>,
    /// Required scenarios that failed.
    pub(super) failed: Vec<String>,
    /// Scenarios that count nothing, such as those of extensions, and how many of them passed.
    pub(super) unscored: (usize, usize),
}

pub(super) fn run(server: &Server, logs: &Path) -> Result<Vec<Verdict>> {
    REVISIONS
        .iter()
        .map(|(revision, path, required)| judge(server, logs, revision, path, *required))
        .collect()
}

fn judge(server: &Server, logs: &Path, revision: &str, path: &str, required: usize) -> Result<Verdict> {
    let mut command = tools::script(&tools::suite()?)?;
    command.args(["server", "--url", &server.url(path), "--requirements", revision]);
    command.arg("--output-dir").arg(logs.join(revision));
    let output = command.output().context("cannot run the suite")?;
    let log = logs.join(format!("suite-{revision}.log"));
    let said = String::from_utf8_lossy(&output.stdout);
    fs::write(&log, [said.as_bytes(), &output.stderr].concat()).context("cannot write the log")?;
    let Some(summary) = read(&said) else {
        bail!("the suite ended without a summary ({}); see {}", output.status, log.display());
    };
    let (unscored_passed, unscored) = summary.unscored;
    let mut told = format!(
        "{} of {required} required scenarios pass; of {unscored} others {unscored_passed}",
        summary.passed.len()
    );
    if !summary.failed.is_empty() {
        let _ = write!(told, "; failed: {}", summary.failed.join(", "));
    }
    let passed = output.status.success() && summary.failed.is_empty() && summary.passed.len() == required;
    Ok(Verdict { what: format!("suite, server {revision}"), said: told, passed })
}

/// Reads the end of what the suite says: all scenarios, then again those that do not count.
pub(super) fn read(said: &str) -> Option<Summary> {
    let (_, summary) = said.split_once("=== SUMMARY ===")?;
    let (scenarios, rest) = summary.split_once("\nTotal:")?;
    let unscored: Vec<(&str, bool)> = rest.lines().filter_map(ended).collect();
    let mut read = Summary::default();
    for (name, passed) in scenarios.lines().filter_map(ended) {
        match (unscored.iter().any(|(other, _)| *other == name), passed) {
            (true, _) => {}
            (false, true) => read.passed.push(name.to_owned()),
            (false, false) => read.failed.push(name.to_owned()),
        }
    }
    read.unscored = (unscored.iter().filter(|(_, passed)| *passed).count(), unscored.len());
    Some(read)
}

/// `✓ tools-list: 4 passed, 0 failed`, `✗ tasks-lifecycle (extension)`
fn ended(line: &str) -> Option<(&str, bool)> {
    let line = line.trim();
    let (rest, passed) = match (line.strip_prefix('✓'), line.strip_prefix('✗')) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => return None,
    };
    Some((rest.trim().split([':', ' ']).next()?, passed))
}
