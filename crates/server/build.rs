//! Tells the binary which commit it is built from, as `LINK_PLATFORM_BUILD`: ` (COMMIT DATE)`, or nothing where nobody knows;
//! and the date alone, as `LINK_PLATFORM_BUILD_DATE`.
//!
//! `LINK_PLATFORM_COMMIT` names the commit where there is no git: in a container, or from a tarball. The date is the
//! commit's, or that of `SOURCE_DATE_EPOCH`; the time of the build has no say, so that builds repeat. Whether files were
//! changed since the commit is not said either: to be right, that would take a rebuild for every file that changes.

use std::path::Path;
use std::process::Command;

/// As many digits of the hash as are shown; git's own short form depends on what else is in the clone.
const SHOWN: usize = 12;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let commit = variable("LINK_PLATFORM_COMMIT").map(|hash| (hash, None)).or_else(head);
    let epoch = variable("SOURCE_DATE_EPOCH").and_then(|seconds| seconds.parse().ok());
    let committed = commit.as_ref().and_then(|(_, committed)| *committed);
    let date = epoch.or(committed).map(day).unwrap_or_default();
    let build = commit.map_or_else(String::new, |(hash, _)| {
        let hash: String = hash.chars().filter(char::is_ascii_alphanumeric).take(SHOWN).collect();
        let space = if date.is_empty() { "" } else { " " };
        format!(" ({hash}{space}{date})")
    });
    println!("cargo::rustc-env=LINK_PLATFORM_BUILD={build}");
    println!("cargo::rustc-env=LINK_PLATFORM_BUILD_DATE={date}");
}

/// The commit that is checked out, and when it was made, in seconds since 1970.
fn head() -> Option<(String, Option<i64>)> {
    // In a tarball that was unpacked inside of somebody's clone, the clone's commit says nothing about this.
    git(&["ls-files", "--error-unmatch", "Cargo.toml"])?;
    watch();
    let said = git(&["log", "-1", "--format=%H %ct"])?;
    let (hash, committed) = said.split_once(' ')?;
    Some((hash.to_owned(), committed.parse().ok()))
}

/// Has cargo run this again once another commit is checked out, and not before: a watched file that does not exist would
/// have it run each time. A branch without a file of its own is in `packed-refs`, and only the log tells of its next commit.
fn watch() {
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]);
    for name in ["HEAD", "logs/HEAD", "packed-refs"].into_iter().chain(branch.as_deref()) {
        // In a linked worktree these are in different folders, and `.git` is a file.
        if let Some(path) = git(&["rev-parse", "--git-path", name]).filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}

/// What git says in this folder, whatever a hook that runs cargo has told it about others.
fn git(arguments: &[&str]) -> Option<String> {
    let said = Command::new("git")
        .args(arguments)
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .ok()
        .filter(|said| said.status.success())?;
    Some(String::from_utf8(said.stdout).ok()?.trim().to_owned())
}

#[expect(clippy::disallowed_methods, reason = "a build script is told so by cargo and by who builds")]
fn variable(name: &str) -> Option<String> {
    println!("cargo::rerun-if-env-changed={name}");
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The day in UTC, as `2026-11-22`. Counted in years that begin in March, so that the leap day is a year's last.
fn day(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468; // since 1 March of the year 0
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year_of_era + year)
}
