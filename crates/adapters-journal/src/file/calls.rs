use std::fs::File;
use std::io;
use std::path::Path;

use crate::segment;

/// How a file is brought to the disk.
pub(crate) type Sync = fn(&File) -> io::Result<()>;

/// How a segment is made: in this folder, with this number and this size.
pub(crate) type Create = fn(&Path, u64, u64) -> io::Result<File>;

/// What the system is asked for that may fail or take as long as it likes.
#[derive(Clone, Copy)]
pub(crate) struct Calls {
    pub(crate) sync: Sync,
    pub(crate) create: Create,
}

impl Default for Calls {
    fn default() -> Self {
        Self { sync: File::sync_data, create: segment::create }
    }
}
