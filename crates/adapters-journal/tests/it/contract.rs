//! What every click journal does, whatever it is made of.

use std::thread;

use lp_analytics::Click;
use lp_core::{ClickId, Device, Handle, LinkId, Slug, Timestamp};
use lp_ports::{ClickJournal, JournalBatch, JournalReader};
use uuid::Uuid;

/// A click that is known by its number.
pub(crate) fn click(number: u128) -> Click {
    Click {
        id: ClickId::new(Uuid::from_u128(number)),
        handle: Handle::parse("hello").expect("a handle"),
        link: LinkId::new(Uuid::from_u128(1)),
        slug: Slug::parse("launch").expect("a slug"),
        at: Timestamp::from_millis(1_767_225_600_000),
        device: Device::Mobile,
        visitor: 7,
        referrer: "news.example".to_owned(),
    }
}

pub(crate) fn numbers(batch: &JournalBatch) -> Vec<u128> {
    batch.clicks.iter().map(|click| click.id.uuid().as_u128()).collect()
}

fn fill(journal: &impl ClickJournal, numbers: impl IntoIterator<Item = u128>) {
    for number in numbers {
        journal.append(click(number)).expect("room for a few");
    }
}

pub(crate) fn starts_empty(journal: &impl JournalReader) {
    assert_eq!(journal.read(10), JournalBatch::default());
    assert_eq!(journal.lost(), 0);
}

pub(crate) fn keeps_the_order(journal: &(impl ClickJournal + JournalReader)) {
    fill(journal, [3, 1, 2]);
    let batch = journal.read(10);
    assert_eq!(batch.clicks, [click(3), click(1), click(2)]);
    assert_eq!(batch.upto, 3);
}

pub(crate) fn repeats_until_acknowledged(journal: &(impl ClickJournal + JournalReader)) {
    fill(journal, 0..4);
    let first = journal.read(2);
    assert_eq!((numbers(&first), first.upto), (vec![0, 1], 2));
    fill(journal, [4]);
    assert_eq!(journal.read(2), first);
    assert_eq!(numbers(&journal.read(10)), [0, 1, 2, 3, 4]);
    journal.acknowledge(first.upto);
    let second = journal.read(2);
    assert_eq!((numbers(&second), second.upto), (vec![2, 3], 4));
}

pub(crate) fn acknowledges_a_part(journal: &(impl ClickJournal + JournalReader)) {
    fill(journal, 0..5);
    assert_eq!(journal.read(4).upto, 4);
    journal.acknowledge(1);
    assert_eq!(numbers(&journal.read(10)), [1, 2, 3, 4]);
    journal.acknowledge(5);
    let rest = journal.read(10);
    assert_eq!((rest.clicks.len(), rest.upto), (0, 5));
    fill(journal, [5]);
    assert_eq!(journal.read(10).upto, 6);
}

pub(crate) fn acknowledges_any_position(journal: &(impl ClickJournal + JournalReader)) {
    fill(journal, 0..3);
    journal.acknowledge(0);
    assert_eq!(numbers(&journal.read(10)), [0, 1, 2]);
    journal.acknowledge(2);
    journal.acknowledge(2);
    journal.acknowledge(1);
    assert_eq!(numbers(&journal.read(10)), [2]);
    journal.acknowledge(u64::MAX);
    fill(journal, [3]);
    let rest = journal.read(10);
    assert_eq!((numbers(&rest), rest.upto), (vec![3], 4));
}

/// Four writers, and a reader that runs against them.
pub(crate) fn serves_four_writers(journal: &(impl ClickJournal + JournalReader)) {
    const EACH: u128 = 2_000;
    let mut read = Vec::new();
    thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || fill(journal, (0..EACH).map(|number| writer * EACH + number)));
        }
        while read.len() < 8_000 {
            let batch = journal.read(97);
            read.extend(numbers(&batch));
            assert_eq!(batch.upto, u64::try_from(read.len()).expect("a count"));
            journal.acknowledge(batch.upto);
        }
    });
    assert_eq!(journal.lost(), 0);
    for writer in 0..4 {
        let own: Vec<u128> = read.iter().copied().filter(|number| number / EACH == writer).collect();
        let appended: Vec<u128> = (writer * EACH..(writer + 1) * EACH).collect();
        assert_eq!(own, appended, "writer {writer}");
    }
}
