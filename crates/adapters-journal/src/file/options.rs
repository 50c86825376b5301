use std::io;
use std::path::PathBuf;
use std::time::Duration;

use lp_ports::JournalId;
use thiserror::Error;

/// How soon a noted click outlives what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The end of the process, however it ends, when `append` returns. A power cut takes what the system had not
    /// written out by itself.
    #[default]
    Process,
    /// A power cut too, once what `append` returns has ended.
    Disk,
    /// The end of the process after 10 ms.
    Memory,
}

/// How a journal on disk is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalOptions {
    pub durability: Durability,
    /// How many bytes may lie in the folder for this process: clicks not acknowledged, rounded up to segments, one of
    /// them being prepared. Four segments at least.
    pub capacity: u64,
    /// Bytes of one file; rounded up to whole pages.
    pub segment: u64,
    /// How long an append waits at most where the next file is not ready yet; then the click is lost.
    pub patience: Duration,
}

/// Why a journal cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    #[error("the click journal's folder {folder} cannot be used")]
    Folder { folder: PathBuf, source: io::Error },
    #[error("the id of a journal has 1 to 36 bytes, none of them zero: {0:?}")]
    Id(JournalId),
    #[error("the click journal's threads cannot be started")]
    Thread(#[source] io::Error),
}

const PAGE: u64 = 4_096;
/// One is written, one prepared, one read, and one is there while the next is made.
const FEWEST: u64 = 4;

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            durability: Durability::default(),
            capacity: 1 << 30,
            segment: 16 << 20,
            patience: Duration::from_millis(50),
        }
    }
}

impl JournalOptions {
    /// With a segment that is whole pages, at least one (which holds any record), and can be addressed in memory; and
    /// with room for a few of them.
    pub(crate) fn rounded(self) -> Self {
        let segment = self.segment.clamp(PAGE, 1 << 30).next_multiple_of(PAGE);
        Self { segment, capacity: self.capacity.max(FEWEST * segment), ..self }
    }
}
