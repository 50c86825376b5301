use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::workspace;

/// Handles that the links are shared among: `h0`, `h1`, ….
pub(super) const HANDLES: u64 = 100;

/// A data folder with links in it.
pub(super) struct Store {
    folder: TempDir,
    pub(super) links: u64,
    /// A token of the first handle.
    pub(super) token: String,
}

pub(super) fn binary(name: &str) -> PathBuf {
    workspace::metadata()
        .map_or_else(|_| workspace::root().join("target"), |found| found.target_directory.into())
        .join("release")
        .join(name)
}

impl Store {
    /// With the links `l0`, `l1`, … in turn on the handles.
    pub(super) fn filled(links: u64) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        eprintln!("making {links} links on {HANDLES} handles");
        let mut store = Self { folder, links, token: String::new() };
        let csv = store.folder.path().join("links.csv");
        for handle in 0..HANDLES.min(links) {
            let name = format!("h{handle}");
            let made = store.run(&[
                "bootstrap",
                "--email",
                "bench@example.com",
                "--password",
                "correct horse",
                "--handle",
                &name,
                "--json",
            ])?;
            if handle == 0 {
                let last = made.lines().last().unwrap_or_default();
                let told: Value = serde_json::from_str(last).context("what bootstrap says")?;
                told["pat"].as_str().unwrap_or_default().clone_into(&mut store.token);
            }
            write_links(&csv, (handle..links).step_by(usize::try_from(HANDLES)?))?;
            let path = csv.to_str().context("a folder whose name is text")?;
            store.run(&["call", "links_import", "--handle", &name, "--file", path])?;
        }
        Ok(store)
    }

    /// Runs an operation for a handle.
    pub(super) fn call(&self, operation: &str, handle: u64, arguments: &Value) -> Result<()> {
        let arguments = arguments.to_string();
        self.run(&["call", operation, "--handle", &format!("h{handle}"), "--json", &arguments])?;
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(binary("link-platform"))
            .args(arguments)
            .env("LINK_PLATFORM_DATA_DIR", self.path())
            .env("LINK_PLATFORM_LOG", "warn")
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run the platform")?;
        ensure!(output.status.success(), "link-platform {} failed", arguments.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }
}

fn write_links(path: &Path, links: impl Iterator<Item = u64>) -> Result<()> {
    let mut csv = BufWriter::new(File::create(path)?);
    writeln!(csv, "slug,destinationUrl")?;
    for link in links {
        writeln!(csv, "l{link},https://example.com/offers/{link}?from=link")?;
    }
    Ok(csv.flush()?)
}
