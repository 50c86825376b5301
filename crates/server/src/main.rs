//! The binary: settings, logs, listener, subcommands. Everything it does is a call of the `link-platform` library.

mod cli;
mod commands;
mod listener;
mod logs;
mod output;
mod settings;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return output::failed(&anyhow::anyhow!(error).context("the runtime cannot be started"));
        }
    };
    match runtime.block_on(Box::pin(commands::run(cli))) {
        Ok(code) => code,
        Err(error) => output::failed(&error),
    }
}
