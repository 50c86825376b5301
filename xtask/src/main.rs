//! The project's own checks: who may import whom, what a file may look like, whether the checked-in documents
//! are current, and the one sequence of steps that CI runs; and the PostgreSQL server that tests run against.
//!
//! It knows the workspace from outside, through manifests, files and the built binary; it imports no crate of it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool answers on its streams")]

mod arch;
mod bench;
mod ci;
mod conformance;
mod dist;
mod embedding;
mod outside;
mod pg;
mod process;
mod sdk;
mod surface;
mod tidy;
mod user_agents;
mod workspace;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own checks.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check that every crate imports only what its layer may import, and that ARCHITECTURE.md shows it.
    Arch {
        /// Draw the crates' arrows into ARCHITECTURE.md.
        #[arg(long)]
        write: bool,
    },
    /// Check files: length, names, leftovers, landed migrations, links between documents.
    Tidy {
        /// Enter new migrations into xtask/migrations.lock.
        #[arg(long)]
        bless: bool,
        /// With --bless: accept changed or deleted migrations too. Only for those that no installation has run.
        #[arg(long, requires = "bless")]
        rewrite_migrations: bool,
    },
    /// Write the documents that are derived from the operation catalogue.
    Surface {
        /// Compare with the checked-in documents instead of writing them.
        #[arg(long)]
        check: bool,
    },
    /// Build the script for pages: its source without comments and indentation.
    Sdk,
    /// Run a command beside a throw-away PostgreSQL server, or the server alone.
    ///
    /// The command finds it in LINK_PLATFORM_TEST_DATABASE_URL and DATABASE_URL. Where the former is set already, that
    /// server is used. The programs are those of PG_BIN, of the machine, or of a package from npm.
    Pg {
        #[command(flatten)]
        options: pg::Options,
        /// The command; without one the server runs until Ctrl-C, SIGTERM or the end of a piped stdin.
        #[arg(last = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Build what is shipped: an archive of the binary, its unit file, completions and manual pages, and its checksum.
    Dist {
        /// Pack this binary instead of building one with the profile `dist`.
        #[arg(long, value_name = "FILE")]
        binary: Option<PathBuf>,
    },
    /// Try what outsiders would: fuzzing, requests made up from the OpenAPI document, slow clients.
    ///
    /// Installs the tools it needs below target/outside. docs/outside.md says what it found before and how to repeat it.
    Outside(outside::Options),
    /// Let official suites and clients judge the MCP server and its authorization server.
    ///
    /// Fetches them from npm and PyPI into the user's cache. docs/conformance.md says what they said before.
    Conformance(conformance::Options),
    /// Build the program in embedding/outside from nothing, with a few sets of features, and tell what each costs.
    Embedding {
        /// A set of features with commas between them, in place of the usual sets; may be said several times.
        #[arg(long, value_name = "FEATURES")]
        features: Vec<String>,
    },
    /// Measure the platform beside a bare server, in turn; docs/performance.md says how to read it.
    Bench(bench::Options),
    /// Fetch the newest list of robots from npm, and tell what is other than in the one that is checked in.
    UserAgents,
    /// Run everything that CI runs, in its order, up to the first failure.
    Ci,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Pg { options, command } => return exit(pg::run(&options, &command)),
        Command::Arch { write } => arch::run(write),
        Command::Tidy { bless, rewrite_migrations } => tidy::run(tidy::Bless::of(bless, rewrite_migrations)),
        Command::Surface { check: true } => surface::check(surface::Binary::Build),
        Command::Surface { check: false } => surface::write(),
        Command::Sdk => sdk::run(&workspace::root(), false),
        Command::Dist { binary } => dist::run(binary.as_deref()),
        Command::Outside(options) => outside::run(&options),
        Command::Conformance(options) => conformance::run(&options),
        Command::Embedding { features } => embedding::run(&features),
        Command::Bench(options) => bench::run(&options),
        Command::UserAgents => user_agents::run(),
        Command::Ci => ci::run(),
    };
    exit(done.map(|()| ExitCode::SUCCESS))
}

fn exit(done: anyhow::Result<ExitCode>) -> ExitCode {
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
