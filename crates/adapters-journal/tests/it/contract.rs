//! What every click journal does, whatever it is made of.

use std::thread;

use lp_analytics::{Click, Facts};
use lp_core::{ClickId, Device, Handle, LinkId, Slug, Timestamp};
use lp_ports::{ClickJournal, JournalId, JournalReader, Stretch};
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
        facts: Facts::default(),
    }
}

pub(crate) fn number(click: &Click) -> u128 {
    click.id.uuid().as_u128()
}

pub(crate) fn numbers(stretch: &Stretch) -> Vec<u128> {
    stretch.clicks.iter().map(number).collect()
}

/// The next stretch, where there is one.
pub(crate) fn next(journal: &impl JournalReader, max: usize) -> Option<Stretch> {
    journal.read(max).expect("a readable journal")
}

/// The next stretch.
pub(crate) fn some(journal: &impl JournalReader, max: usize) -> Stretch {
    next(journal, max).expect("clicks to read")
}

/// Reads and acknowledges all there is.
pub(crate) fn drain(journal: &impl JournalReader) -> Vec<u128> {
    let mut read = Vec::new();
    while let Some(stretch) = next(journal, 97) {
        read.extend(numbers(&stretch));
        journal.acknowledge(&stretch.journal, stretch.upto);
    }
    read
}

/// Reads and acknowledges all that can be read, until nothing has come of a few attempts in a row.
pub(crate) fn persist(journal: &impl JournalReader) -> Vec<u128> {
    let mut read = Vec::new();
    let mut failures = 0;
    while failures < 5 {
        match journal.read(97) {
            Ok(None) => break,
            Ok(Some(stretch)) => {
                read.extend(numbers(&stretch));
                journal.acknowledge(&stretch.journal, stretch.upto);
                failures = 0;
            }
            Err(_) => failures += 1,
        }
    }
    assert_eq!(next(journal, 1), None);
    read
}

pub(crate) fn fill(journal: &impl ClickJournal, numbers: impl IntoIterator<Item = u128>) {
    for number in numbers {
        journal.append(click(number).borrowed()).expect("room for a few");
    }
}

pub(crate) fn starts_empty(journal: &impl JournalReader) {
    assert_eq!(next(journal, 10), None);
    let standing = journal.standing();
    assert_eq!((standing.lost, standing.damaged, standing.held), (0, 0, 0));
}

pub(crate) fn keeps_the_order(journal: &(impl ClickJournal + JournalReader), id: &JournalId) {
    fill(journal, [3, 1, 2]);
    let stretch = some(journal, 10);
    assert_eq!(stretch.clicks, [click(3), click(1), click(2)]);
    assert_eq!((&stretch.journal, stretch.from), (id, 0));
    assert!(journal.standing().held > 0);
}

pub(crate) fn repeats_until_acknowledged(journal: &(impl ClickJournal + JournalReader)) {
    fill(journal, 0..4);
    let first = some(journal, 2);
    assert_eq!(numbers(&first), [0, 1]);
    fill(journal, [4]);
    assert_eq!(some(journal, 2), first);
    assert_eq!(numbers(&some(journal, 10)), [0, 1, 2, 3, 4]);
    journal.acknowledge(&first.journal, first.upto);
    let second = some(journal, 2);
    assert_eq!((numbers(&second), second.from), (vec![2, 3], first.upto));
}

pub(crate) fn acknowledges_a_part(journal: &(impl ClickJournal + JournalReader)) {
    fill(journal, 0..5);
    let part = some(journal, 1);
    assert_eq!(some(journal, 4).from, part.from);
    journal.acknowledge(&part.journal, part.upto);
    let rest = some(journal, 10);
    assert_eq!((numbers(&rest), rest.from), (vec![1, 2, 3, 4], part.upto));
    journal.acknowledge(&rest.journal, rest.upto);
    assert_eq!((next(journal, 10), journal.standing().held), (None, 0));
    fill(journal, [5]);
    let later = some(journal, 10);
    assert_eq!((numbers(&later), later.from), (vec![5], rest.upto));
}

pub(crate) fn goes_on_at_any_position(journal: &(impl ClickJournal + JournalReader)) {
    fill(journal, 0..3);
    let two = some(journal, 2);
    journal.acknowledge(&JournalId("another".to_owned()), two.upto);
    journal.acknowledge(&two.journal, 0);
    assert_eq!(some(journal, 2), two);
    journal.acknowledge(&two.journal, two.upto);
    journal.acknowledge(&two.journal, two.upto);
    let third = some(journal, 10);
    assert_eq!((numbers(&third), third.from), (vec![2], two.upto));
    // Of what was left behind, each journal may still have some; but the stretch begins where it was told to.
    journal.acknowledge(&two.journal, 1);
    let again = some(journal, 10);
    assert_eq!((again.from, again.upto), (1, third.upto));
    assert_eq!(numbers(&again).last(), Some(&2));
}

pub(crate) fn goes_on_beyond_its_end(journal: &(impl ClickJournal + JournalReader)) {
    fill(journal, 0..3);
    let all = some(journal, 10);
    journal.acknowledge(&all.journal, u64::MAX);
    assert_eq!(next(journal, 10), None);
    fill(journal, [3]);
    let rest = some(journal, 10);
    assert_eq!((numbers(&rest), rest.from), (vec![3], u64::MAX));
    assert!(rest.upto > all.upto && rest.upto < u64::MAX);
    journal.acknowledge(&rest.journal, rest.upto);
    assert_eq!(next(journal, 10), None);
}

/// Four writers, and a reader that runs against them.
pub(crate) fn serves_four_writers(journal: &(impl ClickJournal + JournalReader)) {
    const EACH: u128 = 2_000;
    let mut read = Vec::new();
    let mut upto = 0;
    thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || fill(journal, (0..EACH).map(|number| writer * EACH + number)));
        }
        while read.len() < 8_000 {
            let Some(stretch) = next(journal, 97) else { continue };
            read.extend(numbers(&stretch));
            assert_eq!(stretch.from, upto);
            upto = stretch.upto;
            journal.acknowledge(&stretch.journal, upto);
        }
    });
    assert_eq!(next(journal, 1), None);
    assert_eq!(journal.standing().lost, 0);
    for writer in 0..4 {
        let own: Vec<u128> = read.iter().copied().filter(|number| number / EACH == writer).collect();
        let appended: Vec<u128> = (writer * EACH..(writer + 1) * EACH).collect();
        assert_eq!(own, appended, "writer {writer}");
    }
}
