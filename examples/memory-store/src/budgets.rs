//! `ClickBudgets`: how many clicks of links with a limit were handed out. No batch writes them, like measurements.

use async_trait::async_trait;
use lp_core::{Handle, LinkId};
use lp_ports::{ClickBudgets, HandedOut, StoreError};

use crate::MemoryStore;

#[async_trait]
impl ClickBudgets for MemoryStore {
    /// Looking at what is left and taking of it is one step: of racing callers none may get what another got. Where the
    /// limit was lowered below what is handed out, nothing is left.
    async fn hand_out(
        &self,
        handle: &Handle,
        link: LinkId,
        limit: u32,
        wanted: u32,
    ) -> Result<HandedOut, StoreError> {
        let mut state = self.state();
        let handed_out = state.budgets.entry((handle.clone(), link)).or_default();
        let left = limit.saturating_sub(*handed_out);
        let granted = wanted.min(left);
        *handed_out += granted;
        Ok(HandedOut { granted, left: left - granted })
    }

    async fn take_back(&self, handle: &Handle, link: LinkId, count: u32) -> Result<(), StoreError> {
        if let Some(handed_out) = self.state().budgets.get_mut(&(handle.clone(), link)) {
            *handed_out = handed_out.saturating_sub(count);
        }
        Ok(())
    }

    async fn handed_out(&self, handle: &Handle, link: LinkId) -> Result<u64, StoreError> {
        Ok(self.state().budgets.get(&(handle.clone(), link)).copied().unwrap_or(0).into())
    }
}
