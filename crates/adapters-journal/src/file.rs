mod behind;
mod calls;
mod grow;
mod options;
mod read;
mod reader;
mod recover;
mod said;
mod shelf;
mod sync;
#[cfg(test)]
mod tests;
mod write;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{io, mem};

use lp_analytics::ClickRef;
use lp_ports::{
    ClickJournal, JournalError, JournalFull, JournalId, JournalReader, JournalStanding, Kept, Stretch,
};
use tracing::warn;

use self::calls::Calls;
use self::read::{Found, Track};
use self::reader::Reader;
use self::shelf::Shelf;
use self::sync::Waiters;
use self::write::Writer;
use crate::lock::lock;
use crate::segment::LONGEST_ID;
use crate::slots::{self, Slot};

pub use self::options::{Durability, JournalOptions, OpenError};

/// How long the end of a journal waits for a disk that does not answer.
const FAREWELL: Duration = Duration::from_secs(2);

/// A journal on disk.
///
/// Every start writes a journal of its own, in segments of fixed size that are made ahead of need; what earlier starts
/// have left is read out first, oldest first, and removed. Positions are bytes. Processes that share a folder never
/// share a file: each holds a slot of it, and whoever opens the folder takes over the slots that nobody holds.
pub struct FileJournal {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// Hangs up when all of them have ended.
    ended: Mutex<Receiver<Infallible>>,
}

/// What the writers, the reader and the threads behind them share.
struct Shared {
    id: JournalId,
    options: JournalOptions,
    slot: Arc<Slot>,
    calls: Calls,
    /// Locked after `reader`, before `shelf`.
    writer: Mutex<Writer>,
    /// Wakes the keeper of segments.
    work: Condvar,
    /// Wakes the writers that have waited for a segment.
    made: Condvar,
    /// Wakes the thread that writes behind.
    behind: Condvar,
    /// Held while writing behind, so that it happens in order.
    writing_out: Mutex<()>,
    waiters: Waiters,
    /// The own journal's segments.
    shelf: Arc<Shelf>,
    reader: Mutex<Reader>,
    /// The position behind the last click that the files have.
    committed: AtomicU64,
    /// Where reading the own journal begins.
    acknowledged: AtomicU64,
    /// Bytes of older journals that are not acknowledged.
    older: AtomicU64,
    /// Bytes of all files.
    allocated: AtomicU64,
    next_number: AtomicU64,
    lost: AtomicU64,
    damaged: AtomicU64,
    /// Clicks are being lost.
    losing: AtomicBool,
}

impl FileJournal {
    /// Begins a journal with this id, which no other may ever have had, in a folder that is made where it is missing.
    ///
    /// A full disk is no reason to fail: visitors are redirected, and the journal begins once there is room.
    pub fn open(folder: &Path, options: JournalOptions, id: JournalId) -> Result<Self, OpenError> {
        Self::open_with(folder, options, id, Calls::default())
    }

    fn open_with(
        folder: &Path,
        options: JournalOptions,
        id: JournalId,
        calls: Calls,
    ) -> Result<Self, OpenError> {
        if !(1..=LONGEST_ID).contains(&id.0.len()) || id.0.contains('\0') {
            return Err(OpenError::Id(id));
        }
        let shared = Shared::new(folder, options.rounded(), id, calls)
            .map_err(|source| OpenError::Folder { folder: folder.to_owned(), source })?;
        // The keeper meets the same fault, and says so.
        grow::provide(&shared).ok();
        write::rotate(&shared, &mut lock(&shared.writer));
        write::nudge(&shared);
        let (running, ended) = mpsc::channel();
        let mut journal = Self { shared: Arc::new(shared), threads: Vec::new(), ended: Mutex::new(ended) };
        journal.start(&running).map_err(OpenError::Thread)?;
        Ok(journal)
    }

    fn start(&mut self, running: &Sender<Infallible>) -> io::Result<()> {
        self.run(running, "journal-keeper", grow::keep)?;
        match self.shared.options.durability {
            Durability::Process => Ok(()),
            Durability::Memory => self.run(running, "journal-writer", behind::keep_writing),
            Durability::Disk => {
                self.run(running, "journal-sync", sync::keep_synced)?;
                self.run(running, "journal-bound", |shared| shared.waiters.mind_the_bound())
            }
        }
    }

    fn run(&mut self, running: &Sender<Infallible>, name: &str, work: fn(&Shared)) -> io::Result<()> {
        let (shared, running) = (self.shared.clone(), running.clone());
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            work(&shared);
            drop(shared);
            drop(running);
        })?;
        self.threads.push(thread);
        Ok(())
    }

    /// Brings every click that was appended before to where the durability promises it: for an orderly end, which
    /// dropping the journal is too.
    pub fn flush(&self) -> io::Result<()> {
        match self.shared.options.durability {
            Durability::Process => Ok(()),
            Durability::Memory => behind::write_out(&self.shared),
            Durability::Disk if sync::sync(&self.shared).is_empty() => Ok(()),
            Durability::Disk => Err(io::Error::other("a file of the click journal could not be synced")),
        }
    }
}

impl ClickJournal for FileJournal {
    fn append(&self, click: ClickRef<'_>) -> Result<Kept, JournalFull> {
        write::append(&self.shared, click)
    }
}

impl JournalReader for FileJournal {
    fn read(&self, max: usize) -> Result<Option<Stretch>, JournalError> {
        if max == 0 {
            return Ok(None);
        }
        let shared = &self.shared;
        let mut found = Found::default();
        let mut reader = lock(&shared.reader);
        let read = reader.read(max, shared.committed.load(Ordering::Acquire), &mut found);
        shared.let_go(&reader, found.freed);
        shared.damaged.fetch_add(found.damaged, Ordering::Relaxed);
        read.map_err(|fault| JournalError(Box::new(fault)))
    }

    fn acknowledge(&self, journal: &JournalId, upto: u64) {
        let shared = &self.shared;
        let mut reader = lock(&shared.reader);
        let freed = if let Some(track) = reader.older.iter_mut().find(|track| track.id == *journal) {
            track.seek(upto, u64::MAX)
        } else if *journal == shared.id {
            reader.own.seek(upto, shared.committed.load(Ordering::Acquire))
        } else {
            0
        };
        shared.let_go(&reader, freed);
    }

    fn standing(&self) -> JournalStanding {
        let shared = &self.shared;
        JournalStanding {
            lost: shared.lost.load(Ordering::Relaxed),
            damaged: shared.damaged.load(Ordering::Relaxed),
            held: shared.held(),
            capacity: shared.options.capacity,
        }
    }
}

impl Drop for FileJournal {
    fn drop(&mut self) {
        let shared = &self.shared;
        lock(&shared.writer).closing = true;
        shared.work.notify_all();
        shared.behind.notify_all();
        shared.waiters.close();
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(FAREWELL) {
            // Whatever is done to the files now may hang like them. They keep the slot until they are through.
            warn!(journal.folder = %shared.slot.dir.display(), "the disk of the click journal does not answer; its threads are left to themselves");
            return;
        }
        for thread in mem::take(&mut self.threads) {
            // One that has panicked has said so already.
            thread.join().ok();
        }
        if let Some(spare) = lock(&shared.writer).spare.take() {
            grow::unmake(shared, &spare);
        }
        if shared.acknowledged.load(Ordering::Relaxed) >= shared.committed.load(Ordering::Acquire) {
            shared.shelf.remove_all();
        }
    }
}

impl Shared {
    fn new(folder: &Path, options: JournalOptions, id: JournalId, calls: Calls) -> io::Result<Self> {
        slots::make_folder(folder)?;
        let slot = Arc::new(slots::take(folder)?);
        let own = recover::left(&slot)?;
        let (mut older, mut allocated) = (VecDeque::from(own.tracks), own.size);
        for other in slots::take_left(folder)? {
            let other = Arc::new(other);
            match recover::left(&other) {
                Ok(left) => {
                    allocated += left.size;
                    older.extend(left.tracks);
                }
                Err(fault) => slots::passed_over(&other.dir, &fault),
            }
        }
        let shelf = Arc::new(Shelf::new(slot.dir.clone(), []));
        let reader = Reader { older, own: Track::new(id.clone(), shelf.clone(), slot.clone()) };
        Ok(Self {
            id,
            options,
            slot,
            calls,
            writer: Mutex::default(),
            work: Condvar::new(),
            made: Condvar::new(),
            behind: Condvar::new(),
            writing_out: Mutex::default(),
            waiters: Waiters::default(),
            shelf,
            older: AtomicU64::new(reader.older_bytes()),
            reader: Mutex::new(reader),
            committed: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            allocated: AtomicU64::new(allocated),
            next_number: AtomicU64::new(own.unused),
            lost: AtomicU64::new(0),
            damaged: AtomicU64::new(0),
            losing: AtomicBool::new(false),
        })
    }

    /// Bytes that are not acknowledged, of all journals.
    fn held(&self) -> u64 {
        let own = self.committed.load(Ordering::Acquire);
        let own = own.saturating_sub(self.acknowledged.load(Ordering::Relaxed));
        own + self.older.load(Ordering::Relaxed)
    }

    /// Notes how far the reader is, and makes use of the room that it has left.
    fn let_go(&self, reader: &Reader, freed: u64) {
        self.acknowledged.store(reader.own.cursor(), Ordering::Relaxed);
        self.older.store(reader.older_bytes(), Ordering::Relaxed);
        if freed > 0 {
            self.allocated.fetch_sub(freed, Ordering::Relaxed);
            write::use_room(self);
        }
    }
}
