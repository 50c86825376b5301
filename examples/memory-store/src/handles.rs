//! `HandleReader`: members, profiles and names of handles, and what becomes of those that are given up.

use std::sync::Arc;

use async_trait::async_trait;
use lp_access::{HandleRecord, HandleState, Members, Profile};
use lp_core::Handle;
use lp_ports::{HandleReader, StoreError};

use crate::MemoryStore;

#[async_trait]
impl HandleReader for MemoryStore {
    async fn members(&self, handle: &Handle) -> Result<Option<Members>, StoreError> {
        Ok(self.state().access.members.get(handle).cloned())
    }

    async fn profile(&self, handle: &Handle) -> Result<Profile, StoreError> {
        Ok(self.state().access.profiles.get(handle).cloned().unwrap_or_default())
    }

    async fn named(&self, name: &Handle) -> Result<Option<Handle>, StoreError> {
        Ok(self.state().access.names.get(name).cloned())
    }

    async fn handles_apart(&self) -> Result<Vec<HandleRecord>, StoreError> {
        let state = self.state();
        let apart = state.access.handles.values().filter(|record| !record.is_plain());
        Ok(apart.cloned().collect())
    }

    /// All at once: nobody waits for a map for long. What stays are names, audit and version.
    async fn purge(&self, handle: &Handle) -> Result<u64, StoreError> {
        let state = &mut *self.state();
        let known = state.access.handles.get(handle);
        if known.is_none_or(|record| record.state != HandleState::Purging) {
            return Ok(0);
        }
        let access = Arc::make_mut(&mut state.access);
        access.handles.remove(handle);
        let mut rows = 1 + access.members.remove(handle).map_or(0, |members| members.all().count());
        rows += usize::from(access.profiles.remove(handle).is_some());
        let before = access.tokens.len();
        access.tokens.retain(|_, token| token.handle != *handle);
        rows += before - access.tokens.len();
        rows += Arc::make_mut(&mut state.connections).keep(|connection| connection.handle != *handle);
        let links = state.links.remove(handle).unwrap_or_default();
        rows += links.live.len() + links.revisions.values().map(Vec::len).sum::<usize>();
        rows += state.rules.remove(handle).map_or(0, |rules| rules.count());
        rows += state.events.remove(handle).map_or(0, |events| events.len());
        rows += state.clicks.remove(handle).map_or(0, |clicks| clicks.kept.len() + clicks.hours.len());
        let before = state.budgets.len();
        state.budgets.retain(|(of, _), _| of != handle);
        rows += before - state.budgets.len();
        Ok(rows as u64)
    }
}
