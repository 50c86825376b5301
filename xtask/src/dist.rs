//! What is shipped: one archive that unpacks into one folder, and its checksum beside it. The same commit, compiler and
//! machine give the same bytes.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::workspace;

/// Files of the project, and where they stand in the archive.
const FILES: &[(&str, &str)] = &[
    ("LICENSE", "LICENSE"),
    ("README.md", "README.md"),
    ("docs/install.md", "docs/install.md"),
    ("docs/several-nodes.md", "docs/several-nodes.md"),
    ("packaging/config.toml", "config.toml"),
    ("packaging/systemd/link-platform.service", "systemd/link-platform.service"),
    ("packaging/systemd/link-platform.sysusers", "systemd/link-platform.sysusers"),
];

/// Shells, and what their completions are called where each looks for them.
const COMPLETIONS: &[(&str, &str)] =
    &[("bash", "link-platform"), ("zsh", "_link-platform"), ("fish", "link-platform.fish")];

pub(crate) fn run(binary: Option<&Path>) -> Result<()> {
    let root = workspace::root();
    let metadata = workspace::metadata()?;
    let folder = metadata.target_directory.as_std_path().join("dist");
    let server = metadata.packages.iter().find(|package| package.name.as_str() == "lp-server");
    let version = &server.context("the workspace has no package lp-server")?.version;
    let binary = match binary {
        Some(binary) => binary.to_path_buf(),
        None => build(&root, &folder)?,
    };

    let name = format!("link-platform-{version}-{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let staging = tempfile::tempdir().context("cannot make a temporary folder")?;
    lay_out(&root, &binary, &staging.path().join(&name))?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let archive = folder.join(format!("{name}.tar.gz"));
    pack(staging.path(), &name, committed(&root), &archive)?;

    let bytes = fs::read(&archive).with_context(|| format!("cannot read {}", archive.display()))?;
    let sums = folder.join("SHA256SUMS");
    fs::write(&sums, sum(&bytes, &format!("{name}.tar.gz")))
        .with_context(|| format!("cannot write {}", sums.display()))?;
    println!("{}: {:.1} MB", archive.display(), megabytes(bytes.len() as u64));
    println!("{}", sums.display());
    Ok(())
}

/// Builds the binary with the profile `dist`, and keeps the folders of this machine out of it.
fn build(root: &Path, folder: &Path) -> Result<PathBuf> {
    let mut flags = variable("RUSTFLAGS").unwrap_or_default();
    let home = variable("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| variable("HOME").map(|home| Path::new(&home).join(".cargo")));
    for (from, to) in home.iter().map(|home| (home.as_path(), "cargo")).chain([(root, "source")]) {
        let _ = write!(flags, " --remap-path-prefix={}=/{to}", from.display());
    }
    let status = Command::new("cargo")
        .args(["build", "--locked", "--profile", "dist", "--package", "lp-server", "--bin", "link-platform"])
        .env("RUSTFLAGS", flags.trim())
        .current_dir(root)
        .stdin(Stdio::null())
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the binary does not build");
    }
    Ok(folder.join("link-platform"))
}

/// Fills the folder that the archive unpacks into.
fn lay_out(root: &Path, binary: &Path, into: &Path) -> Result<()> {
    copy(binary, &into.join("link-platform"))?;
    for (from, to) in FILES {
        copy(&root.join(from), &into.join(to))?;
    }
    for (shell, file) in COMPLETIONS {
        let script = said(binary, &["completions", shell])?;
        write(&into.join("completions").join(shell).join(file), &script)?;
    }
    let pages = into.join("man/man1");
    fs::create_dir_all(&pages).with_context(|| format!("cannot create {}", pages.display()))?;
    said(binary, &["man", &pages.to_string_lossy()])?;
    print!("{}", String::from_utf8_lossy(&said(binary, &["--version"])?));
    println!("binary: {:.1} MB", megabytes(fs::metadata(binary)?.len()));
    Ok(())
}

/// Packs a folder so that nothing but its contents has a say in the bytes: neither times, nor owners, nor who packs.
fn pack(above: &Path, name: &str, seconds: u64, archive: &Path) -> Result<()> {
    let status = Command::new("tar")
        .args(["--create", "--format=gnu", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        .args(["--mode=u+rw,go+r,go-w", "--use-compress-program=gzip -9 --no-name"])
        .arg(format!("--mtime=@{seconds}"))
        .arg("--file")
        .arg(archive)
        .arg("--directory")
        .arg(above)
        .arg(name)
        .stdin(Stdio::null())
        .status()
        .context("cannot run tar")?;
    if !status.success() {
        bail!("the archive cannot be packed; it takes GNU tar and gzip");
    }
    Ok(())
}

/// The time that the archive's files bear: `SOURCE_DATE_EPOCH`, or the commit's, or the beginning of time.
fn committed(root: &Path) -> u64 {
    let git = || {
        let log = Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(root).output().ok()?;
        String::from_utf8(log.stdout).ok()
    };
    let seconds = variable("SOURCE_DATE_EPOCH").or_else(git);
    seconds.and_then(|seconds| seconds.trim().parse().ok()).unwrap_or(0)
}

/// A line as `sha256sum --check` reads it.
fn sum(bytes: &[u8], name: &str) -> String {
    let mut line = String::new();
    for byte in Sha256::digest(bytes) {
        let _ = write!(line, "{byte:02x}");
    }
    line + "  " + name + "\n"
}

/// What the binary prints, with the settings of this shell kept out.
fn said(binary: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(binary)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", binary.display()))?;
    if !output.status.success() {
        bail!("`link-platform {}` failed: {}", arguments.join(" "), output.status);
    }
    Ok(output.stdout)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let copied = parent(to).and_then(|()| Ok(fs::copy(from, to)?));
    copied.map(|_| ()).with_context(|| format!("cannot copy {}", from.display()))
}

fn write(to: &Path, bytes: &[u8]) -> Result<()> {
    parent(to)
        .and_then(|()| Ok(fs::write(to, bytes)?))
        .with_context(|| format!("cannot write {}", to.display()))
}

fn parent(of: &Path) -> Result<()> {
    of.parent().map_or(Ok(()), |folder| Ok(fs::create_dir_all(folder)?))
}

#[expect(clippy::cast_precision_loss, reason = "shown to one decimal")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

#[expect(clippy::disallowed_methods, reason = "a tool's settings are those of who calls it")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
