//! `ChangeLog`: how nodes, and other programs on the same store, learn what to look at again.

use std::collections::VecDeque;

use async_trait::async_trait;
use lp_core::Handle;
use lp_ports::{Change, ChangeLog, ChangeNote, ChangePosition, Changed, Changes, StoreError};

use crate::MemoryStore;

/// The newest notes. Each has a number, counted from 1 and never given twice, and a position is the number of the last
/// note that was read.
#[derive(Default)]
pub(crate) struct Log {
    notes: VecDeque<ChangeNote>,
    /// How many older ones are forgotten: the first that is left has the number after this.
    forgotten: u64,
}

impl Log {
    /// Notes what a batch changed, each thing once. Notes must become visible in the order of their numbers; here the
    /// mutex sees to it. A database gives numbers out before it commits, and then a reader can step over one that is late:
    /// number them at the commit, or let readers wait for the slow.
    pub(crate) fn append(&mut self, handle: &Handle, version: u64, changes: &[Change]) {
        let mut noted: Vec<Changed> = Vec::new();
        for changed in changes.iter().map(Change::noted) {
            if !noted.contains(&changed) {
                self.notes.push_back(ChangeNote {
                    handle: handle.clone(),
                    version,
                    changed: changed.clone(),
                });
                noted.push(changed);
            }
        }
    }

    fn end(&self) -> u64 {
        self.forgotten + self.notes.len() as u64
    }
}

#[async_trait]
impl ChangeLog for MemoryStore {
    /// Not the number of the last note that is left: there may be none left.
    async fn position(&self) -> Result<ChangePosition, StoreError> {
        Ok(ChangePosition(self.state().log.end()))
    }

    async fn changes(&self, after: ChangePosition, limit: u32) -> Result<Changes, StoreError> {
        let state = self.state();
        let log = &state.log;
        // Who is further behind than the log reaches goes on with the oldest note, and is told so.
        let from = after.0.max(log.forgotten);
        let skip = usize::try_from(from - log.forgotten).unwrap_or(usize::MAX);
        let notes: Vec<_> = log.notes.iter().skip(skip).take(limit as usize).cloned().collect();
        // Where there is nothing to read the position stays as it was: by that a reader knows the end.
        let position = if notes.is_empty() { after.0 } else { from + notes.len() as u64 };
        Ok(Changes { notes, position: ChangePosition(position), missed: after.0 < log.forgotten })
    }

    async fn trim(&self, keep: u64) -> Result<u64, StoreError> {
        let log = &mut self.state().log;
        let old = log.notes.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
        log.notes.drain(..old);
        log.forgotten += old as u64;
        Ok(old as u64)
    }
}
