//! The binary: settings, logs, listener, subcommands. Everything it does is a call of the `link-platform` library.

mod cli;
mod commands;
mod listener;
mod logs;
mod output;
mod settings;

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

fn main() -> ExitCode {
    // A variable that is set to nothing is not set: compose files write unset values so.
    let command =
        cli::Cli::command().mut_args(|arg| if is_empty(arg.get_env()) { arg.env(None) } else { arg });
    let cli = match cli::Cli::from_arg_matches(&command.get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return output::failed(&anyhow::anyhow!(error).context("the runtime cannot be started"));
        }
    };
    let ended = runtime.block_on(Box::pin(commands::run(cli)));
    // What still blocks a thread, a name that does not resolve or a disk that does not answer, is not waited for.
    runtime.shutdown_background();
    match ended {
        Ok(code) => code,
        Err(error) => output::failed(&error),
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where settings are read")]
fn is_empty(variable: Option<&OsStr>) -> bool {
    variable.and_then(std::env::var_os).is_some_and(|value| value.is_empty())
}
