//! The memory journal: the contract of the port, and what is its own.

mod contract;

use lp_adapters_journal::MemoryJournal;
use lp_ports::{ClickJournal, JournalFull, JournalId, JournalReader};
use proptest::prelude::*;

use crate::contract::{click, numbers};

fn journal(capacity: usize) -> MemoryJournal {
    MemoryJournal::new(JournalId("one".to_owned()), capacity)
}

#[test]
fn a_new_journal_is_empty_and_starts_at_zero() {
    contract::starts_empty(&journal(10));
}

#[test]
fn clicks_are_read_in_the_order_of_their_appending() {
    contract::keeps_the_order(&journal(10));
}

#[test]
fn a_batch_is_the_same_until_it_is_acknowledged() {
    contract::repeats_until_acknowledged(&journal(10));
}

#[test]
fn acknowledging_lets_go_of_what_lies_before_and_of_nothing_else() {
    contract::acknowledges_a_part(&journal(10));
}

#[test]
fn acknowledging_a_position_twice_or_beyond_the_end_changes_nothing() {
    contract::acknowledges_any_position(&journal(10));
}

#[test]
fn concurrent_writers_lose_nothing_and_keep_their_own_order() {
    contract::serves_four_writers(&journal(100_000));
}

#[test]
fn it_bears_the_id_it_was_given() {
    assert_eq!(journal(1).id(), JournalId("one".to_owned()));
}

#[test]
fn a_full_journal_refuses_and_counts_the_loss() {
    let journal = journal(2);
    for number in 0..5 {
        let kept = journal.append(click(number));
        assert_eq!(kept, if number < 2 { Ok(()) } else { Err(JournalFull) });
    }
    assert_eq!(journal.lost(), 3);
    assert_eq!(numbers(&journal.read(10)), [0, 1]);
}

#[test]
fn a_click_that_was_read_but_not_acknowledged_still_takes_room() {
    let journal = journal(2);
    journal.append(click(0)).expect("room");
    journal.append(click(1)).expect("room");
    let batch = journal.read(1);
    assert_eq!(journal.append(click(2)), Err(JournalFull));
    journal.acknowledge(batch.upto);
    journal.append(click(3)).expect("room again");
    let rest = journal.read(10);
    assert_eq!((numbers(&rest), rest.upto), (vec![1, 3], 3));
}

#[test]
fn a_journal_without_room_loses_everything() {
    let journal = journal(0);
    assert_eq!(journal.append(click(0)), Err(JournalFull));
    assert_eq!((journal.read(1).clicks.len(), journal.lost()), (0, 1));
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
    /// Against a plain list: which clicks were kept, and how many are acknowledged.
    #[test]
    fn any_sequence_of_steps_reads_as_a_list_would(steps in prop::collection::vec(step(), 0..80)) {
        const CAPACITY: usize = 8;
        let journal = journal(CAPACITY);
        let (mut kept, mut done, mut lost): (Vec<u128>, usize, u64) = (Vec::new(), 0, 0);
        for (number, step) in (0_u128..).zip(steps) {
            match step {
                Step::Append if kept.len() - done < CAPACITY => {
                    prop_assert_eq!(journal.append(click(number)), Ok(()));
                    kept.push(number);
                }
                Step::Append => {
                    prop_assert_eq!(journal.append(click(number)), Err(JournalFull));
                    lost += 1;
                }
                Step::Read(max) => {
                    let batch = journal.read(max);
                    let end = kept.len().min(done + max);
                    prop_assert_eq!(numbers(&batch), kept[done..end].to_vec());
                    prop_assert_eq!(batch.upto, u64::try_from(end).expect("small"));
                }
                Step::Acknowledge(upto) => {
                    journal.acknowledge(upto);
                    done = done.max(kept.len().min(usize::try_from(upto).expect("small")));
                }
            }
            prop_assert_eq!(journal.lost(), lost);
        }
    }
}
