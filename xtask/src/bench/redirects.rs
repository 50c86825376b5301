use std::time::Duration;

use anyhow::Result;

use super::load::{Kind, send};
use super::servers::{Server, Servers};
use super::spread::Spread;

/// One round on one server: figures of a request, in microseconds, and requests a second.
#[derive(Debug, Clone, Copy)]
struct Round {
    per_second: f64,
    answering: f64,
    whole: f64,
    user: f64,
}

/// Floor and platform in turn.
pub(super) fn table(servers: &Servers, rounds: usize, lasting: Duration, kind: &Kind) -> Result<String> {
    let cold = matches!(kind, Kind::Cold);
    warm(&servers.platform, servers.links)?;
    let mut pairs = Vec::new();
    for _ in 0..rounds {
        let floor = round(&servers.floor, servers.links, lasting, kind)?;
        let platform = round(&servers.platform, servers.links, lasting, kind)?;
        servers.platform.settle()?;
        pairs.push((floor, platform));
    }
    let of = |figure: fn(&Round) -> f64| {
        let floor = Spread::of(pairs.iter().map(|(floor, _)| figure(floor)));
        let platform = Spread::of(pairs.iter().map(|(_, platform)| figure(platform)));
        let ratio = Spread::of(pairs.iter().map(|(floor, platform)| figure(platform) / figure(floor)));
        format!("{floor} | {platform} | {ratio}")
    };
    let what = match kind {
        Kind::From(addresses) => format!("64 connections that are kept, {addresses} addresses"),
        _ if cold => "a new connection each".to_owned(),
        _ => "64 connections that are kept".to_owned(),
    };
    Ok(format!(
        "Redirects, click recorded, 1,000 user agents, {} links, {what}; {rounds} rounds of {} s, median (least–most):\n\n\
         | | bare hyper | Link Platform | ratio |\n|---|---|---|---|\n\
         | CPU µs a request, threads that answer | {} |\n\
         | CPU µs a request, whole process (clicks counted beside it) | {} |\n\
         | of it user mode | {} |\n\
         | requests a second | {} |\n",
        servers.links,
        lasting.as_secs(),
        of(|round| round.answering),
        of(|round| round.whole),
        of(|round| round.user),
        of(|round| round.per_second),
    ))
}

/// The same with few links and with many, each over the floor of its own round.
pub(super) fn by_links(few: &Servers, many: &Servers, rounds: usize, lasting: Duration) -> Result<String> {
    warm(&few.platform, few.links)?;
    let mut rows = Vec::new();
    for _ in 0..rounds {
        let floor = round(&few.floor, few.links, lasting, &Kind::Closed)?;
        let small = round(&few.platform, few.links, lasting, &Kind::Closed)?;
        few.platform.settle()?;
        let large = round(&many.platform, many.links, lasting, &Kind::Closed)?;
        many.platform.settle()?;
        rows.push((floor.answering, small.answering, large.answering));
    }
    let small = Spread::of(rows.iter().map(|(floor, small, _)| small / floor));
    let large = Spread::of(rows.iter().map(|(floor, _, large)| large / floor));
    let growth = Spread::of(rows.iter().map(|(_, small, large)| large / small));
    Ok(format!(
        "CPU a request of the threads that answer, links drawn uniformly, {rounds} rounds:\n\n\
         | {} links ÷ hyper | {} links ÷ hyper | many ÷ few |\n|---|---|---|\n| {small} | {large} | {growth} |\n",
        few.links, many.links,
    ))
}

/// Visits every link once, so that its route is in memory.
pub(super) fn warm(platform: &Server, links: u64) -> Result<()> {
    send(platform.address, links, Duration::ZERO, &Kind::Count(links))?;
    platform.settle()
}

fn round(server: &Server, links: u64, lasting: Duration, kind: &Kind) -> Result<Round> {
    let before = server.cpu()?;
    let outcome = send(server.address, links, lasting, kind)?;
    let spent = server.cpu()? - before;
    Ok(Round {
        per_second: outcome.per_second,
        answering: spent.answering / outcome.requests,
        whole: (spent.answering + spent.behind) / outcome.requests,
        user: spent.user / outcome.requests,
    })
}
