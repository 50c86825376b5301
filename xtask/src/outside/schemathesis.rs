//! The REST API against its own document: requests that keep to it and requests that do not, until there were enough.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::server::{Server, binary};
use super::{Options, emptied, folder, must};
use crate::workspace;

const VERSION: &str = "4.32.5";
/// What goes into a round besides the drawn requests: those that are counted out of the document, some of each operation.
const DRAWN_PER_OPERATION: u64 = 100;
/// More rounds than this do not come to enough requests any more.
const MOST_ROUNDS: u64 = 50;

/// What a round came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Round {
    pub(super) requests: u64,
    /// Breaches that are listed as none.
    pub(super) excepted: u64,
    pub(super) failures: Vec<String>,
    /// Whether every operation was tried to its end.
    pub(super) complete: bool,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let tool = installed()?;
    let reports = emptied("schemathesis")?;
    let binary = binary(options.binary.as_deref())?;
    let unlimited = [("LINK_PLATFORM_RATE_LIMITS", "false"), ("LINK_PLATFORM_LOG", "warn")];
    let mut server = Server::start(&binary, "127.0.0.1:0", &unlimited, &reports.join("server.log"))?;
    let mut rounds: Vec<Round> = Vec::new();
    let made = |rounds: &[Round]| rounds.iter().map(|round| round.requests).sum::<u64>();
    for seed in options.seed..options.seed + MOST_ROUNDS {
        if made(&rounds) >= options.requests {
            break;
        }
        let round = draw(&tool, &server, seed, &reports)?;
        println!("seed {seed}: {} requests, {} breaches excepted", round.requests, round.excepted);
        if !server.lives() {
            bail!("the server has ended; see {}", reports.join("server.log").display());
        }
        if !round.failures.is_empty() || !round.complete {
            bail!("seed {seed}: {}; see {}", told(&round), log(&reports, seed).display());
        }
        rounds.push(round);
    }
    let made = made(&rounds);
    println!("schemathesis: {made} requests, no breach of the document that is not listed");
    if made < options.requests {
        bail!("{made} requests are fewer than {}", options.requests);
    }
    Ok(())
}

/// schemathesis in this version, in a Python environment of its own that is made where it is missing.
fn installed() -> Result<PathBuf> {
    let place = folder().join(format!("schemathesis-{VERSION}"));
    let tool = place.join("bin").join("schemathesis");
    if !tool.exists() {
        println!("installing schemathesis {VERSION}");
        must(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
        let package = format!("schemathesis=={VERSION}");
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &package];
        must(Command::new(place.join("bin").join("python3")).args(install))?;
    }
    Ok(tool)
}

fn draw(tool: &Path, server: &Server, seed: u64, reports: &Path) -> Result<Round> {
    let url = format!("http://{}", server.address);
    let report = reports.join(format!("{seed}.json"));
    let output = fs::File::create(log(reports, seed)).context("cannot write the log")?;
    let mut command = Command::new(tool);
    command.arg("--config-file").arg(own("schemathesis.toml"));
    command.args([
        "run",
        &format!("{url}/v2/openapi.json"),
        "--url",
        &url,
        "--no-color",
        "--continue-on-failure",
    ]);
    command.args(["--header", &format!("Authorization: Bearer {}", server.token)]);
    // A health check may wait for a hundred destinations that do not answer.
    command.args(["--request-timeout", "60"]);
    command.args(["--phases", "examples,coverage,fuzzing,stateful", "--generation-database", "none"]);
    command.args(["--max-examples", &DRAWN_PER_OPERATION.to_string(), "--seed", &seed.to_string()]);
    command.args([
        OsStr::new("--report"),
        OsStr::new("json"),
        OsStr::new("--report-json-path"),
        report.as_os_str(),
    ]);
    command.env("SCHEMATHESIS_HOOKS", own("schemathesis_hooks.py")).env("PYTHONDONTWRITEBYTECODE", "1");
    command.current_dir(reports).stdin(Stdio::null());
    let errors = output.try_clone().context("cannot write the log")?;
    command.stdout(output).stderr(errors).status().context("cannot run schemathesis")?;
    let told = fs::read_to_string(&report);
    let told =
        told.with_context(|| format!("schemathesis did not report; see {}", log(reports, seed).display()))?;
    read(&told)
}

/// A file that stands beside this one.
fn own(name: &str) -> PathBuf {
    workspace::root().join("xtask/src/outside").join(name)
}

fn log(reports: &Path, seed: u64) -> PathBuf {
    reports.join(format!("{seed}.log"))
}

/// What a report says.
pub(super) fn read(report: &str) -> Result<Round> {
    let report: Value = serde_json::from_str(report).context("the report is not JSON")?;
    let number = |pointer: &str| {
        let number = report.pointer(pointer).and_then(Value::as_u64);
        number.with_context(|| format!("the report has no {pointer}"))
    };
    let list = |key: &str| report[key].as_array().cloned().unwrap_or_default();
    let title = |failure: &Value| {
        let operations: Vec<&str> =
            failure["operations"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        format!("{} ({})", failure["title"].as_str().unwrap_or("a failure"), operations.join(", "))
    };
    let errors = list("errors").into_iter().map(|error| format!("an error of the tool: {error}"));
    Ok(Round {
        requests: number("/test_cases/generated")?,
        excepted: number("/filtered")?,
        failures: list("failures").iter().map(title).chain(errors).collect(),
        complete: report["complete"] == true
            && number("/operations/tested")? == number("/operations/selected")?,
    })
}

fn told(round: &Round) -> String {
    if round.failures.is_empty() {
        "it was not tried to its end".to_owned()
    } else {
        round.failures.join("; ")
    }
}
