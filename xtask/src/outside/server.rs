//! The real server on a folder of its own, for as long as a tool needs it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::Listening;
use crate::workspace;

/// The handle that is there from the start.
pub(crate) const HANDLE: &str = "hello";

/// Who owns it.
pub(crate) const EMAIL: &str = "owner@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A running server; dropping it ends it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// A token of [`HANDLE`] with every scope.
    pub(crate) token: String,
    // Before its folder.
    process: Listening,
    _folder: TempDir,
}

impl Server {
    /// Starts it with these settings beside the usual ones. It listens wherever the address says.
    pub(crate) fn start(binary: &Path, listen: &str, settings: &[(&str, &str)], log: &Path) -> Result<Self> {
        let folder = TempDir::new().context("cannot make a folder")?;
        let token = bootstrap(binary, folder.path())?;
        let log = std::fs::File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = command(binary, folder.path());
        command.args(["--listen", listen, "serve"]).envs(settings.iter().copied());
        let process = Listening::start(command.stderr(log))?;
        Ok(Self { address: process.address, token, process, _folder: folder })
    }

    /// Whether it still runs.
    pub(crate) fn lives(&mut self) -> bool {
        self.process.lives()
    }
}

/// The binary to test: the given one, or that of the workspace as it is.
pub(crate) fn binary(given: Option<&Path>) -> Result<PathBuf> {
    if let Some(given) = given {
        return given.canonicalize().with_context(|| format!("there is no {}", given.display()));
    }
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--package", "lp-server"])
        .current_dir(workspace::root())
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the server does not build");
    }
    let target = workspace::metadata()?.target_directory.into_std_path_buf();
    Ok(target.join("debug").join(format!("link-platform{}", std::env::consts::EXE_SUFFIX)))
}

/// With the settings of this shell kept out.
fn command(binary: &Path, folder: &Path) -> Command {
    let mut command = Command::new(binary);
    command.env_clear().arg("--data-dir").arg(folder).stdin(Stdio::null());
    command
}

/// Makes an account with the handle; gives its token.
fn bootstrap(binary: &Path, folder: &Path) -> Result<String> {
    let output = command(binary, folder)
        .args(["bootstrap", "--email", EMAIL, "--password", PASSWORD])
        .args(["--handle", HANDLE, "--json"])
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", binary.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let made: Value = serde_json::from_str(said.lines().last().unwrap_or_default())
        .with_context(|| format!("bootstrap failed: {}", output.status))?;
    made["pat"].as_str().map(str::to_owned).context("bootstrap gave no token")
}
