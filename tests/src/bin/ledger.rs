//! Kills nodes under load and balances what was answered against what was counted; exit code 0 only where it balances.
//!
//! `cargo build --release --workspace && target/release/ledger [--visits N] [--kills N] [--nodes N] [--visitors N]
//! [--database URL] [--outage COMMAND] [--seed N]`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool answers on its streams")]

use std::process::ExitCode;

use e2e::{Ordeal, run_ordeal};

#[tokio::main]
async fn main() -> ExitCode {
    let mut ordeal = Ordeal {
        visits: 1_000_000,
        visitors: 64,
        kills: 20,
        nodes: 1,
        database: None,
        outage: None,
        seed: 20_260_101,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next();
        let number = value.as_ref().and_then(|value| value.parse::<u64>().ok());
        match (name.as_str(), value, number) {
            ("--visits", _, Some(number)) => ordeal.visits = number,
            ("--visitors", _, Some(number)) => ordeal.visitors = number,
            ("--kills", _, Some(number)) => ordeal.kills = number,
            ("--nodes", _, Some(number)) => ordeal.nodes = usize::try_from(number).unwrap_or(1),
            ("--seed", _, Some(number)) => ordeal.seed = number,
            ("--database", Some(url), _) => ordeal.database = Some(url),
            ("--outage", Some(command), _) => ordeal.outage = Some(command),
            (name, ..) => {
                eprintln!("error: what is {name}? see the first lines of tests/src/bin/ledger.rs");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{ordeal:#?}");
    let balance = run_ordeal(&ordeal).await;
    println!("{balance}");
    if balance.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
