//! Where the programs of a PostgreSQL server are on this machine.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{environment, package};

/// A kind of place: in this folder, folders whose name begins so, and in each of them this one.
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) prefix: &'static str,
    pub(super) programs: &'static str,
}

/// Debian, Red Hat, Alpine, Homebrew (twice) and Postgres.app.
const PLACES: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The folder with `initdb` and `postgres`: one of the machine, or else one from a package, installed if need be.
pub(super) fn obtain() -> Result<PathBuf> {
    match installed()? {
        Some(programs) => Ok(programs),
        None => package::install(),
    }
}

/// The folder with `initdb` and `postgres`, where nothing need be installed for it.
pub(super) fn installed() -> Result<Option<PathBuf>> {
    let places: Vec<Place> = PLACES
        .iter()
        .map(|&(folder, prefix, programs)| Place { folder: folder.into(), prefix, programs })
        .collect();
    let chosen = environment("PG_BIN").map(PathBuf::from);
    let found = choose(chosen.as_deref(), environment("PATH").as_deref(), &places)?;
    Ok(found.or_else(package::present))
}

/// The folder that was named, else the one on the path, else the highest version in these places.
pub(super) fn choose(
    named: Option<&Path>,
    path: Option<&OsStr>,
    places: &[Place],
) -> Result<Option<PathBuf>> {
    if let Some(named) = named {
        if !complete(named) {
            bail!("PG_BIN is {}, which has no `initdb` and `postgres`", named.display());
        }
        return Ok(Some(named.to_path_buf()));
    }
    let mut versions: Vec<(u32, PathBuf)> = places.iter().flat_map(versions).collect();
    versions.sort_by_key(|(version, _)| Reverse(*version));
    // A link on the path leads to the folder that has the rest as well.
    let on_path = path.into_iter().flat_map(std::env::split_paths).filter_map(|folder| {
        let program = fs::canonicalize(folder.join("initdb")).ok()?;
        program.parent().map(Path::to_path_buf)
    });
    Ok(on_path.chain(versions.into_iter().map(|(_, programs)| programs)).find(|folder| complete(folder)))
}

/// Whether the path has this program.
pub(super) fn on_path(program: &str) -> bool {
    environment("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Whether a cluster can be made and served from this folder: a client's installation has neither program.
pub(super) fn complete(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file())
}

/// The folders of one place, each with its major version.
fn versions(place: &Place) -> Vec<(u32, PathBuf)> {
    let Ok(entries) = fs::read_dir(&place.folder) else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let rest = name.strip_prefix(place.prefix)?.trim_start_matches('@');
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            Some((digits.parse().unwrap_or(0), entry.path().join(place.programs)))
        })
        .collect()
}
