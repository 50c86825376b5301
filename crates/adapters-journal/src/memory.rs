use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lp_analytics::Click;
use lp_ports::{ClickJournal, JournalBatch, JournalFull, JournalId, JournalReader};

/// How many clicks are kept for a reader that has fallen behind.
pub const DEFAULT_CAPACITY: usize = 1_000_000;

/// A journal that lasts as long as the process.
///
/// Positions count the appended clicks, so a batch that ends at 7 ends with the seventh. The reader moves clicks out of
/// the writers' queue before it copies them: writers never wait for the copying.
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
}

impl MemoryJournal {
    /// An empty journal. The id must be a new one at every start of the process, because the clicks and positions of
    /// the last start are gone.
    pub fn new(id: JournalId, capacity: usize) -> Self {
        Self { id, capacity, queue: Mutex::default(), taken: Mutex::default(), lost: AtomicU64::new(0) }
    }
}

impl ClickJournal for MemoryJournal {
    fn append(&self, click: Click) -> Result<(), JournalFull> {
        let mut queue = lock(&self.queue);
        if queue.held >= self.capacity {
            drop(queue);
            self.lost.fetch_add(1, Ordering::Relaxed);
            return Err(JournalFull);
        }
        queue.clicks.push_back(click);
        queue.held += 1;
        Ok(())
    }
}

impl JournalReader for MemoryJournal {
    fn id(&self) -> JournalId {
        self.id.clone()
    }

    fn read(&self, max: usize) -> JournalBatch {
        let mut taken = lock(&self.taken);
        taken.take(&self.queue, max);
        let clicks: Vec<Click> = taken.clicks.iter().take(max).cloned().collect();
        JournalBatch { upto: taken.start + count(clicks.len()), clicks }
    }

    fn acknowledge(&self, upto: u64) {
        let mut taken = lock(&self.taken);
        let wanted = usize::try_from(upto.saturating_sub(taken.start)).unwrap_or(usize::MAX);
        // A position may lie beyond what was read here: its reader has it from an earlier batch.
        taken.take(&self.queue, wanted);
        let done = wanted.min(taken.clicks.len());
        taken.clicks.drain(..done);
        taken.start += count(done);
        lock(&self.queue).held -= done;
    }

    fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
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

/// Nothing between the steps of a change under these locks can panic, so a poisoned one is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn count(clicks: usize) -> u64 {
    u64::try_from(clicks).unwrap_or(u64::MAX)
}
