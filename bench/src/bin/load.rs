//! The load: sends requests to a server on this machine and prints one line of JSON. Started by `cargo xtask bench`.

#![expect(clippy::print_stdout, reason = "a command-line tool answers on its streams")]

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use bench::{Storm, Tally, Visits, closed, cold, logins, paced, syncs, writes};
use clap::{Parser, Subcommand};

/// Sends requests to a server on this machine.
#[derive(Parser)]
struct Arguments {
    /// Where it listens.
    #[arg(long)]
    address: SocketAddr,
    /// For how long.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many connections at a time.
    #[arg(long, default_value_t = 64)]
    connections: u64,
    /// Links that are visited: `l0`, `l1`, … in turn on the handles `h0`, `h1`, ….
    #[arg(long, default_value_t = 10_000)]
    links: u64,
    /// Handles that share them.
    #[arg(long, default_value_t = 100)]
    handles: u64,
    /// Different user agents.
    #[arg(long, default_value_t = 1_000)]
    agents: u64,
    /// From how many addresses visitors come, as a proxy tells it; 0: no proxy tells anything.
    #[arg(long, default_value_t = 0)]
    addresses: u64,
    #[command(subcommand)]
    load: Load,
}

#[derive(Subcommand)]
enum Load {
    /// As fast as answers come, over connections that are kept.
    Closed,
    /// So many visits, links in turn, whatever it takes.
    Count { visits: u64 },
    /// A new connection for each visit.
    Cold,
    /// At a fixed rate, measured from the moment each visit was due.
    Paced { rate: u64 },
    /// No requests: how often one writer can bring a small record to the disk of the temporary folder.
    Syncs,
    /// Attempts to sign in with a wrong password.
    Logins,
    /// New links by REST.
    Writes {
        #[arg(long)]
        token: String,
        #[arg(long)]
        handle: String,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let failed = if matches!(arguments.load, Load::Logins) {
        let storm = storm(&arguments)?;
        println!("{storm}");
        storm.judged.failed
    } else {
        let tally = run(&arguments)?;
        println!("{tally}");
        tally.failed
    };
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn storm(arguments: &Arguments) -> anyhow::Result<Storm> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let lasting = Duration::from_secs(arguments.seconds);
    Ok(runtime.block_on(logins(arguments.address, arguments.connections, lasting)))
}

/// Keeps the load's processor from sleeping while it waits for answers.
///
/// A server that answers on the same machine pays for waking a load that sleeps, and the slower server meets it asleep more
/// often; on a virtual machine that costs more than a fifth of a redirect. Visitors are not on the same machine.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<Tally> {
    let Arguments { address, connections, links, handles, agents, addresses, .. } = *arguments;
    let visits = Visits {
        port: address.port(),
        links: links.max(1),
        handles: handles.max(1),
        agents: agents.max(1),
        addresses,
    };
    let lasting = Duration::from_secs(arguments.seconds);
    // One thread: it shares the machine with what it measures.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if matches!(arguments.load, Load::Closed | Load::Cold) {
        runtime.spawn(stay_awake());
    }
    Ok(match &arguments.load {
        Load::Closed => runtime.block_on(closed(address, visits, connections, lasting, None)),
        Load::Count { visits: count } => {
            runtime.block_on(closed(address, visits, connections, lasting, Some(*count)))
        }
        Load::Cold => runtime.block_on(cold(address, visits, connections, lasting)),
        Load::Logins => anyhow::bail!("a storm has a tally of its own"),
        Load::Syncs => syncs(lasting)?,
        Load::Paced { rate } => paced(address, visits, (*rate).max(1), connections, lasting),
        Load::Writes { token, handle } => {
            runtime.block_on(writes(address, token, handle, connections, lasting))
        }
    })
}
