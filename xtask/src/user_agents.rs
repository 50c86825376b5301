//! The list of robots: what npm's `crawler-user-agents` says, as the adapter of user agents reads it.
//!
//! It is no part of `ci`, because it asks npm. What it writes is checked in; see what changed before you commit it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::workspace;

const PACKAGE: &str = "crawler-user-agents";
const LIST: &str = "crates/adapters-agents/data/crawlers.tsv";
const LICENCE: &str = "crates/adapters-agents/data/LICENSE";
const INSTANCES: &str = "crates/adapters-agents/tests/it/instances.tsv";
/// What the list calls robots that draw cards of links.
const PREVIEWS: &str = "social-preview";

/// Fetches the newest list, writes it and says what is other than before.
pub(crate) fn run() -> Result<()> {
    let root = workspace::root();
    let folder = tempfile::tempdir()?;
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--prefix",
        ".",
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
    ]);
    let output = npm.arg(PACKAGE).current_dir(folder.path()).stdin(Stdio::null()).output();
    let output = output.context("cannot run npm")?;
    if !output.status.success() {
        bail!("npm: {}", String::from_utf8_lossy(&output.stderr));
    }
    let package = folder.path().join("node_modules").join(PACKAGE);
    let version = json(&package.join("package.json"))?;
    let version = version.get("version").and_then(Value::as_str).context("the package has no version")?;
    let list = json(&package.join("crawler-user-agents.json"))?;
    let (patterns, instances) = read(list.as_array().context("the list is none")?)?;
    let before = fs::read_to_string(root.join(LIST)).unwrap_or_default();
    fs::write(root.join(LIST), listed(version, &patterns))?;
    fs::write(root.join(INSTANCES), instances)?;
    fs::copy(package.join("LICENSE"), root.join(LICENCE)).context("the package has no licence")?;
    tell(version, &before, &patterns);
    Ok(())
}

fn json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("the package has no {}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// Patterns with their tags, and a user agent of each.
fn read(list: &[Value]) -> Result<(BTreeMap<String, String>, String)> {
    let (mut patterns, mut instances) = (BTreeMap::new(), String::new());
    for entry in list {
        let pattern = entry.get("pattern").and_then(Value::as_str).context("an entry without a pattern")?;
        let texts =
            |name| entry.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let tags: Vec<&str> = texts("tags").collect();
        if [pattern].iter().chain(&tags).any(|text| text.contains(['\t', '\n', '\r'])) {
            bail!("'{pattern}' cannot be written on a line");
        }
        let kind = if tags.contains(&PREVIEWS) { "card" } else { "robot" };
        if let Some(instance) = texts("instances").find(|instance| !instance.contains(['\t', '\n', '\r'])) {
            writeln!(instances, "{kind}\t{instance}")?;
        }
        patterns.insert(pattern.to_owned(), tags.join(","));
    }
    Ok((patterns, instances))
}

fn listed(version: &str, patterns: &BTreeMap<String, String>) -> String {
    let mut text = format!("# npm {PACKAGE} {version}, licence beside; written by cargo xtask user-agents\n");
    for (pattern, tags) in patterns {
        text.extend([pattern, "\t", tags, "\n"]);
    }
    text
}

fn tell(version: &str, before: &str, now: &BTreeMap<String, String>) {
    let lines = before.lines().filter(|line| !line.starts_with('#'));
    let before: BTreeMap<&str, &str> = lines.filter_map(|line| line.split_once('\t')).collect();
    println!("{PACKAGE} {version}: {} patterns, {} before", now.len(), before.len());
    for (pattern, tags) in now {
        match before.get(pattern.as_str()) {
            None => println!("+ {pattern} ({tags})"),
            Some(was) if was != tags => println!("~ {pattern} ({was} -> {tags})"),
            Some(_) => {}
        }
    }
    for pattern in before.keys().filter(|pattern| !now.contains_key(**pattern)) {
        println!("- {pattern}");
    }
}
