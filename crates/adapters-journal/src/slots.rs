//! Which process writes where: the data folder has numbered slots, and each is used by the process that has locked it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

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

/// Makes the folder where it is not there yet.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Takes the first slot that no process holds.
pub(crate) fn take(folder: &Path) -> io::Result<Slot> {
    for number in 0..MOST {
        let dir = folder.join(number.to_string());
        // Another process may be clearing the slot away at this very moment; then it is made anew.
        for _ in 0..10 {
            make_folder(&dir)?;
            match hold(&dir) {
                Ok(Held::By(slot)) => return Ok(slot),
                Ok(Held::Elsewhere) => break,
                Ok(Held::Replaced) => {}
                Err(fault) if fault.kind() == ErrorKind::NotFound => {}
                Err(fault) => return Err(fault),
            }
        }
    }
    Err(io::Error::other("every slot of the click journal's folder is taken"))
}

/// Takes every slot that a process has left clicks in and no process holds, in the order of their numbers.
pub(crate) fn take_left(folder: &Path) -> io::Result<Vec<Slot>> {
    let mut left = Vec::new();
    for (_, dir) in all(folder)? {
        let held = match hold(&dir) {
            Err(fault) if fault.kind() == ErrorKind::NotFound => continue,
            held => held?,
        };
        let Held::By(slot) = held else { continue };
        if segment::numbers(&dir)?.0.is_empty() {
            slot.clear_away();
        } else {
            left.push(slot);
        }
    }
    Ok(left)
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
