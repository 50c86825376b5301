//! `IdempotencyReader`: what calls were answered, for their repeats.

use std::collections::HashMap;

use async_trait::async_trait;
use lp_core::Timestamp;
use lp_ports::{IdempotencyReader, ReplyKey, StoreError, StoredReply};

use crate::MemoryStore;

/// What is remembered under the key at the instant. From `expires_at` on a reply is forgotten, whether it was dropped
/// already or not: instants come with each call, the store has no clock.
pub(crate) fn find<'r>(
    replies: &'r HashMap<ReplyKey, StoredReply>,
    key: &ReplyKey,
    now: Timestamp,
) -> Option<&'r StoredReply> {
    replies.get(key).filter(|reply| reply.expires_at > now)
}

#[async_trait]
impl IdempotencyReader for MemoryStore {
    async fn reply(&self, key: &ReplyKey, now: Timestamp) -> Result<Option<StoredReply>, StoreError> {
        Ok(find(&self.state().replies, key, now).cloned())
    }

    async fn forget(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut state = self.state();
        let before = state.replies.len();
        state.replies.retain(|_, reply| reply.expires_at > now);
        Ok((before - state.replies.len()) as u64)
    }
}
