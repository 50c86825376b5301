//! The server with its fixtures, on a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::outside::server as outside;
use crate::workspace;

/// A running server; dropping it ends it.
pub(super) struct Server {
    inner: outside::Server,
}

impl Server {
    pub(super) fn start(binary: Option<&Path>, logs: &Path) -> Result<Self> {
        let binary = match binary {
            Some(given) => {
                given.canonicalize().with_context(|| format!("there is no {}", given.display()))?
            }
            None => built()?,
        };
        let settings = [
            ("LINK_PLATFORM_RATE_LIMITS", "false"),
            ("LINK_PLATFORM_LOG", "warn"),
            // Documents of clients lie on loopback here.
            ("LINK_PLATFORM_ALLOW_PRIVATE_TARGETS", "true"),
        ];
        let inner = outside::Server::start(&binary, "127.0.0.1:0", &settings, &logs.join("server.log"))?;
        Ok(Self { inner })
    }

    /// An address below the API. By the name and not the number: that is the origin which the server calls its own.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.inner.address.port())
    }

    /// The MCP server of the handle, below the API's host: Node and Python do not find names below `localhost`.
    pub(super) fn mcp(&self) -> String {
        self.url(&format!("/mcp/{}/mcp", outside::HANDLE))
    }

    pub(super) fn token(&self) -> &str {
        &self.inner.token
    }
}

/// Builds the binary beside the ordinary one, with the same crates of others: only what the feature changes is compiled
/// anew, and the tests' binary is left alone.
fn built() -> Result<PathBuf> {
    let target = workspace::metadata()?.target_directory.into_std_path_buf();
    let own = target.join("conformance");
    let status = Command::new("cargo")
        .args(["build", "--quiet", "--package", "lp-server", "--features", "conformance", "--target-dir"])
        .arg(&own)
        .env("CARGO_BUILD_BUILD_DIR", &target)
        .current_dir(workspace::root())
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the server does not build");
    }
    Ok(own.join("debug").join(format!("link-platform{}", std::env::consts::EXE_SUFFIX)))
}
