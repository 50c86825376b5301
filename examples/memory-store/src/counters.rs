//! `Counters`: calls that all nodes count together. Only a store that several nodes share needs them.

use std::time::Duration;

use async_trait::async_trait;
use lp_access::Rate;
use lp_ports::{Counters, StoreError, Taken};

use crate::MemoryStore;

#[async_trait]
impl Counters for MemoryStore {
    /// Reading the bucket and writing it back is one step: of racing takers none may get what another got. How much there
    /// is to take is the domain's, [`Rate::take`], by the store's own clock.
    async fn take(&self, caller: &str, rate: Rate, wanted: u32) -> Result<Taken, StoreError> {
        let mut state = self.state();
        let now = self.elapsed();
        let before = state.buckets.get(caller).copied().unwrap_or(Duration::ZERO);
        let (granted, full_at) = rate.take(before, now, wanted);
        if granted > 0 {
            state.buckets.insert(caller.to_owned(), full_at);
        }
        Ok(Taken { granted, full_in: full_at.saturating_sub(now) })
    }

    async fn forget_full(&self) -> Result<u64, StoreError> {
        let mut state = self.state();
        let now = self.elapsed();
        let before = state.buckets.len();
        state.buckets.retain(|_, full_at| *full_at > now);
        Ok((before - state.buckets.len()) as u64)
    }
}
