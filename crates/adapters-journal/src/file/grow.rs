//! Segments are made ahead of need, by a thread that also says when that fails.

use std::fs::{self, File};
use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::{error, info, warn};

use super::Shared;
use super::options::Durability;
use super::write::Growth;
use crate::lock::lock;
use crate::map::Map;
use crate::segment;

const RETRY: Duration = Duration::from_secs(1);

/// An open segment of the own journal.
pub(crate) struct SegmentFile {
    pub(crate) number: u64,
    pub(crate) file: File,
}

/// A segment that nothing is written to yet.
pub(crate) struct Spare {
    pub(crate) file: Arc<SegmentFile>,
    /// `None` where segments are written behind.
    pub(crate) map: Option<Map>,
    pub(crate) seed: u64,
}

/// Makes a segment; `None` where that would be more than the journal may hold.
pub(crate) fn make(shared: &Shared) -> io::Result<Option<Spare>> {
    let size = shared.options.segment;
    let more = |held: u64| held.checked_add(size).filter(|held| *held <= shared.options.capacity);
    if shared.allocated.try_update(Ordering::Relaxed, Ordering::Relaxed, more).is_err() {
        return Ok(None);
    }
    let number = shared.next_number.fetch_add(1, Ordering::Relaxed);
    let made = segment::create(&shared.slot.dir, number, size).and_then(|file| prepare(shared, number, file));
    if made.is_err() {
        fs::remove_file(segment::path(&shared.slot.dir, number)).ok();
        shared.allocated.fetch_sub(size, Ordering::Relaxed);
    }
    made.map(Some)
}

fn prepare(shared: &Shared, number: u64, file: File) -> io::Result<Spare> {
    let map = match shared.options.durability {
        Durability::Memory => None,
        Durability::Process | Durability::Disk => {
            let length = usize::try_from(shared.options.segment).map_err(io::Error::other)?;
            Some(Map::new(&file, length)?)
        }
    };
    Ok(Spare { file: Arc::new(SegmentFile { number, file }), map, seed: getrandom::u64()? })
}

/// Removes a segment that was never written to.
pub(crate) fn unmake(shared: &Shared, spare: &Spare) {
    fs::remove_file(segment::path(&shared.slot.dir, spare.file.number)).ok();
    shared.allocated.fetch_sub(shared.options.segment, Ordering::Relaxed);
}

/// What has been said, so that it is said once.
#[derive(Default)]
struct Said {
    /// Clicks are lost, or soon will be, and that was said.
    stuck: bool,
    /// Lost clicks that were reported.
    lost: u64,
    nearly_full: bool,
}

/// Keeps one prepared segment until the journal is closed.
pub(crate) fn keep(shared: &Shared) {
    let mut said = Said::default();
    while let Some(spare_wanted) = next(shared) {
        let fault = if spare_wanted { provide(shared).err() } else { None };
        said.report(shared, fault);
    }
}

/// Waits until there is something to do; `None` at the end. Whether a segment is wanted.
fn next(shared: &Shared) -> Option<bool> {
    let mut writer = lock(&shared.writer);
    loop {
        if writer.closing {
            return None;
        }
        if writer.nudged {
            break;
        }
        if writer.growth == Growth::Failing {
            let (after, waited) =
                shared.work.wait_timeout(writer, RETRY).unwrap_or_else(PoisonError::into_inner);
            writer = after;
            if waited.timed_out() {
                break;
            }
        } else {
            writer = shared.work.wait(writer).unwrap_or_else(PoisonError::into_inner);
        }
    }
    writer.nudged = false;
    let wanted = writer.spare.is_none();
    if wanted && writer.growth == Growth::Possible {
        // Writers wait for it; but not for one that is likely to fail.
        writer.growth = Growth::Making;
    }
    let retired = mem::take(&mut writer.retired);
    drop(writer);
    drop(retired);
    Some(wanted)
}

fn provide(shared: &Shared) -> io::Result<()> {
    let made = make(shared);
    let mut writer = lock(&shared.writer);
    writer.growth = if made.is_err() { Growth::Failing } else { Growth::Possible };
    shared.made.notify_all();
    if let Some(spare) = made? {
        // Only this thread prepares one, so the place is free.
        writer.spare = Some(spare);
    }
    Ok(())
}

impl Said {
    fn report(&mut self, shared: &Shared, fault: Option<io::Error>) {
        let lost = shared.lost.load(Ordering::Relaxed);
        let prepared = lock(&shared.writer).spare.is_some();
        if let Some(fault) = fault {
            if !mem::replace(&mut self.stuck, true) {
                error!(error.source = %fault, journal.folder = %shared.slot.dir.display(), "the click journal cannot grow; when its last file is full, visitors are redirected and their clicks are not counted");
            }
        } else if prepared {
            if shared.losing.swap(false, Ordering::Relaxed) || self.stuck {
                info!(clicks.lost = lost - self.lost, "the click journal has room again");
                self.stuck = false;
                self.lost = lost;
            }
        } else if shared.losing.load(Ordering::Relaxed) && !mem::replace(&mut self.stuck, true) {
            error!(
                journal.capacity_bytes = shared.options.capacity,
                "the click journal is full; visitors are redirected, their clicks are not counted"
            );
        }
        self.warn_early(shared);
    }

    fn warn_early(&mut self, shared: &Shared) {
        let (held, capacity) = (shared.held(), shared.options.capacity);
        let nearly_full = held >= capacity / 5 * 4;
        if nearly_full && !self.nearly_full {
            warn!(
                journal.held_bytes = held,
                journal.capacity_bytes = capacity,
                "the click journal is nearly full: clicks are noted faster than they are counted"
            );
        }
        self.nearly_full = nearly_full;
    }
}
