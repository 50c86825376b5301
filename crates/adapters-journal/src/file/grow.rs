//! Segments are made ahead of need, by a thread of their own: the keeper.

use std::fs::{self, File};
use std::io;
use std::mem;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Shared;
use super::options::Durability;
use super::said::Said;
use super::write::{Growth, WARM};
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
    let made =
        (shared.calls.create)(&shared.slot.dir, number, size).and_then(|file| prepare(shared, number, file));
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
            let map = Map::new(&file, length)?;
            map.cold(0, WARM).warm();
            Some(map)
        }
    };
    Ok(Spare { file: Arc::new(SegmentFile { number, file }), map, seed: getrandom::u64()? })
}

/// Removes a segment that was never written to.
pub(crate) fn unmake(shared: &Shared, spare: &Spare) {
    fs::remove_file(segment::path(&shared.slot.dir, spare.file.number)).ok();
    shared.allocated.fetch_sub(shared.options.segment, Ordering::Relaxed);
}

/// Keeps one prepared segment until the journal is closed.
#[expect(clippy::disallowed_methods, reason = "measures how long ago an attempt was")]
pub(crate) fn keep(shared: &Shared) {
    let mut said = Said::default();
    let mut attempted = Instant::now();
    while let Some(wanted) = next(shared, attempted) {
        let provided = if wanted { provide(shared) } else { Ok(true) };
        if wanted {
            attempted = Instant::now();
        }
        said.report(shared, provided);
    }
}

/// Waits until there is something to do; `None` at the end. Whether a segment is wanted.
fn next(shared: &Shared, attempted: Instant) -> Option<bool> {
    let mut writer = lock(&shared.writer);
    while !writer.nudged && !writer.closing {
        writer = if writer.growth == Growth::Failing {
            let left = RETRY.saturating_sub(attempted.elapsed());
            if left.is_zero() {
                break;
            }
            shared.work.wait_timeout(writer, left).unwrap_or_else(PoisonError::into_inner).0
        } else {
            shared.work.wait(writer).unwrap_or_else(PoisonError::into_inner)
        };
    }
    if writer.closing {
        return None;
    }
    writer.nudged = false;
    let wanted = writer.spare.is_none();
    let retired = mem::take(&mut writer.retired);
    let cold = writer.cold.take();
    drop(writer);
    if let Some(cold) = cold {
        cold.warm();
    }
    drop(retired);
    Some(wanted)
}

/// Prepares a segment where there is none; whether there was room for it.
pub(crate) fn provide(shared: &Shared) -> io::Result<bool> {
    let made = make(shared);
    let mut writer = lock(&shared.writer);
    shared.made.notify_all();
    writer.growth = match &made {
        Ok(Some(_)) => Growth::Possible,
        // There may be room since.
        Ok(None) if writer.nudged => Growth::Possible,
        Ok(None) => Growth::Full,
        Err(_) => Growth::Failing,
    };
    // Only the keeper prepares one, so the place is free.
    writer.spare = made?;
    Ok(writer.spare.is_some())
}
