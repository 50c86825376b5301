use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process;

use rustix::fs::statvfs;

use crate::{segment, slots};

/// How a journal's folder looks from outside.
#[derive(Debug)]
pub struct Inspection {
    /// In the order of their numbers.
    pub slots: Vec<SlotInspection>,
    /// Bytes free on the disk for this process.
    pub free: u64,
    /// Whether a file can be made and written in the folder.
    pub writable: io::Result<()>,
}

/// One slot: what one process has written and nobody has cleared away yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotInspection {
    pub number: u32,
    pub segments: usize,
    /// Bytes of clicks in them. Some may be counted already: a segment goes as a whole.
    pub bytes: u64,
    /// Segments that were set aside because nobody can tell whose they are.
    pub damaged: usize,
}

impl Inspection {
    /// Bytes of clicks in all slots.
    pub fn bytes(&self) -> u64 {
        self.slots.iter().map(|slot| slot.bytes).sum()
    }

    /// Whether there is room on the disk for another segment of this size.
    pub fn fits(&self, segment: u64) -> bool {
        self.free >= segment
    }
}

/// Looks at a journal's folder without taking it; a running process is not disturbed.
pub fn inspect(folder: &Path) -> io::Result<Inspection> {
    let slots = slots::all(folder)?
        .into_iter()
        .filter_map(|(number, dir)| unless_gone(slot(number, &dir)).transpose())
        .collect::<io::Result<_>>()?;
    let disk = statvfs(folder)?;
    Ok(Inspection { slots, free: disk.f_bavail.saturating_mul(disk.f_frsize), writable: try_writing(folder) })
}

fn slot(number: u32, dir: &Path) -> io::Result<SlotInspection> {
    let (mut segments, mut bytes) = (0, 0);
    for number in segment::numbers(dir)?.0 {
        let Some(file) = unless_gone(File::open(segment::path(dir, number)))? else { continue };
        let end = segment::end_of_data(&file, file.metadata()?.len())?;
        segments += 1;
        bytes += end.saturating_sub(segment::HEADER as u64);
    }
    let damaged = fs::read_dir(dir)?
        .filter(|entry| {
            entry.as_ref().is_ok_and(|entry| entry.path().extension() == Some(segment::DAMAGED.as_ref()))
        })
        .count();
    Ok(SlotInspection { number, segments, bytes, damaged })
}

/// A running process may remove a slot or a segment between its listing and its reading; and a file that has the name
/// of a slot is none.
fn unless_gone<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Err(fault) if matches!(fault.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        read => read.map(Some),
    }
}

fn try_writing(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!("probe-{}", process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    let written = file.write_all(b"probe").and_then(|()| file.sync_all());
    fs::remove_file(&path).and(written)
}
