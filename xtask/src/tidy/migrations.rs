//! A landed migration is never edited: installations have run it, and would never run the new text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use super::Text;
use crate::workspace;

const LOCK: &str = "xtask/migrations.lock";
const HEADER: &str = "# SHA-256 of every landed migration; written by `cargo xtask tidy --bless`.\n";

/// Path to hash, of the lock file or of the folder.
pub(super) type Hashes = BTreeMap<String, String>;

/// What may be entered into the lock file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bless {
    Nothing,
    New,
    /// Changed and deleted ones too: for a migration that no installation has run.
    Rewritten,
}

impl Bless {
    pub(crate) fn of(bless: bool, rewrite: bool) -> Self {
        match (bless, rewrite) {
            (true, true) => Self::Rewritten,
            (true, false) => Self::New,
            (false, _) => Self::Nothing,
        }
    }
}

/// Compares the migrations with the lock file, after entering what may be entered.
pub(super) fn run(texts: &[Text], bless: Bless) -> Result<Vec<String>> {
    let file = workspace::root().join(LOCK);
    let locked = parse(&fs::read_to_string(&file).unwrap_or_default());
    let found = found(texts);
    let blessed = blessed(&locked, &found, bless);
    if blessed != locked {
        fs::write(&file, render(&blessed)).with_context(|| format!("cannot write {LOCK}"))?;
        println!("wrote {LOCK}");
    }
    Ok(faults(&blessed, &found))
}

/// `crates/*/migrations/**/*.sql`
fn found(texts: &[Text]) -> Hashes {
    texts
        .iter()
        .filter(|text| {
            let mut parts = text.path.split('/');
            parts.next() == Some("crates")
                && parts.nth(1) == Some("migrations")
                && workspace::is_kind(&text.path, "sql")
        })
        .map(|text| (text.path.clone(), hash(&text.content)))
        .collect()
}

/// The lock file as it should be after blessing.
pub(super) fn blessed(locked: &Hashes, found: &Hashes, bless: Bless) -> Hashes {
    match bless {
        Bless::Nothing => locked.clone(),
        Bless::Rewritten => found.clone(),
        Bless::New => {
            let mut all = found.clone();
            all.extend(locked.clone());
            all
        }
    }
}

/// Where the migrations differ from the lock file.
pub(super) fn faults(locked: &Hashes, found: &Hashes) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, hash) in locked {
        match found.get(path) {
            Some(now) if now == hash => {}
            Some(_) => {
                faults.push(format!("{path}: a landed migration was edited: undo that and add a new one"));
            }
            None => faults.push(format!("{path}: a landed migration was deleted")),
        }
    }
    for path in found.keys().filter(|path| !locked.contains_key(*path)) {
        faults.push(format!("{path}: not in {LOCK} yet: run `cargo xtask tidy --bless`"));
    }
    faults
}

pub(super) fn parse(lock: &str) -> Hashes {
    lock.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, path)| (path.to_owned(), hash.to_owned()))
        .collect()
}

pub(super) fn render(hashes: &Hashes) -> String {
    hashes.iter().fold(HEADER.to_owned(), |mut lock, (path, hash)| {
        let _ = writeln!(lock, "{hash}  {path}");
        lock
    })
}

fn hash(content: &str) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
