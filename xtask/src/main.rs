//! The project's own checks: who may import whom, what a file may look like, whether the checked-in documents
//! are current, and the one sequence of steps that CI runs.
//!
//! It knows the workspace from outside, through manifests, files and the built binary; it imports no crate of it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool answers on its streams")]

mod arch;
mod ci;
mod surface;
mod tidy;
mod workspace;

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
    /// Run everything that CI runs, in its order, up to the first failure.
    Ci,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Arch { write } => arch::run(write),
        Command::Tidy { bless, rewrite_migrations } => tidy::run(tidy::Bless::of(bless, rewrite_migrations)),
        Command::Surface { check: true } => surface::check(surface::Binary::Build),
        Command::Surface { check: false } => surface::write(),
        Command::Ci => ci::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
