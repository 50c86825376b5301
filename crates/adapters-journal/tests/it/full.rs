//! A journal that has no room.

use std::{fs, thread};

use lp_adapters_journal::{Durability, FileJournal, JournalOptions};
use lp_ports::{ClickJournal, JournalReader};

use crate::contract::{click, drain, fill, some};
use crate::folder::{PER_SEGMENT, SEGMENT, folder, id, open, open_with};

/// Appends until the journal is full; how many it took.
fn stuff(journal: &impl ClickJournal, from: u128) -> u128 {
    (from..from + 100_000).take_while(|number| journal.append(click(*number).borrowed()).is_ok()).count()
        as u128
}

/// Tries until the journal takes the click.
fn insist(journal: &impl ClickJournal, number: u128) {
    while journal.append(click(number).borrowed()).is_err() {
        thread::yield_now();
    }
}

#[test]
fn a_full_journal_on_disk_refuses_counts_and_goes_on_once_there_is_room() {
    let folder = folder();
    let journal = open_with(folder.path(), "one", Durability::Process, 4 * SEGMENT);
    let kept = stuff(&journal, 0);
    assert_eq!(kept, 4 * PER_SEGMENT);
    assert!(journal.append(click(kept).borrowed()).is_err());
    let standing = journal.standing();
    assert_eq!((standing.lost, standing.capacity), (2, 4 * SEGMENT));
    assert!(standing.held <= standing.capacity);
    let first = some(&journal, 50);
    journal.acknowledge(&first.journal, first.upto);
    insist(&journal, 1_000);
    let mut rest: Vec<u128> = (50..kept).collect();
    rest.push(1_000);
    assert_eq!(drain(&journal), rest);
}

#[test]
fn what_earlier_starts_have_left_counts_as_held() {
    let folder = folder();
    let journal = open_with(folder.path(), "one", Durability::Process, 4 * SEGMENT);
    let kept = stuff(&journal, 0);
    drop(journal);
    let journal = open_with(folder.path(), "two", Durability::Process, 4 * SEGMENT);
    assert!(journal.append(click(kept).borrowed()).is_err());
    assert_eq!(drain(&journal), (0..kept).collect::<Vec<_>>());
    insist(&journal, kept);
    assert_eq!(drain(&journal), [kept]);
}

#[test]
fn a_journal_has_room_for_four_segments_at_least() {
    let folder = folder();
    let journal = open_with(folder.path(), "one", Durability::Process, SEGMENT - 1);
    assert_eq!(stuff(&journal, 0), 4 * PER_SEGMENT);
    assert_eq!(journal.standing().capacity, 4 * SEGMENT);
}

#[test]
fn a_folder_that_cannot_grow_is_used_up_and_tried_again() {
    let folder = folder();
    let (slot, away) = (folder.path().join("0"), folder.path().join("away"));
    let journal = open(folder.path(), "one");
    fill(&journal, [0]);
    fs::rename(&slot, &away).expect("moved away");
    let kept = 1 + stuff(&journal, 1);
    // The segment it had, and the one that was prepared or not.
    assert!(kept == PER_SEGMENT || kept == 2 * PER_SEGMENT, "{kept}");
    assert!(journal.read(1).is_err());
    fs::rename(&away, &slot).expect("moved back");
    insist(&journal, kept);
    assert_eq!(drain(&journal), (0..=kept).collect::<Vec<_>>());
}

#[test]
fn a_size_that_no_disk_has_is_lost_clicks_and_no_panic() {
    let folder = folder();
    let options = JournalOptions { capacity: u64::MAX, segment: u64::MAX, ..JournalOptions::default() };
    let journal = FileJournal::open(folder.path(), options, id("one")).expect("opened all the same");
    let kept = journal.append(click(0).borrowed()).is_ok();
    assert_eq!(u64::from(!kept), journal.standing().lost);
}
