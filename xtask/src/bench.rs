//! The benchmark: the platform beside a bare hyper server, in turn, in one run. Figures to steer by are ratios.
//!
//! docs/performance.md says how to read them. Nothing here passes or fails but the instruction count, which repeats.

mod instructions;
mod latency;
mod load;
mod memory;
mod redirects;
mod rules;
mod servers;
mod spread;
mod store;
mod storm;
mod writes;

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::{Args, ValueEnum};

use self::servers::Servers;
use self::store::Store;
use crate::workspace;

pub(crate) use self::instructions::{gate, is_possible};

/// What to measure, and for how long.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// What to measure; all of it where nothing is named.
    #[arg(value_enum)]
    sections: Vec<Section>,
    /// How often each figure is taken, floor and platform in turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each load lasts, in seconds.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Writes the tables into docs/performance.md, in place of those of the same sections.
    #[arg(long)]
    write: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Redirects as fast as they come, over connections that are kept.
    Redirects,
    /// Latency at fixed rates.
    Latency,
    /// A new connection for each visit.
    Cold,
    /// Redirects and memory with 1,000 and 1,000,000 links.
    Links,
    /// Redirects of handles with rules, and the decision by itself.
    Rules,
    /// Memory and lookups of ten million routes, within one process.
    Table,
    /// Durable writes by REST.
    Writes,
    /// Redirects beside a storm of logins.
    Storm,
    /// What the gate costs a caller whose token it holds.
    Gate,
    /// Instructions of a redirect, counted by valgrind.
    Instructions,
}

const SECTIONS: [Section; 10] = [
    Section::Instructions,
    Section::Redirects,
    Section::Latency,
    Section::Cold,
    Section::Writes,
    Section::Storm,
    Section::Gate,
    Section::Rules,
    Section::Links,
    Section::Table,
];

const FEW: u64 = 1_000;
const USUAL: u64 = 10_000;
const MANY: u64 = 1_000_000;

pub(crate) fn run(options: &Options) -> Result<()> {
    build()?;
    let chosen = |section: &Section| options.sections.is_empty() || options.sections.contains(section);
    for section in SECTIONS.iter().filter(|section| chosen(section)) {
        let table = measure(*section, options)?;
        println!("{table}");
        if options.write {
            keep(*section, &table)?;
        }
    }
    Ok(())
}

/// One after the other: each section begins with servers of its own.
fn measure(section: Section, options: &Options) -> Result<String> {
    let lasting = Duration::from_secs(options.seconds);
    let rounds = options.rounds.max(1);
    match section {
        Section::Redirects => {
            let servers = Servers::start(Store::filled(USUAL)?)?;
            redirects::table(&servers, rounds, lasting, &load::Kind::Closed)
        }
        Section::Cold => {
            let servers = Servers::start(Store::filled(USUAL)?)?;
            redirects::table(&servers, rounds, lasting, &load::Kind::Cold)
        }
        Section::Latency => latency::table(&Servers::start(Store::filled(USUAL)?)?, rounds, lasting),
        Section::Writes => writes::table(&Store::filled(FEW)?, rounds, lasting),
        Section::Gate => gate_cost(),
        Section::Rules => rules::table(Store::filled(USUAL)?, rounds, lasting),
        Section::Table => rules::told("bench-table", &[]),
        Section::Storm => storm::table(&Store::filled(FEW)?, rounds, lasting),
        Section::Instructions => instructions::table(),
        Section::Links => {
            let few = Servers::start(Store::filled(FEW)?)?;
            let (many, grown) = memory::load(Store::filled(MANY)?)?;
            let mut table = redirects::by_links(&few, &many, rounds, lasting)?;
            let _ = write!(table, "\n{grown}");
            Ok(table)
        }
    }
}

/// Measured within a process, by the application's own benchmark.
fn gate_cost() -> Result<String> {
    let output = Command::new("cargo")
        .args(["bench", "--quiet", "-p", "lp-application", "--bench", "gate"])
        .current_dir(workspace::root())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "the gate cannot be measured");
    Ok(String::from_utf8(output.stdout)?)
}

/// Once, before anything is measured.
pub(crate) fn build() -> Result<()> {
    let built = Command::new("cargo")
        .args(["build", "--release", "-p", "lp-server", "-p", "bench"])
        .current_dir(workspace::root())
        .status()
        .context("cannot run cargo")?;
    ensure!(built.success(), "the benchmark cannot be built");
    Ok(())
}

/// Puts a table between the marks of its section.
fn keep(section: Section, table: &str) -> Result<()> {
    let path = workspace::root().join("docs/performance.md");
    let document = fs::read_to_string(&path)?;
    let name = format!("{section:?}").to_lowercase();
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let missing = || format!("docs/performance.md has no place for the section '{name}'");
    let (before, rest) = document.split_once(&begin).with_context(missing)?;
    let (_, after) = rest.split_once(&end).with_context(missing)?;
    fs::write(&path, format!("{before}{begin}{table}{end}{after}"))?;
    Ok(())
}
