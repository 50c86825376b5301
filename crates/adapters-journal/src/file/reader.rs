//! Which journal is read next.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use lp_ports::Stretch;
use tracing::{error, warn};

use super::read::{Found, TRIES, Track};

/// The journals that are read.
pub(crate) struct Reader {
    /// Oldest first; each is read to its end and acknowledged before the next. One that cannot be read waits behind the
    /// others.
    pub(crate) older: VecDeque<Track>,
    pub(crate) own: Track,
}

impl Reader {
    /// The next clicks of the first journal that has some and can be read; a fault only where there is none.
    pub(crate) fn read(
        &mut self,
        max: usize,
        committed: u64,
        found: &mut Found,
    ) -> io::Result<Option<Stretch>> {
        let mut failed = None;
        for _ in 0..self.older.len() {
            let Some(mut track) = self.older.pop_front() else { break };
            match track.read(max, u64::MAX, found) {
                Ok(None) => finish(track, found),
                Ok(stretch) => {
                    self.older.push_front(track);
                    return Ok(stretch);
                }
                Err(fault) => {
                    if is_gone(&track, &fault) {
                        give_up(&track, found);
                    } else {
                        if track.failures == TRIES {
                            warn!(error.source = %fault, journal.id = %track.id, journal.folder = %track.shelf.dir.display(), "clicks of an earlier start cannot be read; they are tried again and again, and the others are counted meanwhile");
                        }
                        self.older.push_back(track);
                    }
                    failed.get_or_insert(fault);
                }
            }
        }
        match (self.own.read(max, committed, found), failed) {
            (Ok(None), Some(fault)) => Err(fault),
            (read, _) => read,
        }
    }

    pub(crate) fn older_bytes(&self) -> u64 {
        self.older.iter().map(Track::held).sum()
    }
}

/// Removes a journal that nothing is left of, so that all of it is acknowledged.
fn finish(track: Track, found: &mut Found) {
    found.freed += track.shelf.remove_all();
    if let Some(slot) = Arc::into_inner(track.slot) {
        slot.clear_away();
    }
}

/// Whether somebody has removed the slot, and nothing but the slot.
fn is_gone(track: &Track, fault: &io::Error) -> bool {
    let dir = &track.shelf.dir;
    fault.kind() == ErrorKind::NotFound
        && track.failures >= TRIES
        && !dir.is_dir()
        && dir.parent().is_some_and(Path::is_dir)
}

/// Forgets a journal without touching its files: should they come back, the next start takes them over.
fn give_up(track: &Track, found: &mut Found) {
    let (segments, size) = track.shelf.forget_all();
    error!(journal.id = %track.id, journal.folder = %track.shelf.dir.display(), journal.files = segments, "a folder of the click journal is gone, and the clicks with it");
    found.damaged += segments;
    found.freed += size;
}
