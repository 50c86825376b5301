//! The Inspector's look at the catalogue, as hosts see it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::server::Server;
use super::{Verdict, tools};
use crate::workspace;

pub(super) fn run(server: &Server, logs: &Path) -> Result<Vec<Verdict>> {
    let document = fs::read_to_string(workspace::root().join("docs/mcp-tools.json"));
    let document: Value = serde_json::from_str(&document.context("cannot read docs/mcp-tools.json")?)?;
    let known = count(&document);
    ["legacy", "modern"].iter().map(|era| look(server, logs, era, known)).collect()
}

/// What the Inspector says of itself: where it keeps secrets, on machines where it was used before.
const OF_ITSELF: &str = "[mcp-inspector]";

/// Lists all tools. What it finds it tells on its error stream, warnings too, and any of that is a failure.
fn look(server: &Server, logs: &Path, era: &str, known: usize) -> Result<Verdict> {
    let mut command = tools::script(&tools::inspector()?)?;
    command.args(["--cli", &server.mcp(), "--transport", "http", "--protocol-era", era]);
    command.args(["--method", "tools/list", "--strict"]);
    command.args(["--header", &format!("Authorization: Bearer {}", server.token())]);
    let output = command.output().context("cannot run the Inspector")?;
    let told = String::from_utf8_lossy(&output.stderr);
    let found: Vec<_> =
        told.lines().filter(|line| !line.trim().is_empty() && !line.starts_with(OF_ITSELF)).collect();
    fs::write(logs.join(format!("inspector-{era}.log")), told.as_bytes()).context("cannot write the log")?;
    let listed = serde_json::from_slice(&output.stdout).map_or(0, |listed: Value| count(&listed));
    let passed = output.status.success() && found.is_empty() && listed == known;
    let findings = found.iter().filter(|line| line.starts_with("Warning:") || line.starts_with("Error:"));
    let mut said = format!("{listed} of {known} tools listed, {} findings", findings.count());
    if !passed && let Some(last) = found.last() {
        let _ = write!(said, " ({last})");
    }
    Ok(Verdict { what: format!("Inspector --strict, {era}"), said, passed })
}

fn count(list: &Value) -> usize {
    list["tools"].as_array().map_or(0, Vec::len)
}
