use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Mutex;
use std::{fs, io, mem};

use tracing::warn;

use crate::lock::lock;
use crate::segment;

/// A file of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    /// The position of its first byte.
    pub(crate) base: u64,
    pub(crate) seed: u64,
    /// Its bytes on the disk.
    pub(crate) size: u64,
    /// Where its records end; `None` while they are still being written.
    pub(crate) end: Option<u64>,
}

/// The segments of one journal, least position first. Locked for a moment only, never across a call to the system.
pub(crate) struct Shelf {
    pub(crate) dir: PathBuf,
    segments: Mutex<VecDeque<Segment>>,
}

impl Segment {
    /// The position behind it.
    fn upto(&self) -> u64 {
        self.base.saturating_add(self.size)
    }
}

impl Shelf {
    pub(crate) fn new(dir: PathBuf, segments: impl IntoIterator<Item = Segment>) -> Self {
        Self { dir, segments: Mutex::new(segments.into_iter().collect()) }
    }

    /// Adds the segment that is written from now on.
    pub(crate) fn push(&self, segment: Segment) {
        lock(&self.segments).push_back(segment);
    }

    /// Notes where the records of the last segment end, now that nothing more is written to it.
    pub(crate) fn seal(&self, end: u64) {
        if let Some(last) = lock(&self.segments).back_mut() {
            last.end = Some(end);
        }
    }

    /// The first segment that does not lie wholly before a position.
    pub(crate) fn locate(&self, position: u64) -> Option<Segment> {
        lock(&self.segments).iter().find(|segment| position < segment.upto()).copied()
    }

    /// The position that the first segment begins at.
    pub(crate) fn first(&self) -> Option<u64> {
        lock(&self.segments).front().map(|segment| segment.base)
    }

    /// How many bytes of records lie behind a position, in segments that are not written any more.
    pub(crate) fn held_after(&self, position: u64) -> u64 {
        let held = |segment: &Segment| {
            let start = position.max(segment.base.saturating_add(segment::HEADER as u64));
            segment.base.saturating_add(segment.end.unwrap_or(0)).saturating_sub(start)
        };
        lock(&self.segments).iter().map(held).sum()
    }

    /// Removes the segments that lie wholly before a position, never one that is being written; says how many bytes
    /// that freed.
    pub(crate) fn remove_before(&self, position: u64) -> u64 {
        self.remove_while(|segment| segment.upto() <= position && segment.end.is_some())
    }

    /// Removes every segment.
    pub(crate) fn remove_all(&self) -> u64 {
        self.remove_while(|_| true)
    }

    /// Forgets a segment that is not there any more.
    pub(crate) fn forget(&self, number: u64) -> u64 {
        let mut segments = lock(&self.segments);
        let Some(at) = segments.iter().position(|segment| segment.number == number) else { return 0 };
        segments.remove(at).map_or(0, |segment| segment.size)
    }

    /// Forgets every segment without removing it; how many there were, and their bytes.
    pub(crate) fn forget_all(&self) -> (u64, u64) {
        let segments = mem::take(&mut *lock(&self.segments));
        (segments.len() as u64, segments.iter().map(|segment| segment.size).sum())
    }

    fn remove_while(&self, done: impl Fn(&Segment) -> bool) -> u64 {
        let mut freed = 0;
        loop {
            // The first ones first: what a kill leaves here is the end of the journal, not a middle.
            let Some(segment) = lock(&self.segments).pop_front_if(|segment| done(segment)) else {
                return freed;
            };
            freed += segment.size;
            let path = segment::path(&self.dir, segment.number);
            match fs::remove_file(&path) {
                Err(fault) if fault.kind() != io::ErrorKind::NotFound => {
                    warn!(error.source = %fault, journal.file = %path.display(), "a segment of the click journal that is done with could not be removed");
                }
                _ => {}
            }
        }
    }
}
