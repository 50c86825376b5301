//! `AuditReader`: who did what, in a chain of hashes per handle.

use async_trait::async_trait;
use lp_access::{AuditEntry, AuditFilter, AuditHash, AuditRecord, chain};
use lp_core::Handle;
use lp_ports::{AuditReader, StoreError};

use crate::MemoryStore;

/// Appends the entry. Its hash takes in the one before it, so that an entry that is changed, swapped or missing shows;
/// how it is made is the domain's, [`chain`].
pub(crate) fn append(records: &mut Vec<AuditRecord>, entry: &AuditEntry) {
    let (seq, prev) = records.last().map_or((1, AuditHash::START), |last| (last.seq + 1, last.hash));
    records.push(AuditRecord { seq, prev, hash: chain(&prev, seq, entry), entry: entry.clone() });
}

#[async_trait]
impl AuditReader for MemoryStore {
    async fn audit(&self, handle: &Handle, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let state = self.state();
        let records = state.audit.get(handle).into_iter().flatten();
        Ok(records.filter(|record| record.seq > after).take(limit as usize).cloned().collect())
    }

    async fn audit_found(
        &self,
        handle: &Handle,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let state = self.state();
        let newest = state.audit.get(handle).into_iter().flatten().rev();
        let found = newest.filter(|record| {
            before.is_none_or(|before| record.seq < before) && filter.matches(&record.entry)
        });
        Ok(found.take(limit as usize).cloned().collect())
    }

    /// A store whose entries can be lost or cut off by somebody else keeps this apart from them. From this one nobody
    /// can take anything, so the newest entry is the head.
    async fn audit_head(&self, handle: &Handle) -> Result<Option<(u64, AuditHash)>, StoreError> {
        let state = self.state();
        Ok(state.audit.get(handle).and_then(|records| records.last()).map(|last| (last.seq, last.hash)))
    }

    async fn audited_handles(&self) -> Result<Vec<Handle>, StoreError> {
        Ok(self.state().audit.keys().cloned().collect())
    }
}
