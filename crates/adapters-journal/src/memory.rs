use std::collections::VecDeque;
use std::mem;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use lp_analytics::{Click, ClickRef};
use lp_ports::{
    ClickJournal, JournalError, JournalFull, JournalId, JournalReader, JournalStanding, Kept, Stretch,
};

use crate::lock::lock;

/// How many clicks are kept for a reader that has fallen behind.
pub const DEFAULT_CAPACITY: usize = 1_000_000;

/// A journal that lasts as long as the process.
///
/// Positions count the appended clicks, so a stretch that ends at 7 ends with the seventh. The reader moves clicks out
/// of the writers' queue before it copies them: writers never wait for the copying.
pub struct MemoryJournal {
    id: JournalId,
    capacity: usize,
    queue: Mutex<Queue>,
    /// Locked before `queue` where both are.
    taken: Mutex<Taken>,
    lost: AtomicU64,
}

/// The writers' end.
#[derive(Default)]
struct Queue {
    clicks: VecDeque<Click>,
    /// Clicks not acknowledged: these and the taken ones.
    held: usize,
}

/// The reader's end: what has left the queue and is not acknowledged.
#[derive(Default)]
struct Taken {
    clicks: VecDeque<Click>,
    /// The position before the first of them, or before the queue where there are none.
    start: u64,
    /// What was acknowledged last: `start`, unless that position lies outside what is held.
    from: u64,
}

impl MemoryJournal {
    /// An empty journal. The id must be a new one at every start of the process, because the clicks and positions of
    /// the last start are gone.
    pub fn new(id: JournalId, capacity: usize) -> Self {
        Self { id, capacity, queue: Mutex::default(), taken: Mutex::default(), lost: AtomicU64::new(0) }
    }
}

impl ClickJournal for MemoryJournal {
    fn append(&self, click: ClickRef<'_>) -> Result<Kept, JournalFull> {
        let click = click.to_owned();
        let mut queue = lock(&self.queue);
        if queue.held >= self.capacity {
            drop(queue);
            self.lost.fetch_add(1, Ordering::Relaxed);
            return Err(JournalFull);
        }
        queue.clicks.push_back(click);
        queue.held += 1;
        Ok(Kept::Now)
    }
}

impl JournalReader for MemoryJournal {
    fn read(&self, max: usize) -> Result<Option<Stretch>, JournalError> {
        let mut taken = lock(&self.taken);
        taken.take(&self.queue, max);
        let clicks: Vec<Click> = taken.clicks.iter().take(max).cloned().collect();
        if clicks.is_empty() {
            return Ok(None);
        }
        let upto = taken.start + count(clicks.len());
        Ok(Some(Stretch { journal: self.id.clone(), from: taken.from, upto, clicks }))
    }

    fn acknowledge(&self, journal: &JournalId, upto: u64) {
        if *journal != self.id {
            return;
        }
        let mut taken = lock(&self.taken);
        let wanted = usize::try_from(upto.saturating_sub(taken.start)).unwrap_or(usize::MAX);
        // A position may lie beyond what was read here: its reader has it from an earlier stretch.
        taken.take(&self.queue, wanted);
        let done = wanted.min(taken.clicks.len());
        taken.clicks.drain(..done);
        taken.start += count(done);
        taken.from = upto;
        lock(&self.queue).held -= done;
    }

    fn standing(&self) -> JournalStanding {
        JournalStanding {
            lost: self.lost.load(Ordering::Relaxed),
            damaged: 0,
            held: count(lock(&self.queue).held),
            capacity: count(self.capacity),
        }
    }
}

impl Taken {
    /// Moves clicks over until there are `wanted`, or the queue is empty.
    fn take(&mut self, queue: &Mutex<Queue>, wanted: usize) {
        let missing = wanted.saturating_sub(self.clicks.len());
        if missing == 0 {
            return;
        }
        let mut queue = lock(queue);
        if self.clicks.is_empty() && queue.clicks.len() <= missing {
            mem::swap(&mut self.clicks, &mut queue.clicks);
        } else {
            let moved = missing.min(queue.clicks.len());
            self.clicks.extend(queue.clicks.drain(..moved));
        }
    }
}

fn count(clicks: usize) -> u64 {
    u64::try_from(clicks).unwrap_or(u64::MAX)
}
