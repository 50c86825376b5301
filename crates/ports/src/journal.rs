use std::fmt;
use std::future::Future;
use std::pin::Pin;

use lp_analytics::{Click, ClickRef};
use thiserror::Error;

use crate::Source;

/// Which journal: every start of a node begins one of its own, so that a copied or restored folder never continues the
/// positions of another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JournalId(pub String);

/// The journal cannot take a click now. The visitor is answered all the same, and the loss is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the click journal is full")]
pub struct JournalFull;

/// The journal's files cannot be read.
#[derive(Debug, Error)]
#[error("the click journal cannot be read")]
pub struct JournalError(#[source] pub Source);

/// How a click was kept.
pub enum Kept {
    /// As durably as the journal's mode promises, already.
    Now,
    /// As durably once this has ended; it always does within a second, durable or not, and tells which.
    Once(Settling),
}

/// Ends with whether the click is as durable as promised.
pub type Settling = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Where visits are noted before they are counted.
pub trait ClickJournal: Send + Sync {
    /// Appends without waiting: no lock that a writer may hold long, no call to the outside.
    fn append(&self, click: ClickRef<'_>) -> Result<Kept, JournalFull>;
}

/// A part of one journal, on its way into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Whose part.
    pub journal: JournalId,
    /// Where the part before it ended; 0 at the start of a journal.
    pub from: u64,
    /// The position behind the last click.
    pub upto: u64,
    /// In the order of their appending.
    pub clicks: Vec<Click>,
}

/// How a journal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JournalStanding {
    /// Clicks that could not be kept since the start.
    pub lost: u64,
    /// Records that were damaged or torn when they were read; nobody was promised those.
    pub damaged: u64,
    /// What is held, in bytes where the journal lies on a disk, else in clicks.
    pub held: u64,
    /// How much it may hold, in the same unit.
    pub capacity: u64,
}

/// The other end of the journal, and of those that earlier starts of the node have left.
pub trait JournalReader: Send + Sync {
    /// The oldest clicks not acknowledged, at most `max` of one journal; the same again until acknowledged. `None`
    /// where there are none.
    fn read(&self, max: usize) -> Result<Option<Stretch>, JournalError>;

    /// Goes on at a position of a journal, wherever that is: the next stretch of it begins there, and what lies before
    /// is let go. A position that was never given out, or that was left behind already, is one too.
    fn acknowledge(&self, journal: &JournalId, upto: u64);

    /// How it stands.
    fn standing(&self) -> JournalStanding;
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Now => "Now",
            Self::Once(_) => "Once",
        })
    }
}

impl fmt::Display for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
