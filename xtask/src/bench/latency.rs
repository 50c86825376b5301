use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;

use super::load::{Kind, Outcome, send};
use super::redirects::warm;
use super::servers::Servers;
use super::spread::Spread;

const RATES: [u64; 2] = [1_000, 5_000];

/// Its name, and how it is told.
type Figure = (&'static str, fn(&Outcome) -> f64);

/// Floor and platform in turn, at fixed rates, measured from the moment each visit was due.
pub(super) fn table(servers: &Servers, rounds: usize, lasting: Duration) -> Result<String> {
    warm(&servers.platform, servers.links)?;
    let mut table = format!(
        "Latency in µs from the moment a visit is due, clicks counted meanwhile; {rounds} rounds of {} s, median (least–most):\n\n\
         | rate | | bare hyper | Link Platform | ratio |\n|---|---|---|---|---|\n",
        lasting.as_secs(),
    );
    for rate in RATES {
        let mut pairs = Vec::new();
        for _ in 0..rounds {
            let kind = Kind::Paced(rate);
            let floor = send(servers.floor.address, servers.links, lasting, &kind)?;
            let platform = send(servers.platform.address, servers.links, lasting, &kind)?;
            servers.platform.settle()?;
            pairs.push((floor, platform));
        }
        let figures: [Figure; 3] = [
            ("p50", |outcome| outcome.p50),
            ("p99", |outcome| outcome.p99),
            ("p99.9", |outcome| outcome.p999),
        ];
        for (name, figure) in figures {
            let floor = Spread::of(pairs.iter().map(|(floor, _)| figure(floor)));
            let platform = Spread::of(pairs.iter().map(|(_, platform)| figure(platform)));
            let ratio = Spread::of(pairs.iter().map(|(floor, platform)| figure(platform) / figure(floor)));
            let _ = writeln!(table, "| {rate}/s | {name} | {floor} | {platform} | {ratio} |");
        }
    }
    Ok(table)
}
