use lp_analytics::Click;
use thiserror::Error;

/// Which journal: a node keeps its own, and a new one where the old cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JournalId(pub String);

/// The journal cannot take a click now. The visitor is answered all the same, and the loss is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the click journal is full")]
pub struct JournalFull;

/// Where visits are noted before they are counted.
pub trait ClickJournal: Send + Sync {
    /// Appends without waiting: no lock that a writer may hold long, no call to the outside. When it returns, the
    /// click is as durable as the journal's mode promises.
    fn append(&self, click: Click) -> Result<(), JournalFull>;
}

/// A stretch of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JournalBatch {
    /// In the order of their appending.
    pub clicks: Vec<Click>,
    /// The position behind the last of them.
    pub upto: u64,
}

/// The other end of the journal.
pub trait JournalReader: Send + Sync {
    /// Which journal this is.
    fn id(&self) -> JournalId;

    /// What is not acknowledged yet, at most `max` clicks; the same again until it is.
    fn read(&self, max: usize) -> JournalBatch;

    /// Lets go of everything before the position.
    fn acknowledge(&self, upto: u64);

    /// How many clicks could not be kept since the start.
    fn lost(&self) -> u64;
}
