use std::time::Duration;

use async_trait::async_trait;
use lp_analytics::{Click, Counts, Range, Totals};
use lp_core::{ClickId, Handle, SlugKey, Timestamp};

use crate::{JournalId, StoreError, Stretch};

/// Takes measurements in.
///
/// Contract: the clicks, the hourly counts that [`lp_analytics::tally`] makes of them and the journal's position are
/// written in one transaction. A stretch is taken only where its journal stands at the stretch's `from`, so that one
/// handed in twice, by anybody, is counted once. What was taken is counted by the next [`AnalyticsReader::totals`].
#[async_trait]
pub trait Ingest: Send + Sync {
    /// How many clicks one stretch should have at most. In a busy hour thousands of clicks share their counts, so that a
    /// large one writes fewer of those; but other writes may have to wait for as long as it takes.
    fn longest(&self) -> usize {
        20_000
    }

    /// Takes a stretch in, and answers where its journal stands from now on: at `upto` where it was taken; anywhere else
    /// it was not, and the reader has to go on from there.
    async fn ingest(&self, stretch: &Stretch) -> Result<u64, StoreError>;

    /// How far a journal was taken in; 0 for one that is not known.
    async fn ingested(&self, journal: &JournalId) -> Result<u64, StoreError>;

    /// Forgets the clicks of whole UTC days before an instant, and answers how many those were. Their hourly counts and
    /// the number of their visitors are kept.
    async fn expire(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// Reads counts, and the clicks they were made of.
#[async_trait]
pub trait AnalyticsReader: Send + Sync {
    /// Counts of a handle, or of one of its slugs, in a range. Where clicks are forgotten already, the range is widened
    /// to whole hours, and for visitors to whole days.
    async fn totals(
        &self,
        handle: &Handle,
        range: Range,
        slug: Option<&SlugKey>,
    ) -> Result<Totals, StoreError>;

    /// One click of a handle; `None` where there is none of this id, or it is forgotten. It is looked for within
    /// [`AROUND`] of the instant that its id tells.
    async fn click(&self, handle: &Handle, id: ClickId) -> Result<Option<Click>, StoreError>;

    /// The newest clicks of a handle, the newest first; of those of one instant the greatest id. Bots are left out.
    async fn newest_visits(
        &self,
        handle: &Handle,
        slug: Option<&SlugKey>,
        most: u32,
    ) -> Result<Vec<Click>, StoreError>;
}

/// How far a click's instant may be from what its id tells: nothing, but for clicks of when the two were asked of the
/// clock one after the other.
pub const AROUND: Duration = Duration::from_secs(2);

/// A day of a handle whose clicks are still there: what its counts must be, and what they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayCounts {
    /// How many clicks were looked at.
    pub clicks: u64,
    /// Made of these clicks, now.
    pub derived: Counts,
    /// As they were written when the clicks came in.
    pub stored: Counts,
}

/// Holds the counts against the clicks that they were made of.
#[async_trait]
pub trait CountsReader: Send + Sync {
    /// The handles and UTC days (their first instants) of which clicks or counts are kept and no clicks are forgotten,
    /// in order.
    async fn countable_days(&self) -> Result<Vec<(Handle, Timestamp)>, StoreError>;

    /// Both sides of a day, read at one moment, so that a running intake makes no difference.
    async fn day_counts(&self, handle: &Handle, day: Timestamp) -> Result<DayCounts, StoreError>;
}
