//! The writers' end: one lock, held for copying a record into place.

use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use lp_analytics::ClickRef;
use lp_ports::{JournalFull, Kept};

use super::Shared;
use super::behind::Pending;
use super::grow::{SegmentFile, Spare};
use super::options::Durability;
use super::shelf::Segment;
use crate::lock::lock;
use crate::map::{Cold, Map};
use crate::record::{self, Digest, HEAD};
use crate::segment::{HEADER, Header};

thread_local! {
    /// Where a record is made before it is copied.
    static RECORD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What the writers' lock guards.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) live: Option<Live>,
    pub(crate) spare: Option<Spare>,
    /// The position that the next segment begins at.
    next_base: u64,
    /// Clicks that are written behind; mode `memory` only.
    pub(crate) pending: Pending,
    /// Segments with clicks that may not be on the disk; mode `disk` only.
    pub(crate) unsynced: Vec<Arc<SegmentFile>>,
    /// Maps that nothing is written to any more. Letting them go takes long, so it is not done under the lock.
    pub(crate) retired: Vec<Map>,
    pub(crate) growth: Growth,
    /// What the keeper should make ready before it is written to.
    pub(crate) cold: Option<Cold>,
    /// There is something for the keeper to do.
    pub(crate) nudged: bool,
    pub(crate) closing: bool,
}

/// Whether there will be another segment.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Growth {
    /// The keeper is making one, or is about to.
    #[default]
    Possible,
    /// Not before some of what is held is let go.
    Full,
    /// The last attempt failed or takes too long; the keeper tries again.
    Failing,
}

/// The segment that is being written.
pub(crate) struct Live {
    /// `None` where it is written behind.
    map: Option<Map>,
    pub(crate) file: Arc<SegmentFile>,
    base: u64,
    seed: u64,
    size: usize,
    used: usize,
    /// So far it was made ready to be written to.
    warm: usize,
}

/// How much of a segment is made ready at a time: some thousand clicks. Much more would be written out before it is used.
pub(crate) const WARM: usize = 256 << 10;

impl Writer {
    fn has_room(&self, length: usize) -> bool {
        self.live.as_ref().is_some_and(|live| live.size - live.used >= length)
    }
}

/// Where a record was put.
struct Placed {
    segment: u64,
}

pub(crate) fn append(shared: &Shared, click: ClickRef<'_>) -> Result<Kept, JournalFull> {
    let placed = RECORD.with_borrow_mut(|bytes| {
        let digest = record::encode(click, bytes);
        place(shared, bytes, digest)
    });
    match (placed, shared.options.durability) {
        (Some(placed), Durability::Disk) => Ok(Kept::Once(shared.waiters.wait_for(placed.segment))),
        (Some(_), Durability::Process | Durability::Memory) => Ok(Kept::Now),
        (None, _) => {
            shared.lost.fetch_add(1, Ordering::Relaxed);
            if !shared.losing.swap(true, Ordering::Relaxed) {
                nudge(shared);
            }
            Err(JournalFull)
        }
    }
}

fn place(shared: &Shared, bytes: &mut [u8], digest: Digest) -> Option<Placed> {
    let mut writer = wait_for_room(shared, lock(&shared.writer), bytes.len());
    let room = writer.has_room(bytes.len());
    let idle = writer.pending.is_empty();
    if !room && !rotate(shared, &mut writer) {
        return None;
    }
    let Writer { live, pending, cold, nudged, .. } = &mut *writer;
    let live = live.as_mut()?;
    let head = record::head(digest, live.seed, live.base + live.used as u64);
    let upto = live.base + (live.used + bytes.len()) as u64;
    if let Some(map) = &mut live.map {
        let written = map.write(live.used + HEAD, &bytes[HEAD..]) && map.write(live.used, &head);
        if !written {
            return None;
        }
        shared.committed.store(upto, Ordering::Release);
        // The next visit finds its place at hand: whoever unlocks waits until all that was written has arrived.
        map.prefetch(live.used + bytes.len(), bytes.len());
    } else {
        bytes[..HEAD].copy_from_slice(&head);
        pending.add(&live.file, live.used as u64, bytes, Some(upto));
    }
    live.used += bytes.len();
    let ahead = live.map.as_ref().filter(|_| live.warm < live.size && live.used + WARM / 2 > live.warm);
    let chill = ahead.is_some();
    if let Some(map) = ahead {
        *cold = Some(map.cold(live.warm, WARM));
        live.warm += WARM;
        *nudged = true;
    }
    let placed = Placed { segment: live.file.number };
    let begun = idle && !pending.is_empty();
    drop(writer);
    if !room || chill {
        shared.work.notify_one();
    }
    if begun {
        shared.behind.notify_one();
    }
    Some(placed)
}

/// Waits for the keeper to have a segment ready, but not for one that is not to be expected, and not for long.
fn wait_for_room<'a>(
    shared: &'a Shared,
    mut writer: MutexGuard<'a, Writer>,
    length: usize,
) -> MutexGuard<'a, Writer> {
    let lacks = |writer: &mut Writer| {
        !writer.has_room(length) && writer.spare.is_none() && writer.growth == Growth::Possible
    };
    if lacks(&mut writer) {
        let (after, waited) = shared
            .made
            .wait_timeout_while(writer, shared.options.patience, lacks)
            .unwrap_or_else(PoisonError::into_inner);
        writer = after;
        if waited.timed_out() {
            // The others need not find out the same way.
            writer.growth = Growth::Failing;
        }
    }
    writer
}

/// Goes on in the segment that is prepared. Where there is none, nothing changes: making one takes calls to the system,
/// and whoever holds the lock or waits for it may be answering a visitor.
pub(crate) fn rotate(shared: &Shared, writer: &mut Writer) -> bool {
    let Some(spare) = writer.spare.take() else { return false };
    writer.nudged = true;
    seal(shared, writer);
    begin(shared, writer, spare);
    true
}

/// Writes nothing more to the segment that is being written.
pub(crate) fn seal(shared: &Shared, writer: &mut Writer) {
    if let Some(live) = writer.live.take() {
        shared.shelf.seal(live.used as u64);
        writer.retired.extend(live.map);
    }
}

/// Has the keeper look at what there is to do.
pub(crate) fn nudge(shared: &Shared) {
    lock(&shared.writer).nudged = true;
    shared.work.notify_one();
}

/// Has the keeper make a segment in room that was let go.
pub(crate) fn use_room(shared: &Shared) {
    let mut writer = lock(&shared.writer);
    if writer.growth == Growth::Full {
        writer.growth = Growth::Possible;
    }
    writer.nudged = true;
    drop(writer);
    shared.work.notify_one();
}

fn begin(shared: &Shared, writer: &mut Writer, spare: Spare) {
    let Spare { file, mut map, seed } = spare;
    let size = shared.options.segment;
    let base = writer.next_base;
    writer.next_base += size;
    let header = Header { journal: shared.id.clone(), base, seed }.encode();
    match &mut map {
        Some(map) => {
            map.write(0, &header);
        }
        None => {
            writer.pending.add(&file, 0, &header, None);
        }
    }
    shared.shelf.push(Segment { number: file.number, base, seed, size, end: None });
    if shared.options.durability == Durability::Disk {
        writer.unsynced.push(file.clone());
    }
    writer.live = Some(Live {
        map,
        file,
        base,
        seed,
        size: usize::try_from(size).unwrap_or(usize::MAX),
        used: HEADER,
        warm: WARM,
    });
}
