//! The reader's end: files are read at positions, so that writers never wait for it.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::mem;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use lp_analytics::Click;
use lp_ports::{JournalId, Stretch};
use rustix::io::Errno;
use tracing::error;

use super::shelf::{Segment, Shelf};
use crate::record::{self, ALIGN};
use crate::segment::{self, HEADER};
use crate::slots::Slot;

const CHUNK: u64 = 256 * 1024;
/// How often in a row something is met before it counts as lasting.
pub(crate) const TRIES: u32 = 3;

/// One journal on its way out.
pub(crate) struct Track {
    pub(crate) id: JournalId,
    pub(crate) shelf: Arc<Shelf>,
    /// Held as long as there is something left in it.
    pub(crate) slot: Arc<Slot>,
    /// What was acknowledged last.
    from: u64,
    /// Where reading begins: there, or nearer to the first record behind it.
    cursor: u64,
    /// Damage before this position is counted already.
    examined: u64,
    /// How many reads in a row have failed.
    pub(crate) failures: u32,
    window: Window,
}

/// What reading came to besides the clicks.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) damaged: u64,
    /// Bytes of files that are gone.
    pub(crate) freed: u64,
}

impl Track {
    pub(crate) fn new(id: JournalId, shelf: Arc<Shelf>, slot: Arc<Slot>) -> Self {
        let from = shelf.first().unwrap_or(0);
        Self { id, shelf, slot, from, cursor: from, examined: 0, failures: 0, window: Window::default() }
    }

    /// The next clicks, of those that end at `committed` at the latest. What lies before a place that cannot be read is
    /// given out first; a fault that lasts costs the segment it lies in, and no other.
    pub(crate) fn read(
        &mut self,
        max: usize,
        committed: u64,
        found: &mut Found,
    ) -> io::Result<Option<Stretch>> {
        let mut taken = Taken { clicks: Vec::new(), upto: 0 };
        let mut at = self.cursor;
        while taken.clicks.len() < max {
            let Some(segment) = self.shelf.locate(at) else { break };
            let written = committed.saturating_sub(segment.base);
            let end = segment.end.unwrap_or(segment.size).min(written);
            let offset = at.saturating_sub(segment.base).max(HEADER as u64).next_multiple_of(ALIGN as u64);
            let offset = match self.read_segment(segment, offset..end, max, &mut taken, found) {
                Ok(offset) => offset,
                // The next read meets it again.
                Err(_) if !taken.clicks.is_empty() => break,
                Err(fault) => {
                    self.meet(segment, fault, found)?;
                    continue;
                }
            };
            at = segment.base.saturating_add(offset);
            if offset >= end && taken.clicks.len() < max {
                // Behind the last record is nothing but the next segment, where writing has gone on.
                if segment.end.is_none_or(|end| end > written) {
                    break;
                }
                at = segment.base.saturating_add(segment.size);
            }
            if taken.clicks.is_empty() {
                self.cursor = at;
            }
        }
        self.failures = 0;
        let Taken { clicks, upto } = taken;
        let some = !clicks.is_empty();
        Ok(some.then(|| Stretch { journal: self.id.clone(), from: self.from, upto, clicks }))
    }

    /// Goes on at a position; says how many bytes of files that freed.
    pub(crate) fn seek(&mut self, upto: u64, committed: u64) -> u64 {
        self.from = upto;
        self.cursor = upto.min(committed);
        let freed = self.shelf.remove_before(self.cursor);
        if freed > 0 {
            // An open file would keep its room on the disk.
            self.window = Window::default();
        }
        freed
    }

    /// Where the next read begins.
    pub(crate) fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Bytes of clicks that are not acknowledged, in segments that are not written any more.
    pub(crate) fn held(&self) -> u64 {
        self.shelf.held_after(self.cursor)
    }

    /// Passes over a segment that will not be read, which is never one that is being written; else hands back the fault.
    fn meet(&mut self, segment: Segment, fault: io::Error, found: &mut Found) -> io::Result<()> {
        self.window = Window::default();
        self.failures = self.failures.saturating_add(1);
        let dir = &self.shelf.dir;
        let file = segment::path(dir, segment.number);
        let sealed = segment.end.is_some();
        // Not where the whole folder is away: that may come back.
        if sealed && fault.kind() == ErrorKind::NotFound && dir.is_dir() {
            error!(journal.file = %file.display(), "a file of the click journal is gone, and its clicks with it");
        } else if sealed && self.failures >= TRIES && is_damage(&fault) {
            // Where that fails, too, the next start tries it again.
            let aside = segment::set_aside(dir, segment.number).is_ok();
            error!(error.source = %fault, journal.file = %file.display(), journal.set_aside = aside, "a file of the click journal cannot be read to its end; the clicks in the rest of it are not counted");
        } else {
            return Err(fault);
        }
        self.failures = 0;
        found.damaged += 1;
        found.freed += self.shelf.forget(segment.number);
        Ok(())
    }

    /// Takes the records that lie within these offsets; says how far it came.
    ///
    /// What is no record is stepped over until there is one again. The system hands out zeros where nothing was
    /// written, so zeros are nothing; anything else is damage, or a record that a kill has torn.
    fn read_segment(
        &mut self,
        segment: Segment,
        within: Range<u64>,
        max: usize,
        taken: &mut Taken,
        found: &mut Found,
    ) -> io::Result<u64> {
        let Range { start: mut offset, end } = within;
        let mut damaged_from = None;
        while taken.clicks.len() < max && offset < end {
            let bytes = self.window.bytes(&self.shelf.dir, segment.number, offset..end)?;
            let position = segment.base + offset;
            if let Some((click, length)) = record::decode(bytes, segment.seed, position) {
                if let Some(from) = damaged_from.take() {
                    found.damaged += examined(&mut self.examined, from, position);
                }
                offset += length as u64;
                taken.clicks.push(click);
                taken.upto = segment.base + offset;
                continue;
            }
            let (there, zeros) = (bytes.len() as u64, leading_zeros(bytes));
            if there < wanted(offset..end) {
                return Err(self.window.fault());
            }
            if zeros == 0 {
                damaged_from.get_or_insert(position);
            }
            offset += zeros.max(ALIGN) as u64;
        }
        if let Some(from) = damaged_from {
            found.damaged += examined(&mut self.examined, from, segment.base + offset);
        }
        Ok(offset)
    }
}

/// What was taken from a journal.
struct Taken {
    clicks: Vec<Click>,
    /// The position behind the last of them.
    upto: u64,
}

/// A part of a file that is read already.
#[derive(Default)]
struct Window {
    /// Which segment, and its file.
    file: Option<(u64, File)>,
    start: u64,
    bytes: Vec<u8>,
    /// Why it is shorter than it was to be.
    fault: Option<io::Error>,
}

impl Window {
    /// The bytes at an offset: one at least, and a whole record where there is one before the end of the range, or else
    /// there is a fault. Nothing before that end may change any more.
    fn bytes(&mut self, dir: &Path, number: u64, within: Range<u64>) -> io::Result<&[u8]> {
        let Range { start, end } = within;
        let there = self.start + self.bytes.len() as u64;
        let same = self.file.as_ref().is_some_and(|(open, _)| *open == number);
        if !same || start < self.start || there < start + wanted(start..end) {
            self.fill(dir, number, start, (end - start).min(CHUNK))?;
        }
        let offset = usize::try_from(start - self.start).map_err(io::Error::other)?;
        Ok(&self.bytes[offset..])
    }

    fn fill(&mut self, dir: &Path, number: u64, start: u64, length: u64) -> io::Result<()> {
        if self.file.as_ref().is_none_or(|(open, _)| *open != number) {
            self.file = Some((number, File::open(segment::path(dir, number))?));
        }
        let Some((_, file)) = &self.file else { return Ok(()) };
        self.start = start;
        self.bytes.resize(usize::try_from(length).map_err(io::Error::other)?, 0);
        let (read, fault) = read_up_to_a_fault(file, &mut self.bytes, start);
        self.bytes.truncate(read);
        self.fault = fault;
        if read == 0 { Err(self.fault()) } else { Ok(()) }
    }

    fn fault(&mut self) -> io::Error {
        mem::take(&mut self.fault).unwrap_or_else(|| ErrorKind::UnexpectedEof.into())
    }
}

/// How many bytes could be read, and why not all of them.
fn read_up_to_a_fault(file: &File, bytes: &mut [u8], start: u64) -> (usize, Option<io::Error>) {
    let mut read = 0;
    while read < bytes.len() {
        match file.read_at(&mut bytes[read..], start + read as u64) {
            Ok(0) => return (read, Some(ErrorKind::UnexpectedEof.into())),
            Ok(more) => read += more,
            Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
            Err(fault) => return (read, Some(fault)),
        }
    }
    (read, None)
}

/// How many bytes hold a record that begins here, where there is one before the end.
fn wanted(within: Range<u64>) -> u64 {
    (within.end - within.start).min(record::LONGEST as u64)
}

/// Whether the file itself is broken, and not the way to it.
fn is_damage(fault: &io::Error) -> bool {
    let broken = [Errno::IO, Errno::BADMSG, Errno::UCLEAN].map(Errno::raw_os_error);
    fault.kind() == ErrorKind::UnexpectedEof
        || fault.raw_os_error().is_some_and(|number| broken.contains(&number))
}

/// Counts damage once, however often it is read.
fn examined(examined: &mut u64, from: u64, upto: u64) -> u64 {
    let new = from >= *examined;
    *examined = upto.max(*examined);
    u64::from(new)
}

/// How many bytes at the beginning are zero, in whole words; all where only less than a word is left.
fn leading_zeros(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks::<ALIGN>();
    let zeros = words.iter().take_while(|word| u64::from_ne_bytes(**word) == 0).count();
    if zeros == words.len() { bytes.len() } else { zeros * ALIGN }
}
