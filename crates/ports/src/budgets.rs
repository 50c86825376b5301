use async_trait::async_trait;
use lp_core::{Handle, LinkId};

use crate::StoreError;

/// What was handed out of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedOut {
    /// So many clicks, at most as many as wanted; fewer only where nothing is left behind them.
    pub granted: u32,
    /// How many can be handed out after them.
    pub left: u32,
}

/// How many clicks of a link with a limit were handed out to nodes, which let visitors through for them.
///
/// Contract: of racing callers none gets what another got, and what was handed out and not taken back never grows beyond the
/// limit that a call names, however many nodes ask and for how long. An answer that does not arrive may have been handed
/// out, and counts so. Limits are in what is given, so a changed one changes only what is left. Budgets are forgotten with
/// the handle, and by nothing else.
#[async_trait]
pub trait ClickBudgets: Send + Sync {
    /// Hands out up to `wanted` clicks of those that `limit` leaves.
    async fn hand_out(
        &self,
        handle: &Handle,
        link: LinkId,
        limit: u32,
        wanted: u32,
    ) -> Result<HandedOut, StoreError>;

    /// Takes back what was handed out and not used. Whoever gets no answer must not ask again: it may have been taken back.
    async fn take_back(&self, handle: &Handle, link: LinkId, count: u32) -> Result<(), StoreError>;

    /// How many are handed out; 0 where none ever were.
    async fn handed_out(&self, handle: &Handle, link: LinkId) -> Result<u64, StoreError>;
}
