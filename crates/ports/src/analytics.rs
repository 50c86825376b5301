use async_trait::async_trait;
use lp_analytics::{Click, Range, Totals};
use lp_core::{Handle, SlugKey};

use crate::{JournalId, StoreError};

/// Takes measurements in.
///
/// Contract: clicks and the journal's position are written in one transaction, and a position that was reached before
/// changes nothing, so that a batch handed in twice is counted once.
#[async_trait]
pub trait Ingest: Send + Sync {
    /// Adds clicks and notes that the journal is taken in up to `upto`.
    async fn ingest(&self, journal: &JournalId, upto: u64, clicks: &[Click]) -> Result<(), StoreError>;

    /// How far a journal was taken in; 0 for one that is not known.
    async fn ingested(&self, journal: &JournalId) -> Result<u64, StoreError>;
}

/// Reads counts.
#[async_trait]
pub trait AnalyticsReader: Send + Sync {
    /// Counts of a handle, or of one of its slugs, in a range.
    async fn totals(
        &self,
        handle: &Handle,
        range: Range,
        slug: Option<&SlugKey>,
    ) -> Result<Totals, StoreError>;
}
