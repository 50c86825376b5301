//! A journal's folder as a kill, a power cut, a broken disk or somebody's hand may leave it.
//!
//! The input is a list of changes to a whole journal of three segments (`segments/`, which `cargo run --example segments`
//! makes): see [`Change`]. What was not touched must be read, in its order and once; what was never written must not.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use lp_adapters_journal::{Durability, FileJournal, JournalOptions, inspect};
use lp_analytics::{Click, Facts};
use lp_core::{ClickId, Device, Handle, LinkId, Slug, Timestamp};
use lp_ports::{ClickJournal, JournalId, JournalReader, Stretch};
use tempfile::TempDir;
use uuid::Uuid;

/// Bytes of a segment.
pub const SEGMENT: usize = 4_096;
/// How many clicks the whole journal holds.
pub const CLICKS: u128 = 100;
const HEADER: usize = 64;
/// What the whole journal is called.
pub const ID: &str = "one";

const SEGMENTS: [&[u8]; 3] = [
    include_bytes!("../segments/0000000001.clicks"),
    include_bytes!("../segments/0000000002.clicks"),
    include_bytes!("../segments/0000000003.clicks"),
];

/// Where the record of each click lies, with its padding.
static RECORDS: LazyLock<Vec<Range<usize>>> = LazyLock::new(|| {
    let folder = Folder::of(&SEGMENTS.map(|bytes| Some(bytes.to_vec())), &[]);
    let journal = folder.open("two");
    let mut records: Vec<Range<usize>> = Vec::new();
    while let Some(stretch) = next(&journal, 1) {
        let end = usize::try_from(stretch.upto).expect("small");
        let last = records.last().map_or(0, |record| record.end);
        let start = if last / SEGMENT == (end - 1) / SEGMENT && last > 0 {
            last
        } else {
            (end - 1) / SEGMENT * SEGMENT + HEADER
        };
        records.push(start..end);
        assert_eq!(stretch.clicks, [click(records.len() as u128 - 1)]);
        journal.acknowledge(&stretch.journal, stretch.upto);
    }
    assert_eq!(records.len() as u128, CLICKS, "segments/ holds the whole journal");
    records
});

/// One step of the input: a byte each for what and which segment, two for where, one for how much, and the bytes.
struct Change<'d> {
    kind: u8,
    segment: usize,
    at: usize,
    bytes: &'d [u8],
}

/// The segments after the changes.
struct Changed {
    files: [Option<Vec<u8>>; 3],
    /// Files beside them: names and contents.
    others: Vec<(String, Vec<u8>)>,
    /// Whether bytes were written that could make up a record.
    written: bool,
}

/// A folder with one slot, in memory where there is some.
struct Folder(TempDir);

pub fn check(data: &[u8]) {
    let Some((&how, changes)) = data.split_first() else { return };
    let changed = change(changes);
    let folder = Folder::of(&changed.files, &changed.others);
    let journal = folder.open("two");
    let read = drain(&journal, usize::from(how).max(1));
    if !changed.is_forged() {
        judge(&changed, &read);
        let whole = changed.files.iter().zip(SEGMENTS).all(|(file, whole)| file.as_deref() == Some(whole));
        assert!(!whole || !changed.others.is_empty() || journal.standing().damaged == 0);
    }
    goes_on(&journal);
    drop(journal);
    let journal = folder.open("three");
    assert_eq!(next(&journal, 10), None, "what was acknowledged is gone, and what is damaged stays aside");
    goes_on(&journal);
}

/// A click that is known by its number.
pub fn click(number: u128) -> Click {
    let referrers = ["", "news.example", "a-rather-long-name-of-a-site.example.org"];
    let slugs = ["a", "launch", "a-slug-that-has-some-length"];
    let turn = usize::try_from(number % 3).unwrap_or(0);
    Click {
        id: ClickId::new(Uuid::from_u128(number)),
        handle: Handle::parse("hello").expect("a handle"),
        link: LinkId::new(Uuid::from_u128(number / 7)),
        slug: Slug::parse(slugs[turn]).expect("a slug"),
        at: Timestamp::from_millis(1_767_225_600_000 + i64::try_from(number).unwrap_or(0)),
        device: Device::ALL[usize::try_from(number % 5).unwrap_or(0)],
        visitor: 7,
        referrer: referrers[usize::try_from(number / 3 % 3).unwrap_or(0)].to_owned(),
        facts: Facts::default(),
    }
}

/// Small files, so that a few clicks need several of them.
pub fn open(folder: &Path, id: &str) -> FileJournal {
    let options = JournalOptions {
        durability: Durability::Process,
        capacity: 1 << 20,
        segment: SEGMENT as u64,
        patience: Duration::from_secs(10),
    };
    FileJournal::open(folder, options, JournalId(id.to_owned())).expect("a folder to write in")
}

fn change(mut data: &[u8]) -> Changed {
    let mut changed =
        Changed { files: SEGMENTS.map(|bytes| Some(bytes.to_vec())), others: Vec::new(), written: false };
    while let [kind, segment, low, high, length, rest @ ..] = data {
        let (bytes, behind) = rest.split_at(usize::from(*length).min(rest.len()));
        let at = usize::from(*low) | usize::from(*high) << 8;
        changed.apply(&Change { kind: kind % 8, segment: usize::from(*segment) % 3, at, bytes });
        data = behind;
    }
    changed
}

impl Changed {
    fn apply(&mut self, change: &Change<'_>) {
        let Change { kind, segment, at, bytes } = *change;
        if kind == 6 {
            self.others.push((name(at, bytes), bytes.to_vec()));
            self.written |= bytes.len() >= HEADER;
            return;
        }
        let slot = &mut self.files[segment];
        let Some(file) = slot else { return };
        let from = at.min(file.len());
        let there = from..(from + bytes.len()).min(file.len());
        match kind {
            0 => file[there].iter_mut().zip(bytes).for_each(|(to, by)| *to ^= by),
            1 => file[there].iter_mut().zip(bytes).for_each(|(to, by)| *to = *by),
            2 => file.truncate(at),
            3 => file.extend(bytes),
            4 => file[there].fill(0),
            // A stretch of the file strays to another place.
            5 if file.len() > HEADER => {
                let end = (HEADER + 8 * bytes.len()).min(file.len());
                let to = from.min(file.len() - (end - HEADER));
                file.copy_within(HEADER..end, to);
            }
            5 => {}
            _ => *slot = None,
        }
        self.written |= matches!(kind, 0 | 1 | 3) && bytes.len() >= 4;
    }

    /// Whether a changed or added file has a beginning with a right checksum: the journal takes it, and may.
    fn is_forged(&self) -> bool {
        let added = self.others.iter().any(|(_, bytes)| begins(bytes));
        let changed = self.files.iter().zip(SEGMENTS).any(|(file, whole)| {
            file.as_ref().is_some_and(|file| begins(file) && file[..HEADER] != whole[..HEADER])
        });
        added || changed
    }

    /// Whether a record lies there as it was written.
    fn keeps(&self, record: &Range<usize>) -> bool {
        let segment = record.start / SEGMENT;
        let within = record.start % SEGMENT..record.end - segment * SEGMENT;
        let same = |file: &Vec<u8>, part: Range<usize>| file.get(part.clone()) == SEGMENTS[segment].get(part);
        self.files[segment].as_ref().is_some_and(|file| same(file, 0..HEADER) && same(file, within))
    }
}

/// Whether the checksum of a segment's header is right.
fn begins(file: &[u8]) -> bool {
    let header = file.first_chunk::<HEADER>().and_then(|header| header.split_last_chunk());
    header.is_some_and(|(content, sum)| crc32fast::hash(content) == u32::from_le_bytes(*sum))
}

/// A file's name out of the bytes, where they make one, else a number.
fn name(at: usize, bytes: &[u8]) -> String {
    let own = bytes.iter().take_while(|byte| byte.is_ascii_digit()).take(24).map(|byte| char::from(*byte));
    let own: String = own.collect();
    if own.is_empty() { format!("{:010}.clicks", at + 4) } else { format!("{own}.clicks") }
}

impl Folder {
    fn of(files: &[Option<Vec<u8>>; 3], others: &[(String, Vec<u8>)]) -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let folder = Self(folder.expect("a folder"));
        fs::create_dir(folder.slot()).expect("a slot");
        for (name, bytes) in others {
            fs::write(folder.slot().join(name), bytes).expect("written");
        }
        for (number, bytes) in (1..).zip(files) {
            if let Some(bytes) = bytes {
                fs::write(folder.file(number), bytes).expect("written");
            }
        }
        folder
    }

    fn slot(&self) -> PathBuf {
        self.0.path().join("0")
    }

    fn file(&self, number: usize) -> PathBuf {
        self.slot().join(format!("{number:010}.clicks"))
    }

    fn open(&self, id: &str) -> FileJournal {
        inspect(self.0.path()).expect("a folder to look at");
        open(self.0.path(), id)
    }
}

/// Reads and acknowledges all there is; what is not acknowledged is read again.
fn drain(journal: &FileJournal, max: usize) -> Vec<Click> {
    let mut read = Vec::new();
    while let Some(stretch) = next(journal, max) {
        assert_eq!(next(journal, max).as_ref(), Some(&stretch));
        assert!(!stretch.clicks.is_empty() && stretch.clicks.len() <= max && stretch.from < stretch.upto);
        journal.acknowledge(&stretch.journal, stretch.upto);
        if stretch.journal.0 == ID {
            read.extend(stretch.clicks);
        }
    }
    read
}

fn next(journal: &FileJournal, max: usize) -> Option<Stretch> {
    journal.read(max).expect("a readable journal")
}

fn judge(changed: &Changed, read: &[Click]) {
    let written = |read: &&Click| {
        (0..CLICKS).contains(&read.id.uuid().as_u128()) && **read == click(read.id.uuid().as_u128())
    };
    let known: Vec<u128> = read.iter().filter(written).map(|click| click.id.uuid().as_u128()).collect();
    assert!(known.windows(2).all(|pair| pair[0] < pair[1]), "in order and once: {known:?}");
    assert!(changed.written || known.len() == read.len(), "a click that nobody has written");
    let lost =
        RECORDS.iter().zip(0..).find(|(record, number)| changed.keeps(record) && !known.contains(number));
    assert!(lost.is_none(), "a whole record is not read: {lost:?}");
}

/// Whatever lies there, a new click is kept and read.
fn goes_on(journal: &FileJournal) {
    let new = click(CLICKS + 1);
    journal.append(new.borrowed()).expect("room for a click");
    let stretch = next(journal, 10).expect("the new click");
    assert_eq!(stretch.clicks, [new]);
    journal.acknowledge(&stretch.journal, stretch.upto);
    assert_eq!(next(journal, 10), None);
}
