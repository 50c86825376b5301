//! What is left of a journal whose files were cut or changed.

use std::fs;
use std::ops::Range;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::LazyLock;

use lp_ports::{JournalId, JournalReader};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::contract::{drain, fill, next, numbers, persist};
use crate::folder::{PER_SEGMENT, SEGMENT, files, folder, open};

/// A whole journal of three segments, the last of them not full.
struct Whole {
    files: Vec<(PathBuf, Vec<u8>)>,
    /// Where the record of each click lies, from its head to its padding.
    records: Vec<Range<u64>>,
}

const CLICKS: u128 = 2 * PER_SEGMENT + 20;
const HEADER: u64 = 64;

static WHOLE: LazyLock<Whole> = LazyLock::new(|| {
    let folder = folder();
    let slot = folder.path().join("0");
    let journal = open(folder.path(), "one");
    fill(&journal, 0..CLICKS);
    drop(journal);
    let files = files(&slot)
        .into_iter()
        .map(|file| {
            let bytes = fs::read(&file).expect("a file");
            (PathBuf::from(file.file_name().expect("a name")), bytes)
        })
        .collect();
    let journal = open(folder.path(), "two");
    let mut records = Vec::new();
    while let Some(stretch) = next(&journal, 1).filter(|stretch| stretch.journal.0 == "one") {
        let start = stretch.from.next_multiple_of(SEGMENT).max(HEADER);
        let follows = stretch.from % SEGMENT != 0 && stretch.upto / SEGMENT == stretch.from / SEGMENT;
        let start = if follows { stretch.from } else { start / SEGMENT * SEGMENT + HEADER };
        records.push(start..stretch.upto);
        journal.acknowledge(&stretch.journal, stretch.upto);
    }
    assert_eq!(records.len(), usize::try_from(CLICKS).expect("few"));
    Whole { files, records }
});

impl Whole {
    /// The files in a new folder, one of them changed.
    fn put(&self, segment: usize, change: impl FnOnce(&mut Vec<u8>)) -> TempDir {
        let folder = folder();
        let slot = folder.path().join("0");
        fs::create_dir(&slot).expect("a slot");
        let mut files = self.files.clone();
        change(&mut files[segment].1);
        for (name, bytes) in files {
            fs::write(slot.join(name), bytes).expect("written");
        }
        folder
    }

    /// The clicks whose records lie wholly where this holds.
    fn clicks(&self, whole: impl Fn(&Range<u64>) -> bool) -> Vec<u128> {
        (0..).zip(&self.records).filter(|(_, record)| whole(record)).map(|(number, _)| number).collect()
    }
}

#[test]
fn an_unchanged_journal_is_read_whole_and_without_damage() {
    let whole = &*WHOLE;
    assert_eq!(whole.files.len(), 3);
    let folder = whole.put(0, |_| ());
    let journal = open(folder.path(), "two");
    assert_eq!(drain(&journal), (0..CLICKS).collect::<Vec<_>>());
    assert_eq!(journal.standing().damaged, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn of_a_cut_file_every_whole_record_is_kept(segment in 0..3_usize, length in 0..SEGMENT) {
        let whole = &*WHOLE;
        let folder = whole.put(segment, |bytes| bytes.truncate(usize::try_from(length).expect("small")));
        let journal = open(folder.path(), "two");
        let base = segment as u64 * SEGMENT;
        let cut = base + length..base + SEGMENT;
        let kept = whole.clicks(|record| {
            let after_the_cut = record.start >= cut.end || record.end <= base;
            after_the_cut || (length >= HEADER && record.end <= cut.start)
        });
        // Padding that was cut off is no loss.
        let padded = whole.clicks(|record| {
            let after_the_cut = record.start >= cut.end || record.end <= base;
            after_the_cut || (length >= HEADER && record.end < cut.start + 8)
        });
        let read = drain(&journal);
        prop_assert!(read == kept || read == padded, "{:?}", read);
        prop_assert!(journal.standing().damaged <= 1);
    }

    #[test]
    fn of_a_file_with_a_changed_byte_every_other_record_is_kept(
        segment in 0..3_usize, offset in 0..SEGMENT, by in 1_u8..,
    ) {
        let whole = &*WHOLE;
        let at = usize::try_from(offset).expect("small");
        let folder = whole.put(segment, |bytes| bytes[at] ^= by);
        let journal = open(folder.path(), "two");
        let base = segment as u64 * SEGMENT;
        let changed = base + offset;
        let lost = |record: &Range<u64>| {
            if offset < HEADER { record.start / SEGMENT == segment as u64 } else { record.contains(&changed) }
        };
        let others = whole.clicks(|record| !lost(record));
        let read = drain(&journal);
        // A changed byte of padding is no loss.
        prop_assert!(read == others || read == whole.clicks(|_| true), "{:?}", read);
        let set_aside = fs::exists(folder.path().join(format!("0/{}", damaged(&whole.files[segment].0)))).expect("readable");
        prop_assert_eq!(set_aside, offset < HEADER);
        let damaged = journal.standing().damaged;
        prop_assert!(damaged <= 1 && (offset < HEADER || read.len() == whole.records.len() || damaged == 1));
    }

    #[test]
    fn a_file_of_noise_is_no_click_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..6_000), headed: bool) {
        let whole = &*WHOLE;
        let folder = whole.put(1, |file| {
            file.truncate(if headed { 64 } else { 0 });
            file.extend(bytes);
        });
        let others = whole.clicks(|record| record.start / SEGMENT != 1);
        prop_assert_eq!(drain(&open(folder.path(), "two")), others);
    }
}

fn damaged(name: &std::path::Path) -> String {
    name.with_extension("damaged").display().to_string()
}

#[test]
fn damage_is_counted_once_however_often_it_is_read() {
    let whole = &*WHOLE;
    let folder = whole.put(0, |bytes| bytes[400] ^= 1);
    let journal = open(folder.path(), "two");
    let first = next(&journal, 30).expect("clicks");
    assert_eq!(next(&journal, 30).as_ref(), Some(&first));
    assert_eq!(journal.standing().damaged, 1);
    assert_eq!(numbers(&first).len(), 30);
}

#[test]
fn a_file_that_is_gone_costs_its_own_clicks_only() {
    let whole = &*WHOLE;
    let folder = whole.put(0, |_| ());
    let journal = open(folder.path(), "two");
    fs::remove_file(folder.path().join("0").join(&whole.files[1].0)).expect("a file");
    assert_eq!(drain(&journal), whole.clicks(|record| record.start / SEGMENT != 1));
    assert_eq!(journal.standing().damaged, 1);
}

#[test]
fn a_file_that_only_reads_like_a_segment_costs_no_clicks_of_the_one_it_reads_like() {
    let whole = &*WHOLE;
    let folder = whole.put(0, |_| ());
    let number: u64 =
        whole.files[2].0.file_stem().and_then(|stem| stem.to_str()?.parse().ok()).expect("a number");
    let stray = folder.path().join(format!("0/{number}.clicks"));
    fs::write(&stray, "somebody's").expect("written");
    let journal = open(folder.path(), "two");
    // Letting go of what is read must not take the rest of the last segment with it.
    let mut read = Vec::new();
    while let Some(stretch) = next(&journal, 5) {
        read.extend(numbers(&stretch));
        journal.acknowledge(&stretch.journal, stretch.upto);
    }
    assert_eq!(read, whole.clicks(|_| true));
    assert!(stray.exists());
}

#[test]
fn a_file_that_gets_shorter_while_it_is_read_costs_its_end_only() {
    let whole = &*WHOLE;
    for (segment, length) in [(0, 0), (0, 2_000), (1, 30), (1, 2_001), (2, 1_000)] {
        let folder = whole.put(0, |_| ());
        let journal = open(folder.path(), "two");
        fill(&journal, CLICKS..CLICKS + 100);
        let file = folder.path().join("0").join(&whole.files[segment].0);
        let shortened = fs::OpenOptions::new().write(true).open(&file).expect("a file");
        shortened.set_len(length).expect("shortened");
        let base = segment as u64 * SEGMENT;
        let cut = base + length..base + SEGMENT;
        let mut kept = whole.clicks(|record| record.end <= cut.start || record.start >= cut.end);
        kept.extend(CLICKS..CLICKS + 100);
        let read = persist(&journal);
        let of_two =
            |read: &[u128]| read.iter().copied().filter(|number| *number < CLICKS).collect::<Vec<_>>();
        assert_eq!(of_two(&read), of_two(&kept), "{segment} {length}");
        assert_eq!(read.len(), kept.len());
        assert_eq!(journal.standing().damaged, 1);
        assert!(!file.exists() && file.with_extension("damaged").exists());
    }
}

#[test]
fn a_file_on_a_broken_part_of_the_disk_is_set_aside_and_the_others_are_read() {
    let whole = &*WHOLE;
    let folder = whole.put(0, |_| ());
    let journal = open(folder.path(), "two");
    fill(&journal, [CLICKS]);
    let file = folder.path().join("0").join(&whole.files[1].0);
    fs::remove_file(&file).expect("a file");
    // Nothing is mapped at its first pages, so that reading them is an input or output error.
    symlink("/proc/self/mem", &file).expect("a link");
    let mut kept = whole.clicks(|record| record.start / SEGMENT != 1);
    kept.push(CLICKS);
    kept.sort_unstable();
    let mut read = persist(&journal);
    read.sort_unstable();
    assert_eq!(read, kept);
    assert_eq!(journal.standing().damaged, 1);
    assert!(file.with_extension("damaged").is_symlink());
}

#[test]
fn a_journal_that_lies_in_two_slots_is_read_twice_and_acknowledged_twice() {
    let whole = &*WHOLE;
    let folder = whole.put(0, |_| ());
    let copy = folder.path().join("1");
    fs::create_dir(&copy).expect("a slot");
    for (name, bytes) in &whole.files {
        fs::write(copy.join(name), bytes).expect("written");
    }
    let journal = open(folder.path(), "two");
    let mut ends = Vec::new();
    while let Some(stretch) = next(&journal, 1_000) {
        assert_eq!((&stretch.journal, stretch.from), (&JournalId("one".to_owned()), 0));
        ends.push(stretch.upto);
        journal.acknowledge(&stretch.journal, stretch.upto);
    }
    assert_eq!(ends.len(), 2);
    assert_eq!(ends[0], ends[1]);
}
