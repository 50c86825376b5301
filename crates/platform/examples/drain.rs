//! How fast clicks go into the journal and from there into a store, counts included.
//!
//! `cargo run --release -p link-platform --example drain -- [--clicks 400000] [--links 10000] [--database postgres://…]`; the embedded store in a temporary folder where no
//! database is given. Three rounds on the same store, beside a plain copy of the same bytes as a floor.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool answers on its streams")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lp_adapters_journal::{FileJournal, JournalOptions};
use lp_adapters_postgres::{PgOptions, PgStore};
use lp_adapters_sqlite::SqliteStore;
use lp_analytics::{Click, Facts};
use lp_core::{ClickId, Device, Handle, LinkId, Slug, Timestamp};
use lp_ports::{ClickJournal, Ingest, JournalId, JournalReader};
use lp_testkit::SeededIds;

#[tokio::main]
async fn main() -> ExitCode {
    let (mut clicks, mut links, mut database) = (400_000_u64, 10_000_u64, None);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for pair in arguments.chunks(2) {
        let number = pair.get(1).and_then(|text| text.parse::<u64>().ok());
        match (pair[0].as_str(), number, pair.get(1)) {
            ("--clicks", Some(number), _) => clicks = number,
            ("--links", Some(number), _) => links = number.max(1),
            ("--database", _, Some(url)) => database = Some(url.clone()),
            (name, ..) => {
                eprintln!("error: what is {name}? see the first lines of crates/platform/examples/drain.rs");
                return ExitCode::FAILURE;
            }
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let store: Arc<dyn Ingest> = match &database {
        Some(url) => {
            lp_adapters_postgres::migrate(url).await.expect("migrates");
            Arc::new(PgStore::connect(url, PgOptions::default()).await.expect("the store"))
        }
        None => Arc::new(SqliteStore::open(&folder.path().join("drain.db")).await.expect("the store")),
    };
    let options = JournalOptions { capacity: 4 << 30, ..JournalOptions::default() };
    let ids = SeededIds::new(u64::from(std::process::id()));
    let id = JournalId(format!("drain-{}", std::process::id()));
    let journal =
        Arc::new(FileJournal::open(&folder.path().join("journal"), options, id).expect("the journal"));
    for round in 1..=3 {
        let made: Vec<Click> = (0..clicks).map(|number| click(&ids, number, links)).collect();
        let floor = timed(|| {
            let copied: Vec<Click> = made.clone();
            std::hint::black_box(&copied);
        });
        let append = timed(|| {
            for click in &made {
                journal.append(click.borrowed()).expect("room");
            }
        });
        let read_and_stored = {
            let (journal, store, runtime) =
                (journal.clone(), store.clone(), tokio::runtime::Handle::current());
            tokio::task::spawn_blocking(move || {
                timed(|| {
                    while let Some(stretch) = journal.read(store.longest()).expect("reads") {
                        let stands = runtime.block_on(store.ingest(&stretch)).expect("taken in");
                        journal.acknowledge(&stretch.journal, stands);
                    }
                })
            })
            .await
            .expect("no panic")
        };
        println!(
            "round {round}: copied {:>10.0}/s  appended {:>9.0}/s  drained {:>8.0}/s",
            rate(clicks, floor),
            rate(clicks, append),
            rate(clicks, read_and_stored)
        );
    }
    ExitCode::SUCCESS
}

/// Clicks of the last minutes on many links of a hundred handles, from a few sites.
fn click(ids: &SeededIds, number: u64, links: u64) -> Click {
    use lp_ports::Ids;
    let link = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % links;
    let devices = [Device::Mobile, Device::Desktop, Device::Desktop, Device::Tablet, Device::Bot];
    let sites =
        ["", "", "", "www.google.com", "t.co", "news.ycombinator.com", "m.facebook.com", "example.org"];
    let pick = |count: usize, by: u64| usize::try_from(number / by).unwrap_or(0) % count;
    Click {
        id: ClickId::new(ids.uuid()),
        handle: Handle::parse(&format!("handle-{}", link % 100)).expect("a handle"),
        link: LinkId::new(uuid::Uuid::from_u128(u128::from(link))),
        slug: Slug::parse(&format!("campaign-{link}")).expect("a slug"),
        at: Timestamp::from_millis(1_795_000_000_000 + i64::try_from(number / 10).unwrap_or(0)),
        device: devices[pick(devices.len(), 3)],
        visitor: number.wrapping_mul(0x2545_f491_4f6c_dd1d) % 100_000,
        referrer: sites[pick(sites.len(), 7)].to_owned(),
        facts: Facts::default(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a measured duration")]
fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
fn rate(clicks: u64, took: Duration) -> f64 {
    clicks as f64 / took.as_secs_f64()
}
