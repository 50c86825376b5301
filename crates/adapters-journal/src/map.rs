#![expect(unsafe_code, reason = "writing to a file through memory is what spares a click the system call")]

use std::fs::File;
use std::sync::Arc;
use std::{io, ptr};

use lp_core::prefetch;
use memmap2::{MmapOptions, MmapRaw};

/// What the system maps at a time, or a multiple of it.
const PAGE: usize = 4_096;

/// The bytes of a file, written in memory and shared with whoever reads the file.
///
/// What is written here is the operating system's at once: it outlives the process, however that ends.
pub(crate) struct Map(Arc<MmapRaw>);

/// A part of a map that will be written to soon.
pub(crate) struct Cold {
    map: Arc<MmapRaw>,
    offset: usize,
    length: usize,
}

impl Map {
    /// Maps the first `length` bytes. The file must be open for writing, have that many bytes with room for them on the
    /// disk, and never get shorter: a write to what is not there, or cannot be stored, ends the process. Where the file
    /// system reserves no room, nobody can rule that out.
    pub(crate) fn new(file: &File, length: usize) -> io::Result<Self> {
        MmapOptions::new().len(length).map_raw(file).map(|map| Self(Arc::new(map)))
    }

    /// The part from an offset on, as much of it as there is.
    pub(crate) fn cold(&self, offset: usize, length: usize) -> Cold {
        let offset = offset.min(self.0.len()) / PAGE * PAGE;
        Cold { map: self.0.clone(), offset, length: length.min(self.0.len() - offset) }
    }

    /// Asks memory for the bytes from an offset on, as many as will be written there next. None of it need be inside.
    pub(crate) fn prefetch(&self, offset: usize, length: usize) {
        const LINE: usize = 64;
        for at in (offset..offset.saturating_add(length)).step_by(LINE) {
            prefetch(self.0.as_ptr().wrapping_add(at));
        }
    }

    /// Writes at an offset, or does nothing and says so where that is not inside.
    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) -> bool {
        let inside = offset.checked_add(bytes.len()).is_some_and(|end| end <= self.0.len());
        if inside {
            // SAFETY: `offset + bytes.len()` lies within the mapping, which was made writable and lives as long as
            // `self`. `bytes` cannot overlap it: no reference into it is ever handed out. `&mut self` keeps other
            // threads of this process from writing at once. The file was made at its full size, its slot is locked by
            // this process, and this process never truncates it, so each page lies within the file. That a page can
            // also be stored holds where the file system reserves blocks. On one that copies on write or is thinly
            // provided (btrfs, ZFS, thin volumes) it may not, and on none does it hold against a disk that fails or
            // somebody who truncates the file: then the write ends the process (SIGBUS) before anything else sees it,
            // which is sound, and the next start recovers.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), self.0.as_mut_ptr().add(offset), bytes.len()) };
        }
        inside
    }
}

impl Cold {
    /// Has the system make the pages ready to be written to, and changes nothing in them. The first write to a page that
    /// is not waits for the file system, which waits for the disk while somebody has it synced.
    pub(crate) fn warm(&self) {
        // Where the system cannot do so, the first write to each page still does.
        #[cfg(target_os = "linux")]
        let _ = self.map.advise_range(memmap2::Advice::PopulateWrite, self.offset, self.length);
    }
}
