//! Mode `disk`: one sync for whatever came meanwhile, and nobody waits longer than promised.

use std::collections::{HashSet, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lp_ports::Settling;
use tokio::sync::oneshot;
use tracing::error;

use super::{Shared, write};
use crate::lock::lock;

/// A click is not waited for longer.
const BOUND: Duration = Duration::from_millis(900);

/// Those who wait for their clicks to be on the disk.
#[derive(Default)]
pub(crate) struct Waiters {
    queue: Mutex<Queue>,
    /// Wakes the thread that syncs.
    arrived: Condvar,
    /// Wakes the thread that minds the bound.
    begun: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiter>,
    /// The last number that was given to a waiter.
    last: u64,
    /// The last number that a sync was begun for.
    taken: u64,
    /// The syncing thread waits for more.
    idle: bool,
    /// Segments that could not be synced: whatever is in them is not on the disk, now or later.
    bad: HashSet<u64>,
    closing: bool,
}

struct Waiter {
    number: u64,
    segment: u64,
    since: Instant,
    told: oneshot::Sender<bool>,
}

impl Waiters {
    /// Ends once the segment is synced as it is now, or cannot be.
    #[expect(clippy::disallowed_methods, reason = "measures how long somebody waits")]
    pub(crate) fn wait_for(&self, segment: u64) -> Settling {
        let (told, answer) = oneshot::channel();
        let mut queue = lock(&self.queue);
        queue.last += 1;
        let waiter = Waiter { number: queue.last, segment, since: Instant::now(), told };
        let first = queue.waiting.is_empty();
        queue.waiting.push_back(waiter);
        let idle = std::mem::take(&mut queue.idle);
        drop(queue);
        if idle {
            self.arrived.notify_one();
        }
        if first {
            self.begun.notify_one();
        }
        Box::pin(async { answer.await.unwrap_or(false) })
    }

    /// Ends both threads.
    pub(crate) fn close(&self) {
        lock(&self.queue).closing = true;
        self.arrived.notify_all();
        self.begun.notify_all();
    }

    /// Tells those who have waited too long, until the journal is closed.
    pub(crate) fn mind_the_bound(&self) {
        let mut queue = lock(&self.queue);
        while !queue.closing {
            let left = queue.waiting.front().map(|waiter| BOUND.saturating_sub(waiter.since.elapsed()));
            queue = match left {
                None => self.begun.wait(queue).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => {
                    queue.waiting.pop_front().map(|waiter| waiter.told.send(false).ok());
                    queue
                }
                Some(left) => self.begun.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    /// Waits for somebody to wait; the last of them, or `None` at the end.
    fn next(&self) -> Option<u64> {
        let mut queue = lock(&self.queue);
        while queue.last == queue.taken {
            if queue.closing {
                return None;
            }
            queue.idle = true;
            queue = self.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.idle = false;
        queue.taken = queue.last;
        Some(queue.taken)
    }

    /// Tells those who came up to a number, now that their segments are synced or bad.
    fn tell(&self, upto: u64, bad: &[u64]) {
        let mut queue = lock(&self.queue);
        queue.bad.extend(bad);
        while let Some(waiter) = queue.waiting.pop_front_if(|waiter| waiter.number <= upto) {
            let good = !queue.bad.contains(&waiter.segment);
            waiter.told.send(good).ok();
        }
    }
}

/// Syncs for those who wait, until the journal is closed.
pub(crate) fn keep_synced(shared: &Shared) {
    while let Some(upto) = shared.waiters.next() {
        let bad = sync(shared);
        shared.waiters.tell(upto, &bad);
    }
}

/// Syncs every segment that was written to; says which could not be.
///
/// A system may drop what it failed to write and report that only once, so such a segment is sealed: it is read like
/// any other, but nothing is promised of it any more.
pub(crate) fn sync(shared: &Shared) -> Vec<u64> {
    let (files, live) = {
        let writer = lock(&shared.writer);
        (writer.unsynced.clone(), writer.live.as_ref().map(|live| live.file.number))
    };
    let mut bad = Vec::new();
    for file in &files {
        if let Err(fault) = (shared.calls.sync)(&file.file) {
            error!(error.source = %fault, journal.file = file.number, "the click journal could not be brought to the disk; it goes on in another file");
            bad.push(file.number);
        }
    }
    let mut writer = lock(&shared.writer);
    let sealed = writer.live.as_ref().is_some_and(|live| bad.contains(&live.file.number));
    if sealed && !write::rotate(shared, &mut writer) {
        write::seal(shared, &mut writer);
        writer.nudged = true;
    }
    let done = |number| bad.contains(&number) || Some(number) != live;
    let synced: Vec<u64> = files.iter().map(|file| file.number).filter(|number| done(*number)).collect();
    writer.unsynced.retain(|file| !synced.contains(&file.number));
    drop(writer);
    if sealed {
        shared.work.notify_one();
    }
    bad
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Barrier, LazyLock};

    use lp_ports::{ClickJournal, JournalReader, Kept};
    use tokio::runtime::Builder;

    use super::*;
    use crate::FileJournal;
    use crate::file::calls::{Calls, Sync};
    use crate::file::options::Durability;
    use crate::file::tests::{self, click};

    fn open(folder: &std::path::Path, sync: Sync) -> FileJournal {
        tests::open(folder, Durability::Disk, Calls { sync, ..Calls::default() })
    }

    /// Whether the click is durable in the end.
    fn append(journal: &FileJournal, number: u128) -> bool {
        let Ok(Kept::Once(settling)) = journal.append(click(number).borrowed()) else {
            panic!("appended, and not durable yet")
        };
        Builder::new_current_thread().build().expect("a runtime").block_on(settling)
    }

    #[test]
    fn after_a_failed_sync_nothing_is_promised_of_that_segment_and_the_next_one_is_trusted() {
        static FAILS: Mutex<bool> = Mutex::new(true);
        let folder = tempfile::tempdir().expect("a folder");
        let journal = open(folder.path(), |_| {
            let fails = std::mem::take(&mut *lock(&FAILS));
            if fails { Err(io::Error::from_raw_os_error(5)) } else { Ok(()) }
        });
        assert!(!append(&journal, 1));
        assert!(append(&journal, 2));
        journal.flush().expect("a disk that works again");
        let stretch = journal.read(10).expect("readable").expect("clicks");
        assert_eq!(stretch.clicks.len(), 2, "what the files have is counted all the same");
        assert!(stretch.upto > 4_096, "the second lies in another segment");
    }

    #[test]
    fn nobody_waits_for_a_disk_that_does_not_answer() {
        static ANSWERS: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));
        static FIRST: Mutex<bool> = Mutex::new(true);
        let folder = tempfile::tempdir().expect("a folder");
        let journal = open(folder.path(), |_| {
            if std::mem::take(&mut *lock(&FIRST)) {
                ANSWERS.wait();
            }
            Ok(())
        });
        assert!(!append(&journal, 1));
        ANSWERS.wait();
        assert!(append(&journal, 2));
    }
}
