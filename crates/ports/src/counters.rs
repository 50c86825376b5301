use std::time::Duration;

use async_trait::async_trait;
use lp_access::Rate;

use crate::StoreError;

/// What was taken out of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// So many calls, at most as many as wanted; 0 where nothing is left.
    pub granted: u32,
    /// Until the bucket is full again.
    pub full_in: Duration,
}

/// What all nodes count together.
///
/// Contract: of racing takers of one bucket none gets what another got: however many nodes ask, no more is granted than
/// [`lp_access::Rate::take`] says. Time is the store's own, because nodes' clocks differ. Buckets may be forgotten once
/// they are full, and by a crash of the store.
#[async_trait]
pub trait Counters: Send + Sync {
    /// Takes up to `wanted` calls out of the caller's bucket.
    async fn take(&self, caller: &str, rate: Rate, wanted: u32) -> Result<Taken, StoreError>;

    /// Forgets buckets that are full, and says how many.
    async fn forget_full(&self) -> Result<u64, StoreError>;
}
