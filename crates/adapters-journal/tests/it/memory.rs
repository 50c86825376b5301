//! The journal that lasts as long as the process.

use lp_adapters_journal::MemoryJournal;
use lp_ports::{ClickJournal, JournalId, JournalReader};
use proptest::prelude::*;

use crate::contract::{self, click, fill, next, numbers, some};

fn id() -> JournalId {
    JournalId("one".to_owned())
}

fn journal(capacity: usize) -> MemoryJournal {
    MemoryJournal::new(id(), capacity)
}

#[test]
fn a_new_journal_in_memory_is_empty() {
    contract::starts_empty(&journal(10));
}

#[test]
fn clicks_in_memory_are_read_in_the_order_of_their_appending() {
    contract::keeps_the_order(&journal(10), &id());
}

#[test]
fn a_stretch_in_memory_is_the_same_until_it_is_acknowledged() {
    contract::repeats_until_acknowledged(&journal(10));
}

#[test]
fn acknowledging_in_memory_lets_go_of_what_lies_before_and_of_nothing_else() {
    contract::acknowledges_a_part(&journal(10));
}

#[test]
fn reading_in_memory_goes_on_at_any_position() {
    contract::goes_on_at_any_position(&journal(10));
    contract::goes_on_beyond_its_end(&journal(10));
}

#[test]
fn concurrent_writers_in_memory_lose_nothing_and_keep_their_own_order() {
    contract::serves_four_writers(&journal(100_000));
}

#[test]
fn a_full_journal_in_memory_refuses_and_counts_the_loss() {
    let journal = journal(2);
    for number in 0..5 {
        assert_eq!(journal.append(click(number).borrowed()).is_ok(), number < 2);
    }
    let standing = journal.standing();
    assert_eq!((standing.lost, standing.held, standing.capacity), (3, 2, 2));
    assert_eq!(numbers(&some(&journal, 10)), [0, 1]);
}

#[test]
fn a_click_that_was_read_but_not_acknowledged_still_takes_room() {
    let journal = journal(2);
    fill(&journal, 0..2);
    let stretch = some(&journal, 1);
    assert!(journal.append(click(2).borrowed()).is_err());
    journal.acknowledge(&id(), stretch.upto);
    fill(&journal, [3]);
    let rest = some(&journal, 10);
    assert_eq!((numbers(&rest), rest.upto), (vec![1, 3], 3));
}

#[test]
fn a_journal_without_room_loses_everything() {
    let journal = journal(0);
    assert!(journal.append(click(0).borrowed()).is_err());
    assert_eq!((next(&journal, 1), journal.standing().lost), (None, 1));
}

#[derive(Debug, Clone)]
enum Step {
    Append,
    Read(usize),
    Acknowledge(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Append),
        1 => (0_usize..12).prop_map(Step::Read),
        1 => (0_u64..40).prop_map(Step::Acknowledge),
    ]
}

proptest! {
    /// Against a plain list: which clicks were kept, how many are acknowledged, and where reading goes on.
    #[test]
    fn any_sequence_of_steps_reads_as_a_list_would(steps in prop::collection::vec(step(), 0..80)) {
        const CAPACITY: usize = 8;
        let journal = journal(CAPACITY);
        let (mut kept, mut done, mut from, mut lost): (Vec<u128>, usize, u64, u64) = (Vec::new(), 0, 0, 0);
        for (number, step) in (0_u128..).zip(steps) {
            match step {
                Step::Append => {
                    let room = kept.len() - done < CAPACITY;
                    prop_assert_eq!(journal.append(click(number).borrowed()).is_ok(), room);
                    if room {
                        kept.push(number);
                    } else {
                        lost += 1;
                    }
                }
                Step::Read(max) => {
                    let end = kept.len().min(done + max);
                    let read = next(&journal, max);
                    prop_assert_eq!(read.is_some(), end > done);
                    if let Some(stretch) = read {
                        prop_assert_eq!(numbers(&stretch), kept[done..end].to_vec());
                        prop_assert_eq!((stretch.from, stretch.upto), (from, u64::try_from(end).expect("small")));
                    }
                }
                Step::Acknowledge(upto) => {
                    journal.acknowledge(&id(), upto);
                    done = done.max(kept.len().min(usize::try_from(upto).expect("small")));
                    from = upto;
                }
            }
            prop_assert_eq!(journal.standing().lost, lost);
        }
    }
}
