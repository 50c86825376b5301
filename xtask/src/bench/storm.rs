use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::load::{Kind, send};
use super::redirects::warm;
use super::servers::Server;
use super::spread::Spread;
use super::store::{Store, binary};

/// Clients that try to sign in at once, each anew as soon as it is answered.
const CLIENTS: u64 = 50;
/// Visits a second meanwhile.
const RATE: u64 = 500;

/// Redirects at a fixed rate without and with a storm of logins beside them, limits by address off: only the bound on
/// parallel password checks is left.
pub(super) fn table(store: &Store, rounds: usize, lasting: Duration) -> Result<String> {
    let server = Server::platform_unpinned(store.path())?;
    warm(&server, store.links)?;
    let (mut calm, mut stormy, mut judged, mut refused, mut slowest) =
        (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..rounds {
        calm.push(send(server.address, store.links, lasting, &Kind::Paced(RATE))?.p99 / 1_000.0);
        let logins = Command::new(binary("bench-load"))
            .args(["--address", &server.address.to_string(), "--connections", &CLIENTS.to_string()])
            .args(["--seconds", &(lasting.as_secs() + 1).to_string(), "logins"])
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the storm")?;
        stormy.push(send(server.address, store.links, lasting, &Kind::Paced(RATE))?.p99 / 1_000.0);
        let logins = logins.wait_with_output()?;
        ensure!(logins.status.success(), "the storm broke off");
        let told: Value = serde_json::from_slice(&logins.stdout).context("what the storm says")?;
        let figure = |part: &str, name: &str| told[part][name].as_f64().unwrap_or(f64::NAN);
        judged.push(figure("judged", "requests") / figure("judged", "seconds"));
        refused.push(figure("refused", "requests") / figure("refused", "seconds"));
        slowest.push(figure("refused", "max") / 1_000.0);
    }
    let spread = |figures: Vec<f64>| Spread::of(figures);
    Ok(format!(
        "Redirects at {RATE}/s while {CLIENTS} clients try to sign in without a pause, limits by address off; {rounds} rounds of {} s:\n\n\
         | p99 without, ms | p99 with, ms | passwords looked at a second | told 429 a second | slowest 429, ms |\n\
         |---|---|---|---|---|\n| {} | {} | {} | {} | {} |\n",
        lasting.as_secs(),
        spread(calm),
        spread(stormy),
        spread(judged),
        spread(refused),
        spread(slowest),
    ))
}
