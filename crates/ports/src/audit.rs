use async_trait::async_trait;
use lp_access::{AuditFilter, AuditHash, AuditRecord};
use lp_core::Handle;

use crate::StoreError;

/// Reads the audit.
#[async_trait]
pub trait AuditReader: Send + Sync {
    /// The entries of a handle above a number, in order, at most `limit`.
    async fn audit(&self, handle: &Handle, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    /// The entries of a handle that a filter matches ([`AuditFilter::matches`]), newest first, at most `limit`; with
    /// `before` only those below that number.
    async fn audit_found(
        &self,
        handle: &Handle,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError>;

    /// Where the chain of a handle ends: number and hash of its newest entry; `None` where it has no entries.
    ///
    /// Contract: it is kept apart from the entries, so a chain whose newest ones were cut off no longer fits it. Its
    /// entry was readable before it was, and no entry that was read before it lies above it.
    async fn audit_head(&self, handle: &Handle) -> Result<Option<(u64, AuditHash)>, StoreError>;

    /// The handles that have an audit, in name order: what a check of all chains walks.
    async fn audited_handles(&self) -> Result<Vec<Handle>, StoreError>;
}
