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
    /// What is decided for the whole handle: its rules.
    Rules,
    /// Accounts, handles, tokens or sessions.
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
    /// Notes behind the asked position are forgotten already: what is held may be old, whatever these notes say.
    pub missed: bool,
}

/// How nodes learn what others have committed.
///
/// Contract: a reader that goes on from each answer's position sees every note once, those of transactions that were
/// slow to commit included. It is at the end where the position stays as it was: fewer notes than `limit` need not be
/// the last, for a note that cannot be read is logged and stepped over. A hint must not hold up those behind it.
#[async_trait]
pub trait ChangeLog: Send + Sync {
    /// The end of the log now.
    async fn position(&self) -> Result<ChangePosition, StoreError>;

    /// What came after a position, at most `limit` notes.
    async fn changes(&self, after: ChangePosition, limit: u32) -> Result<Changes, StoreError>;

    /// Ends when another node may have committed something, sooner than the next look would find it; may be wrong, and
    /// may never end.
    async fn hint(&self) {
        std::future::pending::<()>().await;
    }

    /// Forgets all but the newest `keep` notes and says how many. Positions stay valid; a reader that is further behind
    /// goes on with the oldest note that is left, and is told that it missed some.
    async fn trim(&self, keep: u64) -> Result<u64, StoreError>;
}
