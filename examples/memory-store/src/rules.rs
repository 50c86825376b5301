//! `RulesReader`: what is decided for whole handles, now and at every revision before.

use async_trait::async_trait;
use lp_core::{Handle, Revision};
use lp_personalization::{HandleRules, RulesItem, RulesWrite};
use lp_ports::{CommitError, Guard, RulesReader, StoreError};

use crate::MemoryStore;

/// Every item that was ever written for one handle, with its revision, in order. Put together from the first on they are the
/// rules of any moment; a store over a database looks up the newest row of each item instead.
#[derive(Clone, Default)]
pub(crate) struct Rules {
    items: Vec<(Revision, RulesItem)>,
}

impl Rules {
    /// How often they have been changed.
    pub(crate) fn latest(&self) -> Revision {
        self.items.last().map_or(Revision(0), |(revision, _)| *revision)
    }

    pub(crate) fn count(&self) -> usize {
        self.items.len()
    }

    /// A write that was decided upon another revision is answered as the guard that would have found it.
    pub(crate) fn write(&mut self, handle: &Handle, write: &RulesWrite) -> Result<(), CommitError> {
        if self.latest() != write.before {
            let (handle, revision) = (handle.clone(), write.before);
            return Err(CommitError::Stale(Guard::RulesAt { handle, revision }));
        }
        self.items.extend(write.items.iter().map(|item| (write.after.revision, item.clone())));
        Ok(())
    }
}

#[async_trait]
impl RulesReader for MemoryStore {
    async fn rules(&self, handle: &Handle, at: Option<Revision>) -> Result<HandleRules, StoreError> {
        let state = self.state();
        let all = state.rules.get(handle).map_or(&[][..], |rules| &rules.items);
        let known = all.iter().take_while(|(revision, _)| at.is_none_or(|at| *revision <= at));
        let latest = known.clone().last().map_or(Revision(0), |(revision, _)| *revision);
        Ok(HandleRules::restore(latest, known.map(|(_, item)| item.clone())))
    }
}
