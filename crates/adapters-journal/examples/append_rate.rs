//! How many records a second a journal on disk takes and gives back, beside what copying them in memory takes.
//!
//! `cargo run --release -p lp-adapters-journal --example append_rate [records]`

#![expect(clippy::print_stdout, reason = "its output is what it is for")]
#![expect(clippy::disallowed_methods, reason = "it measures durations")]

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use lp_adapters_journal::{Durability, FileJournal, JournalOptions, MemoryJournal};
use lp_analytics::{Click, Facts};
use lp_core::{ClickId, Device, Handle, LinkId, Slug, Timestamp};
use lp_ports::{ClickJournal, JournalId, JournalReader};
use uuid::Uuid;

const STRETCH: usize = 5_000;

fn main() -> Result<(), Box<dyn Error>> {
    let records: u64 = env::args().nth(1).map_or(Ok(2_000_000), |given| given.parse())?;
    let click = Click {
        id: ClickId::new(Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001)),
        handle: Handle::parse("hello")?,
        link: LinkId::new(Uuid::from_u128(1)),
        slug: Slug::parse("launch")?,
        at: Timestamp::from_millis(1_767_225_600_000),
        device: Device::Mobile,
        visitor: 0x1234_5678_9abc_def0,
        referrer: "news.example".to_owned(),
        facts: Facts::default(),
    };
    let id = |name: &str| JournalId(name.to_owned());

    let record = [7_u8; 88];
    let mut copied: Vec<u8> = Vec::new();
    let floor = timed(|| (0..records).for_each(|_| copied.extend_from_slice(black_box(&record))));
    say("copy 88 bytes into a growing Vec", records, floor);
    drop(copied);

    let memory = MemoryJournal::new(id("memory"), usize::MAX);
    say("append, in memory only", records, timed(|| append(&memory, &click, records)));
    drop(memory);

    for durability in [Durability::Process, Durability::Memory] {
        let folder = tempfile::tempdir()?;
        let options = JournalOptions { durability, ..JournalOptions::default() };
        let journal = FileJournal::open(folder.path(), options, id("one"))?;
        say(&format!("append, mode {durability:?}"), records, timed(|| append(&journal, &click, records)));
        journal.flush()?;
        say(&format!("read, mode {durability:?}"), records, timed(|| read(&journal, records)));
        let standing = journal.standing();
        println!("  lost {}, damaged {}, held {}", standing.lost, standing.damaged, standing.held);
    }

    let folder = tempfile::tempdir()?;
    let journal = FileJournal::open(folder.path(), JournalOptions::default(), id("one"))?;
    let both = timed(|| {
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| append(&journal, &click, records / 2));
            }
            read(&journal, records / 2 * 2);
        });
    });
    say("2 writers and a reader at once", records, both);

    let folder = tempfile::tempdir()?;
    let journal = FileJournal::open(folder.path(), JournalOptions::default(), id("one"))?;
    let mut slowest = Duration::ZERO;
    let mut over = [0_u64; 3];
    for _ in 0..records {
        let took = timed(|| append(&journal, &click, 1));
        slowest = slowest.max(took);
        for (bound, over) in [10, 100, 1_000].into_iter().zip(&mut over) {
            *over += u64::from(took > Duration::from_micros(bound));
        }
    }
    println!("single appends: slowest {slowest:?}; over 10 µs, 100 µs, 1 ms: {over:?} of {records}");
    Ok(())
}

fn append(journal: &impl ClickJournal, click: &Click, records: u64) {
    for _ in 0..records {
        let _ = black_box(journal.append(black_box(click.borrowed())));
    }
}

fn read(journal: &impl JournalReader, records: u64) {
    let mut left = records;
    while left > 0 {
        if let Ok(Some(stretch)) = journal.read(STRETCH) {
            left = left.saturating_sub(stretch.clicks.len() as u64);
            journal.acknowledge(&stretch.journal, stretch.upto);
        }
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
fn say(what: &str, records: u64, took: Duration) {
    let each = took.as_secs_f64() / records as f64;
    println!("{what:<36} {:>6.2} M/s {:>8.1} ns each", 1e-6 / each, each * 1e9);
}
