use async_trait::async_trait;
use lp_core::{Handle, SlugKey};

use crate::StoreError;

/// How far a reader of the change log has come. Only a store makes these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangePosition(pub u64);

/// What a node must look at again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Changed {
    /// The link under this slug: made, changed, deleted or restored.
    Link(SlugKey),
    /// Accounts, handles or tokens.
    Access,
}

/// One entry of the change log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeNote {
    /// Whose.
    pub handle: Handle,
    /// The handle's version that brought it.
    pub version: u64,
    /// What.
    pub changed: Changed,
}

/// A stretch of the change log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// In the order in which they became visible; per handle in order of version.
    pub notes: Vec<ChangeNote>,
    /// Where to go on.
    pub position: ChangePosition,
}

/// How nodes learn what others have committed.
///
/// Contract: a reader that goes on from each answer's position sees every note once, those of transactions that were
/// slow to commit included.
#[async_trait]
pub trait ChangeLog: Send + Sync {
    /// The end of the log now.
    async fn position(&self) -> Result<ChangePosition, StoreError>;

    /// What came after a position, at most `limit` notes.
    async fn changes(&self, after: ChangePosition, limit: u32) -> Result<Changes, StoreError>;
}
