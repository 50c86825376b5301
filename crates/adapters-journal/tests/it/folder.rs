//! The journal on disk: its files, and what several starts and processes make of one folder.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lp_adapters_journal::{Durability, FileJournal, JournalOptions, OpenError, inspect};
use lp_ports::{ClickJournal, JournalId, JournalReader};
use tempfile::{TempDir, tempdir};

use crate::contract::{self, click, drain, fill, next, numbers, persist, some};

/// Small files, so that a few clicks need several of them.
pub(crate) const SEGMENT: u64 = 4_096;
/// How many of the clicks of these tests one of them holds.
pub(crate) const PER_SEGMENT: u128 = 31;

pub(crate) fn id(name: &str) -> JournalId {
    JournalId(name.to_owned())
}

pub(crate) fn open_with(folder: &Path, name: &str, durability: Durability, capacity: u64) -> FileJournal {
    // So many files in so short a time are more than a busy disk makes in the time that a visitor may wait.
    let patience = Duration::from_secs(10);
    let options = JournalOptions { durability, capacity, segment: SEGMENT, patience };
    FileJournal::open(folder, options, id(name)).expect("a folder to write in")
}

pub(crate) fn open(folder: &Path, name: &str) -> FileJournal {
    open_with(folder, name, Durability::Process, 1 << 30)
}

pub(crate) fn folder() -> TempDir {
    tempdir().expect("a folder")
}

/// The files of a slot, without its lock.
pub(crate) fn files(slot: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(slot) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| !file.ends_with("lock"));
    files.sort();
    files
}

#[test]
fn a_new_journal_on_disk_is_empty() {
    let folder = folder();
    contract::starts_empty(&open(folder.path(), "one"));
}

#[test]
fn clicks_on_disk_are_read_in_the_order_of_their_appending() {
    let folder = folder();
    contract::keeps_the_order(&open(folder.path(), "one"), &id("one"));
}

#[test]
fn a_stretch_on_disk_is_the_same_until_it_is_acknowledged() {
    let folder = folder();
    contract::repeats_until_acknowledged(&open(folder.path(), "one"));
}

#[test]
fn acknowledging_on_disk_lets_go_of_what_lies_before_and_of_nothing_else() {
    let folder = folder();
    contract::acknowledges_a_part(&open(folder.path(), "one"));
}

#[test]
fn reading_on_disk_goes_on_at_any_position() {
    let folder = folder();
    contract::goes_on_at_any_position(&open(&folder.path().join("any"), "one"));
    contract::goes_on_beyond_its_end(&open(&folder.path().join("beyond"), "one"));
}

#[test]
fn concurrent_writers_on_disk_lose_nothing_and_keep_their_own_order() {
    let folder = folder();
    contract::serves_four_writers(&open(folder.path(), "one"));
}

#[test]
fn a_stretch_spans_segments_and_the_acknowledged_ones_are_removed() {
    let folder = folder();
    let journal = open(folder.path(), "one");
    fill(&journal, 0..10 * PER_SEGMENT);
    let before = files(&folder.path().join("0")).len();
    let stretch = some(&journal, 9 * 31);
    assert_eq!(numbers(&stretch), (0..9 * PER_SEGMENT).collect::<Vec<_>>());
    journal.acknowledge(&stretch.journal, stretch.upto);
    assert!(files(&folder.path().join("0")).len() <= before - 7);
    assert_eq!(numbers(&some(&journal, 1_000)), (9 * PER_SEGMENT..10 * PER_SEGMENT).collect::<Vec<_>>());
}

#[test]
fn a_position_inside_a_record_is_one_to_go_on_from() {
    let folder = folder();
    let journal = open(folder.path(), "one");
    fill(&journal, 0..3);
    let first = some(&journal, 1);
    journal.acknowledge(&first.journal, first.upto - 5);
    let rest = some(&journal, 10);
    assert_eq!((numbers(&rest), rest.from), (vec![1, 2], first.upto - 5));
}

#[test]
fn what_an_earlier_start_has_left_comes_first_and_is_then_removed() {
    let folder = folder();
    for (start, name) in (0..).zip(["one", "two"]) {
        let journal = open(folder.path(), name);
        fill(&journal, start * 100..start * 100 + 100);
    }
    let journal = open(folder.path(), "three");
    fill(&journal, [200]);
    let mut stretches = Vec::new();
    while let Some(stretch) = next(&journal, 60) {
        assert_eq!(next(&journal, 60).as_ref(), Some(&stretch));
        journal.acknowledge(&stretch.journal, stretch.upto);
        stretches.push((stretch.journal.0.clone(), numbers(&stretch)));
    }
    let expected =
        [("one", 0..60), ("one", 60..100), ("two", 100..160), ("two", 160..200), ("three", 200..201)];
    assert_eq!(stretches, expected.map(|(name, numbers)| (name.to_owned(), numbers.collect())));
    assert_eq!(journal.standing().held, 0);
    drop(journal);
    assert_eq!(files(&folder.path().join("0")), Vec::<PathBuf>::new());
}

#[test]
fn a_recovered_journal_begins_at_the_first_segment_that_is_left() {
    let folder = folder();
    let journal = open(folder.path(), "one");
    fill(&journal, 0..3 * PER_SEGMENT);
    let stretch = some(&journal, 60);
    journal.acknowledge(&stretch.journal, stretch.upto);
    drop(journal);
    let journal = open(folder.path(), "two");
    let again = some(&journal, 1_000);
    assert_eq!((again.journal.clone(), again.from), (id("one"), SEGMENT));
    assert_eq!(numbers(&again), (PER_SEGMENT..3 * PER_SEGMENT).collect::<Vec<_>>());
    journal.acknowledge(&again.journal, stretch.upto);
    assert_eq!(drain(&journal), (60..3 * PER_SEGMENT).collect::<Vec<_>>());
}

#[test]
fn two_that_are_open_on_one_folder_never_share_a_file() {
    let folder = folder();
    let (one, two) = (open(folder.path(), "one"), open(folder.path(), "two"));
    fill(&one, 0..100);
    fill(&two, 100..200);
    assert!(!files(&folder.path().join("0")).is_empty());
    assert!(!files(&folder.path().join("1")).is_empty());
    assert_eq!(drain(&two), (100..200).collect::<Vec<_>>());
    assert_eq!(drain(&one), (0..100).collect::<Vec<_>>());
}

#[test]
fn a_slot_that_was_left_is_taken_over_and_cleared_away() {
    let folder = folder();
    let (one, two) = (open(folder.path(), "one"), open(folder.path(), "two"));
    fill(&one, 0..100);
    fill(&two, 100..200);
    drop(two);
    drop(one);
    let journal = open(folder.path(), "three");
    assert!(journal.standing().held > 200 * 80);
    let other = open(folder.path(), "four");
    assert!(folder.path().join("2").exists(), "the slots that were taken over are held");
    assert_eq!(drain(&other), Vec::<u128>::new());
    drop(other);
    assert_eq!(drain(&journal), (0..200).collect::<Vec<_>>());
    assert!(!folder.path().join("1").exists());
}

#[test]
fn slots_that_cannot_be_held_are_passed_over() {
    let folder = folder();
    let (one, two, three) =
        (open(folder.path(), "one"), open(folder.path(), "two"), open(folder.path(), "three"));
    fill(&one, 0..100);
    fill(&two, 100..200);
    fill(&three, 200..300);
    drop((one, two, three));
    // The first has a folder in place of its lock, and there are files with names of slots.
    let lock = folder.path().join("0/lock");
    fs::remove_file(&lock).expect("a lock");
    fs::create_dir(&lock).expect("a folder");
    fs::write(folder.path().join("3"), "").expect("a file");
    fs::write(folder.path().join("5"), "").expect("a file");
    let journal = open(folder.path(), "four");
    fill(&journal, [300]);
    assert_eq!(drain(&journal), (100..=300).collect::<Vec<_>>());
    assert!(!files(&folder.path().join("0")).is_empty(), "its clicks wait");
}

#[test]
fn a_folder_that_no_slot_can_be_made_in_is_refused_with_the_first_fault() {
    let folder = folder();
    for number in 0..1_000 {
        fs::write(folder.path().join(number.to_string()), "").expect("a file");
    }
    let refused = FileJournal::open(folder.path(), JournalOptions::default(), id("one"));
    let Err(OpenError::Folder { source, .. }) = refused else { panic!("no slot is left") };
    assert_eq!(source.kind(), ErrorKind::AlreadyExists);
}

#[test]
fn a_slot_that_is_removed_while_it_is_read_costs_its_own_clicks_only() {
    let folder = folder();
    let left = ["one", "two", "three"].map(|name| open(folder.path(), name));
    for (start, journal) in (0..).zip(&left) {
        fill(journal, start * 100..start * 100 + 100);
    }
    drop(left);
    let journal = open(folder.path(), "four");
    fill(&journal, 300..400);
    let first = some(&journal, 50);
    journal.acknowledge(&first.journal, first.upto);
    fs::remove_dir_all(folder.path().join("1")).expect("a slot");
    let rest: Vec<u128> = persist(&journal);
    assert_eq!([numbers(&first), rest].concat(), (0..100).chain(200..400).collect::<Vec<_>>());
    assert_eq!((journal.standing().damaged, journal.standing().held), (4, 0));
    fill(&journal, [400]);
    assert_eq!(drain(&journal), [400]);
}

#[test]
fn a_slot_that_comes_back_is_read_then() {
    let folder = folder();
    let (slot, away) = (folder.path().join("1"), folder.path().join("away"));
    let left = ["one", "two"].map(|name| open(folder.path(), name));
    fill(&left[1], 0..100);
    drop(left);
    let journal = open(folder.path(), "three");
    fs::rename(&slot, &away).expect("moved away");
    assert!(journal.read(1).is_err());
    fill(&journal, 100..110);
    assert_eq!(numbers(&some(&journal, 100)), (100..110).collect::<Vec<_>>(), "it keeps nobody waiting");
    fs::rename(&away, &slot).expect("moved back");
    assert_eq!(drain(&journal), (0..110).collect::<Vec<_>>());
}

#[test]
fn only_the_owner_may_look_into_the_files() {
    let folder = folder();
    let inside = folder.path().join("clicks");
    let journal = open(&inside, "one");
    fill(&journal, [1]);
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode(&inside), mode(&inside.join("0"))), (0o700, 0o700));
    assert!(files(&inside.join("0")).iter().all(|file| mode(file) == 0o600));
}

#[test]
fn an_id_that_does_not_fit_and_a_folder_that_is_none_are_refused() {
    let folder = folder();
    let options = JournalOptions::default();
    let long = FileJournal::open(folder.path(), options, id(&"x".repeat(37)));
    assert!(matches!(long, Err(OpenError::Id(_))));
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    assert!(matches!(FileJournal::open(&file, options, id("one")), Err(OpenError::Folder { .. })));
}

#[test]
fn what_is_gone_when_an_inspection_comes_to_it_is_not_there() {
    let folder = folder();
    let journal = open(folder.path(), "one");
    fill(&journal, 0..10);
    let seen = inspect(folder.path()).expect("a folder");
    // Listed, and not there.
    symlink("nowhere", folder.path().join("0/0000000099.clicks")).expect("a link");
    symlink("nowhere", folder.path().join("7")).expect("a link");
    fs::write(folder.path().join("8"), "").expect("a file");
    assert_eq!(inspect(folder.path()).expect("a folder").slots[0].bytes, seen.slots[0].bytes);
    assert_eq!(inspect(folder.path()).expect("a folder").slots.len(), 1);
}

#[test]
fn an_inspection_tells_what_waits_and_changes_nothing() {
    let folder = folder();
    let journal = open(folder.path(), "one");
    fill(&journal, 0..100);
    let seen = inspect(folder.path()).expect("a folder");
    assert_eq!(seen.slots.iter().map(|slot| (slot.number, slot.damaged)).collect::<Vec<_>>(), [(0, 0)]);
    assert!((100 * 120..100 * 130).contains(&seen.bytes()), "{seen:?}");
    assert!(seen.writable.is_ok() && seen.fits(SEGMENT) && !seen.fits(u64::MAX));
    journal.append(click(100).borrowed()).expect("still open");
    assert_eq!(drain(&journal), (0..101).collect::<Vec<_>>());
    assert!(inspect(&folder.path().join("nowhere")).is_err());
}
