//! Every fuzz target for a while, one after another.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::{Options, folder, must};
use crate::workspace;

const VERSION: &str = "0.13.2";
/// A target that takes longer than this for one input, or more megabytes, has failed.
const SLOWEST_SECONDS: u32 = 25;
const MOST_MEGABYTES: u32 = 3_072;

/// How a target ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) target: String,
    pub(super) runs: u64,
    pub(super) per_second: u64,
    pub(super) new: u64,
    /// The input that broke it, or why there is none.
    pub(super) crash: Option<String>,
}

pub(super) fn run(options: &Options) -> Result<()> {
    nightly()?;
    let tool = installed()?;
    let known = targets()?;
    if let Some(unknown) = options.targets.iter().find(|wanted| !known.contains(wanted)) {
        bail!("there is no target {unknown}; there are {}", known.join(", "));
    }
    let wanted = |target: &String| options.targets.is_empty() || options.targets.contains(target);
    let targets: Vec<String> = known.into_iter().filter(wanted).collect();
    build(&tool, &targets)?;
    let mut ended = Vec::new();
    for target in &targets {
        println!("fuzzing {target} for {} s", options.seconds);
        ended.push(fuzz(target, options.seconds)?);
    }
    println!("{}", table(&ended));
    let crashed: Vec<&str> =
        ended.iter().filter(|ended| ended.crash.is_some()).map(|ended| ended.target.as_str()).collect();
    if crashed.is_empty() { Ok(()) } else { bail!("broken: {}", crashed.join(", ")) }
}

/// Sanitizers and coverage are options of nightly compilers only.
fn nightly() -> Result<()> {
    let there = cargo("cargo").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if there.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    bail!("fuzzing needs a nightly toolchain, and there is none: rustup toolchain install nightly")
}

/// A command of the nightly toolchain: what cargo tells its own children leads to another one.
fn cargo(program: impl Into<OsString>) -> Command {
    let mut command = Command::new(program.into());
    command.env("RUSTUP_TOOLCHAIN", "nightly").env_remove("CARGO").env_remove("RUSTC");
    command.current_dir(workspace::root()).stdin(Stdio::null());
    command
}

/// cargo-fuzz in this version, installed where it is missing.
fn installed() -> Result<PathBuf> {
    let root = folder().join(format!("cargo-fuzz-{VERSION}"));
    let binary = root.join("bin").join("cargo-fuzz");
    if !binary.exists() {
        println!("installing cargo-fuzz {VERSION}");
        let install = ["install", "cargo-fuzz", "--locked", "--quiet", "--version", VERSION, "--root"];
        must(Command::new("cargo").args(install).arg(&root).current_dir(workspace::root()))?;
    }
    Ok(binary)
}

/// The names of all targets, in order.
fn targets() -> Result<Vec<String>> {
    let manifest = fs::read_to_string(workspace::root().join("fuzz/Cargo.toml"))
        .context("cannot read fuzz/Cargo.toml")?;
    let manifest: toml::Table = manifest.parse()?;
    let bins = manifest.get("bin").and_then(toml::Value::as_array);
    let names = bins.into_iter().flatten().filter_map(|bin| bin.get("name")?.as_str());
    Ok(names.map(str::to_owned).collect())
}

fn build(tool: &Path, targets: &[String]) -> Result<()> {
    let mut command = cargo(tool);
    command.arg("build").args(["--fuzz-dir", "fuzz", "--target-dir", "target/fuzz"]);
    if let [only] = targets {
        command.arg(only);
    }
    must(&mut command)
}

fn fuzz(target: &str, seconds: u64) -> Result<Ended> {
    let root = workspace::root();
    let (corpus, found) = (folder().join("corpus").join(target), folder().join("found"));
    let logs = folder().join("fuzz-logs");
    for needed in [&corpus, &found, &logs] {
        fs::create_dir_all(needed).with_context(|| format!("cannot make {}", needed.display()))?;
    }
    let log = logs.join(format!("{target}.log"));
    let mut command = Command::new(binary(target)?);
    // SQLite's source holds one name twice, which is no violation of anything in C. Memory that is let go of later
    // (crossbeam's epochs, in metrics) looks like a leak; a real one meets the limit of megabytes.
    command.env("ASAN_OPTIONS", "detect_odr_violation=0:detect_leaks=0");
    command.arg(&corpus).arg(root.join("fuzz/seeds").join(target));
    command.arg(format!("-artifact_prefix={}/{target}-", found.display()));
    command.args([format!("-max_total_time={seconds}"), format!("-timeout={SLOWEST_SECONDS}")]);
    command.args([format!("-rss_limit_mb={MOST_MEGABYTES}"), "-print_final_stats=1".to_owned()]);
    let dictionary = root.join("fuzz/dictionaries").join(format!("{target}.dict"));
    if dictionary.exists() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    let errors = fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    command.current_dir(&root).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
    let status = command.status().with_context(|| format!("cannot run {target}"))?;
    let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    let mut ended = read(target, &said);
    if !status.success() && ended.crash.is_none() {
        ended.crash = Some(format!("none: {status}; see {}", log.display()));
    }
    if ended.crash.is_some() {
        eprintln!("{}", reason(&said));
    }
    Ok(ended)
}

/// Where cargo-fuzz puts what it builds: below the name of the machine it builds for, which is this one.
fn binary(target: &str) -> Result<PathBuf> {
    let built = workspace::root().join("target/fuzz");
    let machines = fs::read_dir(&built).with_context(|| format!("cannot read {}", built.display()))?;
    let binaries = machines.filter_map(|entry| Some(entry.ok()?.path().join("release").join(target)));
    binaries.into_iter().find(|binary| binary.is_file()).with_context(|| format!("{target} was not built"))
}

/// What libFuzzer says at its end.
pub(super) fn read(target: &str, said: &str) -> Ended {
    let number = |name: &str| {
        let lines = said.lines().filter_map(|line| line.strip_prefix("stat::")?.split_once(':'));
        lines.filter(|(key, _)| *key == name).filter_map(|(_, value)| value.trim().parse().ok()).next_back()
    };
    let written = "Test unit written to ";
    let crash = said.lines().rev().find_map(|line| Some(line.split_once(written)?.1.trim().to_owned()));
    Ended {
        target: target.to_owned(),
        runs: number("number_of_executed_units").unwrap_or(0),
        per_second: number("average_exec_per_sec").unwrap_or(0),
        new: number("new_units_added").unwrap_or(0),
        crash,
    }
}

/// The part of the output that says what broke.
fn reason(said: &str) -> String {
    let lines: Vec<&str> = said.lines().collect();
    let telling = |line: &&str| line.contains("panicked at") || line.contains("ERROR: ");
    let at = lines.iter().position(telling).unwrap_or(lines.len().saturating_sub(12));
    lines.iter().skip(at).take(12).copied().collect::<Vec<_>>().join("\n")
}

/// One line per target.
pub(super) fn table(ended: &[Ended]) -> String {
    let mut table = String::from("target             runs     runs/s       new  crash");
    for Ended { target, runs, per_second, new, crash } in ended {
        let crash = crash.as_deref().unwrap_or("-");
        let _ = write!(table, "\n{target:<12} {runs:>10} {per_second:>10} {new:>9}  {crash}");
    }
    table
}
