//! The documents that are derived from the operation catalogue: written by the binary, checked in, compared.

mod scopes;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::workspace;

/// Each checked-in document and the subcommand that prints it.
const DOCUMENTS: &[(&str, &str)] =
    &[("docs/openapi.json", "openapi"), (TOOLS, "mcp-catalogue"), ("docs/errors.md", "errors")];
const TOOLS: &str = "docs/mcp-tools.json";
const AGAIN: &str = "cargo xtask surface";

/// How much of a differing line is shown.
const SHOWN: usize = 160;

/// Where the binary comes from.
#[derive(Clone, Copy)]
pub(crate) enum Binary {
    Build,
    /// The caller has just built the whole workspace.
    Built,
}

pub(crate) fn write() -> Result<()> {
    let binary = binary(Binary::Build)?;
    for (path, subcommand) in DOCUMENTS {
        let printed = print(&binary, subcommand)?;
        let file = workspace::root().join(path);
        if fs::read_to_string(&file).is_ok_and(|current| current == printed) {
            println!("{path} is current");
            continue;
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot create the folder of {path}"))?;
        }
        fs::write(&file, printed).with_context(|| format!("cannot write {path}"))?;
        println!("wrote {path}");
    }
    workspace::report("surface", &documented(&workspace::root())?)
}

pub(crate) fn check(source: Binary) -> Result<()> {
    let binary = binary(source)?;
    let mut faults = Vec::new();
    for (path, subcommand) in DOCUMENTS {
        let printed = print(&binary, subcommand)?;
        match fs::read_to_string(workspace::root().join(path)) {
            Ok(current) => faults.extend(difference(path, &current, &printed)),
            Err(error) => faults.push(format!("{path}: {error}; write it with `{AGAIN}`")),
        }
    }
    faults.extend(documented(&workspace::root())?);
    workspace::report("surface", &faults)?;
    println!("surface: {} documents are current", DOCUMENTS.len());
    Ok(())
}

/// Builds with the features of the whole workspace, as the tests do, so that dependencies are compiled once.
fn binary(source: Binary) -> Result<PathBuf> {
    if let Binary::Build = source {
        let status = Command::new("cargo")
            .args(["build", "--quiet", "--workspace", "--bins"])
            .current_dir(workspace::root())
            .status()
            .context("cannot run cargo")?;
        if !status.success() {
            bail!("the workspace does not build");
        }
    }
    let target = workspace::metadata()?.target_directory.into_std_path_buf();
    let file = format!("link-platform{}", std::env::consts::EXE_SUFFIX);
    Ok(target.join("debug").join(file))
}

/// What the subcommand prints, with the settings of this shell kept out.
fn print(binary: &Path, subcommand: &str) -> Result<String> {
    let output = Command::new(binary)
        .arg(subcommand)
        .env_clear()
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", binary.display()))?;
    if !output.status.success() {
        bail!("`link-platform {subcommand}` failed: {}", output.status);
    }
    let mut printed = String::from_utf8(output.stdout)
        .with_context(|| format!("`link-platform {subcommand}` did not print UTF-8"))?;
    if !printed.ends_with('\n') {
        printed.push('\n');
    }
    Ok(printed)
}

/// The first line in which the document is behind, and how to renew it.
fn difference(path: &str, current: &str, printed: &str) -> Option<String> {
    if current == printed {
        return None;
    }
    let (mut ours, mut theirs) = (current.lines(), printed.lines());
    let mut number = 0_usize;
    let at = loop {
        number += 1;
        match (ours.next(), theirs.next()) {
            (None, None) => break "  (only the line ends differ)".to_owned(),
            (left, right) if left == right => {}
            (left, right) => {
                break format!("  checked in: {}\n  now:        {}", shown(left), shown(right));
            }
        }
    };
    Some(format!("{path} is not current, first in line {number}:\n{at}\n  renew it with `{AGAIN}`"))
}

fn shown(line: Option<&str>) -> String {
    match line.map(str::trim_end) {
        None => "(the document ends)".to_owned(),
        Some(line) if line.chars().count() > SHOWN => {
            line.chars().take(SHOWN).chain(std::iter::once('…')).collect()
        }
        Some(line) => line.to_owned(),
    }
}

/// Where the checked-in tools depart from the documented names and scopes.
fn documented(root: &Path) -> Result<Vec<String>> {
    let Ok(tools) = fs::read_to_string(root.join(TOOLS)) else {
        return Ok(Vec::new()); // its absence is reported as a difference already
    };
    let tools = serde_json::from_str(&tools).with_context(|| format!("{TOOLS} is not JSON"))?;
    Ok(scopes::faults(&tools).into_iter().map(|fault| format!("{TOOLS}: {fault}")).collect())
}
