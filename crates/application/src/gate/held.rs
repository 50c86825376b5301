//! Tokens as the gate holds them: looked up in the store once, and when each was last used.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lp_access::TokenRecord;
use lp_core::{Handle, Timestamp, TokenId};

/// More tokens than this are not held at a time: a hundred bytes or two each.
const MOST: usize = 10_000;

/// How long the store may have changed unseen before nothing that is held is believed: a token that another node revoked
/// is refused within a second, the reading of the change log (four times a second) included.
const BELIEVED: Duration = Duration::from_millis(700);

/// The tokens of a node.
///
/// They are believed only as long as somebody follows the change log and says so; where nobody does, every call asks the
/// store.
#[derive(Default)]
pub(crate) struct HeldTokens {
    held: Mutex<Held>,
    used: Mutex<HashMap<TokenId, Timestamp>>,
    /// As of when the change log was last read to its end, in milliseconds of the monotonic clock, and one; 0 for never.
    followed: AtomicU64,
}

#[derive(Default)]
struct Held {
    tokens: HashMap<TokenId, Arc<TokenRecord>>,
    /// Counts what was forgotten: what was read from the store before is not kept after.
    epoch: u64,
}

/// The moment before the store is asked.
#[derive(Clone, Copy)]
pub(crate) struct Epoch(u64);

impl HeldTokens {
    /// A token that may be believed now.
    pub(crate) fn find(&self, id: TokenId, now: Duration) -> Option<Arc<TokenRecord>> {
        let followed = self.followed.load(Ordering::Relaxed).checked_sub(1)?;
        let believed = now.saturating_sub(Duration::from_millis(followed)) <= BELIEVED;
        believed.then(|| self.held().tokens.get(&id).cloned()).flatten()
    }

    /// To be taken before the store is asked for what is to be kept.
    pub(crate) fn epoch(&self) -> Epoch {
        Epoch(self.held().epoch)
    }

    /// Holds what the store answered, unless something was forgotten meanwhile.
    pub(crate) fn keep(&self, record: &Arc<TokenRecord>, asked: Epoch) {
        let mut held = self.held();
        if held.epoch != asked.0 {
            return;
        }
        if held.tokens.len() >= MOST {
            held.tokens.clear();
        }
        held.tokens.insert(record.id, Arc::clone(record));
    }

    /// Something of a handle's access changed.
    pub(crate) fn forget(&self, handle: &Handle) {
        let mut held = self.held();
        held.tokens.retain(|_, record| record.handle != *handle);
        held.epoch += 1;
    }

    /// Anything may have changed.
    pub(crate) fn forget_all(&self) {
        let mut held = self.held();
        held.tokens.clear();
        held.epoch += 1;
    }

    /// The change log was read to its end by a reading that began then.
    pub(crate) fn followed(&self, as_of: Duration) {
        let millis = u64::try_from(as_of.as_millis()).unwrap_or(u64::MAX - 1);
        self.followed.fetch_max(millis.saturating_add(1), Ordering::Relaxed);
    }

    /// A token was shown and let in.
    pub(crate) fn used(&self, id: TokenId, at: Timestamp) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        // What is not written down for long must not grow without end.
        if used.len() < MOST || used.contains_key(&id) {
            used.insert(id, at);
        }
    }

    /// A use that could not be written down; a later one stands.
    pub(crate) fn used_before(&self, id: TokenId, at: Timestamp) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_insert(at);
    }

    /// When a token was last used here, if that is not written down yet.
    pub(crate) fn last_use(&self, id: TokenId) -> Option<Timestamp> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    /// The uses since the last time.
    pub(crate) fn take_uses(&self) -> Vec<(TokenId, Timestamp)> {
        mem::take(&mut *self.used.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
