//! The steps of CI, in order. The cheap ones come first, so that a plain mistake is told within seconds.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::{arch, bench, pg, surface, tidy, workspace};

/// One step: its name, how it runs, and the command that repeats it alone.
struct Step {
    name: &'static str,
    run: Run,
    again: String,
}

enum Run {
    Inside(fn() -> Result<()>),
    Cargo {
        args: &'static [&'static str],
        env: &'static [(&'static str, &'static str)],
        /// Whether a PostgreSQL server runs beside it.
        postgres: bool,
    },
    /// Nothing to do here, and why.
    Skip(&'static str),
}

/// How a step ended.
#[derive(Clone, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

/// What the optional steps wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asset {
    Nextest,
    Deny,
    Machete,
    Valgrind,
    Doctests,
}

/// The same commit gets the same verdict: property tests draw the same cases. By hand they draw new ones each time.
/// And a test of the PostgreSQL store that finds no server fails, where by hand it says that it is skipped.
const TEST_ENV: &[(&str, &str)] =
    &[("PROPTEST_RNG_SEED", "20260101"), ("LINK_PLATFORM_TEST_POSTGRES", "required")];

const FMT: &[&str] = &["fmt", "--all", "--", "--check"];
const CLIPPY: &[&str] = &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
/// The fixtures of the conformance suite, which no other step compiles; they are put to use by `cargo xtask conformance`.
const FIXTURES: &[&str] =
    &["clippy", "--workspace", "--features", "lp-server/conformance", "--", "-D", "warnings"];
const DOC: &[&str] = &["doc", "--workspace", "--no-deps"];
/// A program that embeds the platform with few features, so that a use of what is not built is found. In the workspace's
/// target folder: crates that get the same features there are not compiled again.
const EMBEDDING: &[&str] =
    &["check", "--locked", "--manifest-path", "embedding/outside/Cargo.toml", "--target-dir", "target"];
/// With the tests' features, so that the tests, the binary they start and the documents share one build.
const BUILD: &[&str] = &["build", "--workspace", "--all-targets"];
const NEXTEST: &[&str] = &["nextest", "run", "--workspace", "--no-fail-fast"];
const TEST: &[&str] = &["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"];
const DOCTEST: &[&str] = &["test", "--workspace", "--doc"];
/// Without `advisories`, which fetches a database.
const DENY: &[&str] = &["deny", "check", "licenses", "bans", "sources"];
const MACHETE: &[&str] = &["machete"];
const NOT_INSTALLED: &str = "not installed";
const NO_VALGRIND: &str = "valgrind is not installed";

pub(crate) fn run() -> Result<()> {
    let assets = assets()?;
    let mut ended: Vec<(&'static str, Outcome, Duration)> = Vec::new();
    let mut failed = None;
    for step in steps(&assets) {
        println!("\n== {}: {}", step.name, step.again);
        let (outcome, took) = perform(&step);
        let stop = outcome == Outcome::Failed;
        ended.push((step.name, outcome, took));
        if stop {
            failed = Some(step);
            break;
        }
    }
    println!("\n{}", table(&ended));
    match failed {
        None => Ok(()),
        Some(step) => bail!("{} failed; repeat it with: {}", step.name, step.again),
    }
}

/// No step sets RUSTFLAGS: that would compile every dependency a second time.
fn steps(assets: &[Asset]) -> Vec<Step> {
    let when = |needed: Asset, args: &'static [&'static str], why: &'static str| {
        if assets.contains(&needed) { cargo(args, &[]) } else { (Run::Skip(why), written(args, &[])) }
    };
    let instructions = match inside("bench instructions", bench::gate) {
        (_, again) if !assets.contains(&Asset::Valgrind) => (Run::Skip(NO_VALGRIND), again),
        counted => counted,
    };
    let tests = if assets.contains(&Asset::Nextest) { NEXTEST } else { TEST };
    let steps = [
        ("fmt", cargo(FMT, &[])),
        ("arch", inside("arch", || arch::run(false))),
        ("tidy", inside("tidy", || tidy::run(tidy::Bless::Nothing))),
        // Only the tests need the server; that there is none is told here.
        ("postgres", inside("pg -- true", pg::check)),
        ("clippy", cargo(CLIPPY, &[])),
        ("fixtures", cargo(FIXTURES, &[])),
        ("embedding", (Run::Inside(embedding), written(EMBEDDING, &[]))),
        ("doc", cargo(DOC, &[("RUSTDOCFLAGS", "-D warnings")])),
        ("build", cargo(BUILD, &[])),
        // Before the tests, whose summary is then what stands last.
        ("doctests", when(Asset::Doctests, DOCTEST, "there are none")),
        ("tests", beside_postgres(tests, TEST_ENV)),
        // Takes a release build, so it comes after everything that fails sooner.
        ("instructions", instructions),
        ("surface", inside("surface --check", || surface::check(surface::Binary::Built))),
        ("deny", when(Asset::Deny, DENY, NOT_INSTALLED)),
        ("machete", when(Asset::Machete, MACHETE, NOT_INSTALLED)),
    ];
    steps.into_iter().map(|(name, (run, again))| Step { name, run, again }).collect()
}

/// The target folder may lie elsewhere than by default: the clone's own would be filled from nothing.
fn embedding() -> Result<()> {
    let folder = workspace::metadata()?.target_directory;
    let [args @ .., _] = EMBEDDING else { bail!("a command without its folder") };
    let checked = Command::new("cargo").args(args).arg(folder).current_dir(workspace::root()).status();
    ensure!(
        checked.context("cannot run cargo")?.success(),
        "the program outside the workspace does not compile"
    );
    Ok(())
}

fn inside(subcommand: &str, check: fn() -> Result<()>) -> (Run, String) {
    (Run::Inside(check), format!("cargo xtask {subcommand}"))
}

fn cargo(args: &'static [&'static str], env: &'static [(&'static str, &'static str)]) -> (Run, String) {
    (Run::Cargo { args, env, postgres: false }, written(args, env))
}

fn beside_postgres(
    args: &'static [&'static str],
    env: &'static [(&'static str, &'static str)],
) -> (Run, String) {
    let again = format!("{}cargo xtask pg -- {}", assignments(env), written(args, &[]));
    (Run::Cargo { args, env, postgres: true }, again)
}

/// The command as one types it.
fn written(args: &[&str], env: &[(&str, &str)]) -> String {
    assignments(env) + "cargo " + &args.join(" ")
}

fn assignments(env: &[(&str, &str)]) -> String {
    env.iter().fold(String::new(), |mut written, (name, value)| {
        let quote = if value.contains(' ') { "\"" } else { "" };
        let _ = write!(written, "{name}={quote}{value}{quote} ");
        written
    })
}

fn perform(step: &Step) -> (Outcome, Duration) {
    #[expect(clippy::disallowed_methods, reason = "the table tells how long each step took")]
    let started = Instant::now();
    let passed = match step.run {
        Run::Skip(why) => {
            println!("SKIPPED: {} ({why})", step.name);
            return (Outcome::Skipped(why), started.elapsed());
        }
        Run::Inside(check) => check().map(|()| true),
        Run::Cargo { args, env, postgres } => run_cargo(args, env, postgres),
    };
    let outcome = match passed {
        Ok(true) => Outcome::Passed,
        Ok(false) => Outcome::Failed,
        Err(error) => {
            eprintln!("{error:#}");
            Outcome::Failed
        }
    };
    (outcome, started.elapsed())
}

/// Whether cargo succeeds; a server beside it stops with it.
fn run_cargo(args: &[&str], env: &[(&str, &str)], postgres: bool) -> Result<bool> {
    let server = if postgres { Some(pg::Server::start(&pg::Options::default())?) } else { None };
    let mut command = Command::new("cargo");
    command.args(args).envs(env.iter().copied()).current_dir(workspace::root()).stdin(Stdio::null());
    if let Some(server) = &server {
        server.introduce(&mut command);
    }
    Ok(command.status().context("cannot run cargo")?.success())
}

/// Names, durations and ends, one line per step.
fn table(ended: &[(&str, Outcome, Duration)]) -> String {
    let mut table = String::from("step          seconds");
    for (name, outcome, took) in ended {
        let end = match outcome {
            Outcome::Passed => "ok".to_owned(),
            Outcome::Failed => "FAILED".to_owned(),
            Outcome::Skipped(why) => format!("skipped: {why}"),
        };
        let _ = write!(table, "\n{name:<12} {:>8.1}  {end}", took.as_secs_f64());
    }
    let total: Duration = ended.iter().map(|(_, _, took)| *took).sum();
    let _ = write!(table, "\n{:<12} {:>8.1}", "total", total.as_secs_f64());
    table
}

/// What is there, on this machine and in this workspace.
fn assets() -> Result<Vec<Asset>> {
    let commands = [(Asset::Nextest, "nextest"), (Asset::Deny, "deny"), (Asset::Machete, "machete")];
    let found = commands.into_iter().filter(|(_, command)| installed(command)).map(|(asset, _)| asset);
    let found = found.chain(bench::is_possible().then_some(Asset::Valgrind));
    Ok(found.chain(has_doctests()?.then_some(Asset::Doctests)).collect())
}

/// Whether cargo knows this subcommand.
fn installed(subcommand: &str) -> bool {
    Command::new("cargo")
        .args([subcommand, "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether any library has an example that rustdoc would run: looking is cheaper than starting rustdoc per crate.
fn has_doctests() -> Result<bool> {
    for path in workspace::files()? {
        let library = path.contains("/src/") && workspace::is_kind(&path, "rs");
        if library && shows_example(&fs::read_to_string(workspace::root().join(&path))?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a doc comment opens a code block that is Rust.
fn shows_example(content: &str) -> bool {
    let mut open = false;
    for line in content.lines().map(str::trim_start) {
        let Some(doc) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
            open = false;
            continue;
        };
        if let Some(language) = doc.trim_start().strip_prefix("```") {
            open = !open;
            let run = ["", "rust", "no_run", "should_panic", "compile_fail"];
            if open && language.trim().split(',').any(|word| run.contains(&word)) {
                return true;
            }
        }
    }
    false
}
