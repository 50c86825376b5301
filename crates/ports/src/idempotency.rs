use async_trait::async_trait;
use lp_core::Timestamp;

use crate::StoreError;

/// Under what a reply is remembered: keys of different actors or operations never meet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReplyKey {
    /// The actor, as the audit names it.
    pub actor: String,
    /// The operation's name.
    pub operation: String,
    /// The caller's own key, 1 to 128 characters.
    pub key: String,
}

/// What a call was answered, kept for its repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReply {
    /// Under what.
    pub key: ReplyKey,
    /// SHA-256 of what was asked: another question under the same key is a conflict.
    pub fingerprint: [u8; 32],
    /// Whether something was made.
    pub created: bool,
    /// The reply, as JSON text.
    pub body: String,
    /// From then on it is forgotten.
    pub expires_at: Timestamp,
}

/// Reads remembered replies.
#[async_trait]
pub trait IdempotencyReader: Send + Sync {
    /// What was answered under the key; `None` where nothing was, or it is forgotten by `now`.
    async fn reply(&self, key: &ReplyKey, now: Timestamp) -> Result<Option<StoredReply>, StoreError>;

    /// Drops what is forgotten by `now`; says how many.
    async fn forget(&self, now: Timestamp) -> Result<u64, StoreError>;
}
