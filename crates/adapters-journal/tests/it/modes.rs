//! The durability modes `disk` and `memory`.

use std::thread;

use lp_adapters_journal::Durability;
use lp_ports::{ClickJournal, JournalReader, Kept};
use tokio::runtime::Builder;

use crate::contract::{self, click, drain, fill, next};
use crate::folder::{PER_SEGMENT, SEGMENT, folder, id, open, open_with};

#[test]
fn in_mode_process_a_click_is_kept_at_once() {
    let folder = folder();
    let journal = open(folder.path(), "one");
    assert!(matches!(journal.append(click(1).borrowed()), Ok(Kept::Now)));
}

#[test]
fn in_mode_disk_every_waiter_is_told_that_its_click_is_durable() {
    let folder = folder();
    let journal = open_with(folder.path(), "one", Durability::Disk, 1 << 30);
    let waiting: Vec<_> =
        (0..3 * PER_SEGMENT).map(|number| journal.append(click(number).borrowed()).expect("room")).collect();
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    for kept in waiting {
        let Kept::Once(settling) = kept else { panic!("nothing is on a disk at once") };
        assert!(runtime.block_on(settling));
    }
    journal.flush().expect("a disk");
    assert_eq!(drain(&journal), (0..3 * PER_SEGMENT).collect::<Vec<_>>());
}

#[test]
fn in_mode_disk_those_who_wait_at_the_end_are_told_too() {
    let folder = folder();
    let journal = open_with(folder.path(), "one", Durability::Disk, 1 << 30);
    let kept = journal.append(click(1).borrowed()).expect("room");
    drop(journal);
    let Kept::Once(settling) = kept else { panic!("nothing is on a disk at once") };
    assert!(Builder::new_current_thread().build().expect("a runtime").block_on(settling));
}

#[test]
fn in_mode_disk_writers_lose_nothing() {
    let folder = folder();
    contract::serves_four_writers(&open_with(folder.path(), "one", Durability::Disk, 1 << 30));
}

#[test]
fn in_mode_memory_clicks_are_read_once_they_are_written_behind() {
    let folder = folder();
    let journal = open_with(folder.path(), "one", Durability::Memory, 1 << 30);
    assert!(matches!(journal.append(click(0).borrowed()), Ok(Kept::Now)));
    while next(&journal, 1).is_none() {
        thread::yield_now();
    }
    fill(&journal, 1..10 * PER_SEGMENT);
    journal.flush().expect("a disk");
    assert_eq!(drain(&journal), (0..10 * PER_SEGMENT).collect::<Vec<_>>());
}

#[test]
fn in_mode_memory_writers_lose_nothing() {
    let folder = folder();
    contract::serves_four_writers(&open_with(folder.path(), "one", Durability::Memory, 1 << 30));
}

#[test]
fn in_mode_memory_an_orderly_end_writes_what_is_held() {
    let folder = folder();
    let journal = open_with(folder.path(), "one", Durability::Memory, 8 * SEGMENT);
    fill(&journal, 0..100);
    drop(journal);
    let journal = open(folder.path(), "two");
    let stretch = next(&journal, 1).expect("clicks");
    assert_eq!(stretch.journal, id("one"));
    assert_eq!(drain(&journal), (0..100).collect::<Vec<_>>());
    assert_eq!(journal.standing().damaged, 0);
}
