//! Which process writes where: the data folder has numbered slots, and each is used by the process that has locked it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use tracing::warn;

use crate::segment;

const LOCK: &str = "lock";
/// More processes than this on one data folder are a mistake.
const MOST: u32 = 1_000;

/// A slot that this process holds until the value is gone.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) dir: PathBuf,
    /// Locked; closing it unlocks.
    _lock: File,
}

/// Makes the folder where it is not there yet, so that it outlives a power cut.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for made in missing {
        let parent = made.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        // Not everybody may open what they may make a folder in.
        if let Err(fault) = File::open(parent).and_then(|parent| parent.sync_all()) {
            warn!(error.source = %fault, journal.folder = %made.display(), "a power cut may take the folder of the click journal that was just made");
        }
    }
    Ok(())
}

/// Takes the first slot that no process holds and this one can.
pub(crate) fn take(folder: &Path) -> io::Result<Slot> {
    let mut first_fault = None;
    for number in 0..MOST {
        match try_taking(&folder.join(number.to_string())) {
            Ok(Some(slot)) => return Ok(slot),
            Ok(None) => {}
            Err(fault) => {
                first_fault.get_or_insert(fault);
            }
        }
    }
    Err(first_fault.unwrap_or_else(|| io::Error::other("every slot of the click journal's folder is taken")))
}

fn try_taking(dir: &Path) -> io::Result<Option<Slot>> {
    // Another process may be clearing the slot away at this very moment; then it is made anew.
    for _ in 0..10 {
        make_folder(dir)?;
        match hold(dir) {
            Ok(Held::By(slot)) => {
                // One that cannot be looked into is of no use.
                segment::numbers(dir)?;
                return Ok(Some(slot));
            }
            Ok(Held::Elsewhere) => return Ok(None),
            Ok(Held::Replaced) => {}
            Err(fault) if fault.kind() == ErrorKind::NotFound => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(None)
}

/// Takes every slot that a process has left clicks in and no process holds, in the order of their numbers.
pub(crate) fn take_left(folder: &Path) -> io::Result<Vec<Slot>> {
    let mut left = Vec::new();
    for (_, dir) in all(folder)? {
        match try_taking_over(&dir) {
            Ok(slot) => left.extend(slot),
            Err(fault) if fault.kind() == ErrorKind::NotFound => {}
            Err(fault) => passed_over(&dir, &fault),
        }
    }
    Ok(left)
}

fn try_taking_over(dir: &Path) -> io::Result<Option<Slot>> {
    let Held::By(slot) = hold(dir)? else { return Ok(None) };
    if segment::numbers(dir)?.0.is_empty() {
        slot.clear_away();
        return Ok(None);
    }
    Ok(Some(slot))
}

/// Says that what lies in a slot is left to a later start.
pub(crate) fn passed_over(dir: &Path, fault: &io::Error) {
    warn!(error.source = %fault, journal.folder = %dir.display(), "a slot of the click journal cannot be used; clicks in it wait for a later start");
}

/// The numbers and folders of the slots that are there.
pub(crate) fn all(folder: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let mut slots = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(number) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) {
            slots.push((number, entry.path()));
        }
    }
    slots.sort_unstable();
    Ok(slots)
}

impl Slot {
    /// Removes a slot that nothing is left in. What is set aside in it stays, and with it the folder.
    pub(crate) fn clear_away(self) {
        // Unlocked only after it is gone: whoever has opened it meanwhile sees that it is not the slot's lock any more.
        fs::remove_file(self.dir.join(LOCK)).ok();
        fs::remove_dir(&self.dir).ok();
    }
}

/// What came of trying.
enum Held {
    By(Slot),
    Elsewhere,
    /// The lock was removed between opening and locking.
    Replaced,
}

fn hold(dir: &Path) -> io::Result<Held> {
    let path = dir.join(LOCK);
    let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Held::Elsewhere),
        Err(TryLockError::Error(fault)) => return Err(fault),
    }
    let (mine, there) = (lock.metadata()?, fs::metadata(&path));
    let same = there.is_ok_and(|there| (there.dev(), there.ino()) == (mine.dev(), mine.ino()));
    Ok(if same { Held::By(Slot { dir: dir.to_owned(), _lock: lock }) } else { Held::Replaced })
}
