//! What embedding the platform costs a program: the one in `embedding/outside`, built from nothing for a few sets of
//! features, and run.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::workspace;

/// From the least that redirects to everything.
const SETS: &[&str] = &["sqlite,edge", "sqlite,edge,http,mcp", "sqlite,postgres,edge,http,mcp,probe,mail"];

/// What came of one set.
struct Built {
    features: String,
    /// Packages that are compiled, those of this project apart.
    others: usize,
    own: usize,
    took: Duration,
    /// Of processors: unlike the time on the clock it is nearly the same on a busy machine. `None` where nobody tells.
    busy: Option<Duration>,
    bytes: u64,
}

/// Measures the given sets; the usual ones where none is given.
pub(crate) fn run(sets: &[String]) -> Result<()> {
    let folder = workspace::metadata()?.target_directory.into_std_path_buf().join("embedding");
    let mut built = Vec::new();
    let sets = if sets.is_empty() { SETS.iter().map(ToString::to_string).collect() } else { sets.to_vec() };
    for features in sets {
        built.push(build(features, &folder)?);
    }
    println!("\n{}", table(&built));
    Ok(())
}

/// Builds one set in a folder that is empty before and gone after, and runs what came of it.
fn build(features: String, folder: &Path) -> Result<Built> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    let (others, own) = packages(&features)?;
    // What is not there yet is downloaded before the clock runs.
    outside("fetch", &["--locked"])?;
    #[expect(clippy::disallowed_methods, reason = "the table tells how long each build took")]
    let began = Instant::now();
    let spent = children_spent();
    let target = folder.to_string_lossy();
    let arguments = ["--release", "--locked", "--no-default-features", "--features", &features];
    outside("build", &[&arguments[..], &["--target-dir", &target]].concat())?;
    let took = began.elapsed();
    let busy = children_spent().zip(spent).map(|(after, before)| after.saturating_sub(before));
    let binary = folder.join("release").join(format!("outside{}", std::env::consts::EXE_SUFFIX));
    let bytes = fs::metadata(&binary).with_context(|| format!("no {}", binary.display()))?.len();
    println!("{features}:");
    if !Command::new(&binary).status().context("cannot run what was built")?.success() {
        bail!("built with {features}, the program failed");
    }
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    Ok(Built { features, others, own, took, busy, bytes })
}

/// How many packages the set compiles, build scripts and macros included: of others, and of this project.
fn packages(features: &str) -> Result<(usize, usize)> {
    let arguments =
        ["--no-default-features", "--features", features, "--edges", "normal,build", "--prefix", "none"];
    let tree = outside("tree", &[&arguments[..], &["--locked", "--format", "{p}"]].concat())?;
    Ok(count(&tree))
}

/// Packages with a path in the tree are this project's.
fn count(tree: &str) -> (usize, usize) {
    let lines = tree.lines().map(|line| line.trim().trim_end_matches(" (*)")).filter(|line| !line.is_empty());
    let packages: BTreeSet<&str> = lines.collect();
    let own = packages.iter().filter(|package| package.contains("(/")).count();
    (packages.len() - own, own)
}

/// What ended children have spent of processors, of Linux in hundredths of a second (proc(5), `cutime` and `cstime`).
fn children_spent() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    let ticks: u64 =
        after_name.split(' ').skip(13).take(2).map(|field| field.parse::<u64>().ok()).sum::<Option<u64>>()?;
    Some(Duration::from_millis(ticks * 10))
}

/// Runs cargo on the outside program; its output, where it is one.
fn outside(subcommand: &str, arguments: &[&str]) -> Result<String> {
    let manifest = workspace::root().join("embedding/outside/Cargo.toml");
    let mut command = Command::new("cargo");
    command.arg(subcommand).arg("--manifest-path").arg(manifest).args(arguments).stdin(Stdio::null());
    let ended = command.stderr(Stdio::inherit()).output().context("cannot run cargo")?;
    if !ended.status.success() {
        bail!("cargo {subcommand} {} failed", arguments.join(" "));
    }
    String::from_utf8(ended.stdout).context("cargo did not answer in UTF-8")
}

/// As docs/embedding.md has it.
fn table(built: &[Built]) -> String {
    let mut table = String::from(
        "| Features | Crates of others | Crates of this project | Build from nothing, release | of processors | Binary |\n|---|---|---|---|---|---|",
    );
    for Built { features, others, own, took, busy, bytes } in built {
        #[expect(clippy::cast_precision_loss, reason = "sizes stay below 2^53")]
        let megabytes = *bytes as f64 / 1e6;
        let features = features.replace(',', ", ");
        let busy = busy.map_or_else(|| "unknown".to_owned(), |busy| format!("{} s", busy.as_secs()));
        let seconds = took.as_secs();
        let _ = write!(
            table,
            "\n| {features} | {others} | {own} | {} min {:02} s | {busy} | {megabytes:.1} MB |",
            seconds / 60,
            seconds % 60
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_counted_once_and_ours_apart() {
        let tree = "outside v0.1.0 (/some/embedding/outside)\nhttp v1.4.0\nhttp v1.4.0 (*)\nserde v1.0.0 (proc-macro)\n";
        assert_eq!(count(tree), (2, 1));
    }

    #[test]
    fn a_set_is_a_line() {
        let built = Built {
            features: "sqlite,edge".to_owned(),
            others: 200,
            own: 14,
            took: Duration::from_secs(61),
            busy: Some(Duration::from_millis(110_300)),
            bytes: 5_200_000,
        };
        assert!(table(&[built]).ends_with("\n| sqlite, edge | 200 | 14 | 1 min 01 s | 110 s | 5.2 MB |"));
    }
}
