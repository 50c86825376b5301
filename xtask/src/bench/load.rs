use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::servers::{LOAD, pinned};
use super::store::{HANDLES, binary};

/// How requests are sent.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Closed,
    /// As fast as they come, from so many addresses, as a proxy tells it.
    From(u64),
    Count(u64),
    /// So many visits from so many addresses.
    CountFrom(u64, u64),
    Cold,
    Paced(u64),
    Writes {
        token: String,
    },
    Syncs,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub(super) requests: f64,
    pub(super) per_second: f64,
    /// In microseconds.
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
}

pub(super) fn send(address: SocketAddr, links: u64, lasting: Duration, kind: &Kind) -> Result<Outcome> {
    let mut command = match kind {
        // Who is late to send measures its own lateness.
        Kind::Paced(_) => hurried(),
        _ => pinned(LOAD, &binary("bench-load")),
    };
    command.args(["--address", &address.to_string(), "--links", &links.to_string()]);
    command.args(["--handles", &HANDLES.min(links).to_string(), "--seconds", &lasting.as_secs().to_string()]);
    match kind {
        Kind::Closed => command.arg("closed"),
        Kind::From(addresses) => command.args(["--addresses", &addresses.to_string(), "closed"]),
        Kind::Count(visits) => command.args(["count", &visits.to_string()]),
        Kind::CountFrom(visits, addresses) => {
            command.args(["--addresses", &addresses.to_string(), "count", &visits.to_string()])
        }
        Kind::Cold => command.arg("cold"),
        Kind::Paced(rate) => command.args(["--connections", "16", "paced", &rate.to_string()]),
        Kind::Writes { token } => {
            command.args(["--connections", "32", "writes", "--handle", "h0", "--token", token])
        }
        Kind::Syncs => command.arg("syncs"),
    };
    let output = command.stderr(Stdio::inherit()).output().context("cannot start the load")?;
    ensure!(output.status.success(), "some requests failed");
    let told: Value = serde_json::from_slice(&output.stdout).context("what the load says")?;
    let figure = |name: &str| told[name].as_f64().unwrap_or(f64::NAN);
    let (requests, seconds) = (figure("requests"), figure("seconds"));
    ensure!(requests > 0.0, "no request came through");
    Ok(Outcome {
        requests,
        per_second: requests / seconds,
        p50: figure("p50"),
        p99: figure("p99"),
        p999: figure("p999"),
    })
}

/// With real-time priority, where this user may give it.
fn hurried() -> Command {
    let may = Command::new("chrt").args(["-f", "50", "true"]).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        return pinned(LOAD, &binary("bench-load"));
    }
    let mut command = pinned(LOAD, Path::new("/usr/bin/chrt"));
    command.args(["-f", "50"]).arg(binary("bench-load"));
    command
}
