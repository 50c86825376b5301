use async_trait::async_trait;
use lp_access::AuditRecord;
use lp_core::Handle;

use crate::StoreError;

/// Reads the audit.
#[async_trait]
pub trait AuditReader: Send + Sync {
    /// The entries of a handle above a number, in order, at most `limit`.
    async fn audit(&self, handle: &Handle, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// The handles that have an audit, in name order: what a check of all chains walks.
    async fn audited_handles(&self) -> Result<Vec<Handle>, StoreError>;
}
