use std::time::Duration;

use anyhow::Result;

use super::load::{Kind, send};
use super::servers::Server;
use super::spread::Spread;
use super::store::Store;

/// New links by REST, each on the disk before it is answered, beside what the disk can do for one writer.
pub(super) fn table(store: &Store, rounds: usize, lasting: Duration) -> Result<String> {
    let server = Server::platform_unpinned(store.path())?;
    let kind = Kind::Writes { token: store.token.clone() };
    let mut rows = Vec::new();
    for _ in 0..rounds {
        let floor = send(server.address, store.links, lasting, &Kind::Syncs)?;
        rows.push((floor, send(server.address, store.links, lasting, &kind)?));
    }
    let floor = Spread::of(rows.iter().map(|(floor, _)| floor.per_second));
    let writes = Spread::of(rows.iter().map(|(_, writes)| writes.per_second));
    let p99 = Spread::of(rows.iter().map(|(_, writes)| writes.p99 / 1_000.0));
    let ratio = Spread::of(rows.iter().map(|(floor, writes)| writes.per_second / floor.per_second));
    Ok(format!(
        "Links put by REST, 32 clients, SQLite, every one on the disk before its answer; {rounds} rounds of {} s:\n\n\
         | syncs a second of one writer (floor) | writes a second | ratio | p99 of a write, ms |\n|---|---|---|---|\n\
         | {floor} | {writes} | {ratio} | {p99} |\n",
        lasting.as_secs(),
    ))
}
