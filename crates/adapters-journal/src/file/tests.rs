//! What a journal does when the system does not answer.

use std::path::Path;
use std::sync::{Barrier, LazyLock};
use std::time::Duration;
use std::{fs, thread};

use lp_analytics::{Click, Facts};
use lp_core::{ClickId, Device, Handle, LinkId, Slug, Timestamp};
use lp_ports::{ClickJournal, JournalId, JournalReader};
use uuid::Uuid;

use super::FileJournal;
use super::calls::Calls;
use super::options::{Durability, JournalOptions};
use crate::segment;

pub(crate) fn click(number: u128) -> Click {
    Click {
        id: ClickId::new(Uuid::from_u128(number)),
        handle: Handle::parse("hello").expect("a handle"),
        link: LinkId::new(Uuid::from_u128(1)),
        slug: Slug::parse("launch").expect("a slug"),
        at: Timestamp::from_millis(0),
        device: Device::Bot,
        visitor: 0,
        referrer: String::new(),
        facts: Facts::default(),
    }
}

pub(crate) fn open(folder: &Path, durability: Durability, calls: Calls) -> FileJournal {
    // A busy disk is no concern of these tests.
    open_with(folder, durability, Duration::from_secs(10), calls)
}

fn open_with(folder: &Path, durability: Durability, patience: Duration, calls: Calls) -> FileJournal {
    let options = JournalOptions { durability, segment: 4_096, patience, ..JournalOptions::default() };
    FileJournal::open_with(folder, options, JournalId("one".to_owned()), calls).expect("a folder")
}

#[test]
fn a_keeper_that_is_stuck_costs_clicks_and_no_more_than_one_wait() {
    static STUCK: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));
    let folder = tempfile::tempdir().expect("a folder");
    // The second segment, which the keeper prepares, is as long in coming as the test likes.
    let create = |dir: &Path, number, size| {
        if number == 2 {
            STUCK.wait();
        }
        segment::create(dir, number, size)
    };
    let patience = JournalOptions::default().patience;
    let journal =
        open_with(folder.path(), Durability::Process, patience, Calls { create, ..Calls::default() });
    let kept = (0..1_000).take_while(|number| journal.append(click(*number).borrowed()).is_ok()).count();
    assert!((1..100).contains(&kept), "one segment: {kept}");
    // Ten thousand waits would take minutes.
    assert!((0..10_000).all(|number| journal.append(click(number).borrowed()).is_err()));
    assert_eq!(journal.standing().lost, 10_001);
    STUCK.wait();
    while journal.append(click(5_000).borrowed()).is_err() {
        thread::yield_now();
    }
    let stretch = journal.read(1_000).expect("readable").expect("clicks");
    assert_eq!(stretch.clicks.len(), kept + 1);
    assert_eq!(stretch.clicks.last(), Some(&click(5_000)));
}

#[test]
fn an_append_never_makes_a_segment() {
    let folder = tempfile::tempdir().expect("a folder");
    let create = |dir: &Path, number, size| {
        let appends = thread::current().name().is_some_and(|name| name == "appends");
        assert!(!appends, "this may take as long as the disk likes");
        segment::create(dir, number, size)
    };
    let journal = open(folder.path(), Durability::Process, Calls { create, ..Calls::default() });
    thread::scope(|scope| {
        let append = || {
            let kept = (0..1_000).filter(|number| journal.append(click(*number).borrowed()).is_ok()).count();
            assert!(kept > 0);
        };
        let appends = thread::Builder::new().name("appends".to_owned());
        appends.spawn_scoped(scope, append).expect("a thread").join().expect("no segment made");
    });
}

#[test]
fn dropping_does_not_wait_for_a_disk_that_does_not_answer() {
    static ANSWERS: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));
    let folder = tempfile::tempdir().expect("a folder");
    let sync = |_: &fs::File| {
        ANSWERS.wait();
        Ok(())
    };
    let journal = open(folder.path(), Durability::Disk, Calls { sync, ..Calls::default() });
    journal.append(click(1).borrowed()).expect("room");
    drop(journal);
    let next = open(folder.path(), Durability::Process, Calls::default());
    assert!(next.shared.slot.dir.ends_with("1"), "its slot is not free before its threads are through");
    ANSWERS.wait();
}
