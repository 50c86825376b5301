//! Tokens as the gate holds them, personal ones and those of apps: looked up in the store once, and when each was last used.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lp_access::{CredentialRecord, SecretHash, TokenRecord};
use lp_core::{ConnectionId, Handle, Timestamp, TokenId};
use lp_ports::StoreError;

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
    pub(crate) uses: Uses<TokenId>,
    pub(crate) connection_uses: Uses<ConnectionId>,
    /// As of when the change log was last read to its end, in milliseconds of the monotonic clock, and one; 0 for never.
    followed: AtomicU64,
}

#[derive(Default)]
struct Held {
    tokens: HashMap<TokenId, Arc<TokenRecord>>,
    /// The access tokens of apps.
    credentials: HashMap<SecretHash, Arc<CredentialRecord>>,
    /// Counts what was forgotten: what was read from the store before is not kept after.
    epoch: u64,
}

/// When things were last used, until it is written down.
pub(crate) struct Uses<K>(Mutex<HashMap<K, Timestamp>>);

/// The moment before the store is asked.
#[derive(Clone, Copy)]
pub(crate) struct Epoch(u64);

impl HeldTokens {
    /// A token that may be believed now.
    pub(crate) fn find(&self, id: TokenId, now: Duration) -> Option<Arc<TokenRecord>> {
        self.is_believed(now).then(|| self.held().tokens.get(&id).cloned()).flatten()
    }

    /// An access token of an app that may be believed now.
    pub(crate) fn find_credential(&self, hash: SecretHash, now: Duration) -> Option<Arc<CredentialRecord>> {
        self.is_believed(now).then(|| self.held().credentials.get(&hash).cloned()).flatten()
    }

    fn is_believed(&self, now: Duration) -> bool {
        let followed = self.followed.load(Ordering::Relaxed).checked_sub(1);
        followed.is_some_and(|at| now.saturating_sub(Duration::from_millis(at)) <= BELIEVED)
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

    /// The same for an access token of an app.
    pub(crate) fn keep_credential(&self, hash: SecretHash, record: &Arc<CredentialRecord>, asked: Epoch) {
        let mut held = self.held();
        if held.epoch != asked.0 {
            return;
        }
        if held.credentials.len() >= MOST {
            held.credentials.clear();
        }
        held.credentials.insert(hash, Arc::clone(record));
    }

    /// Something of a handle's access changed.
    pub(crate) fn forget(&self, handle: &Handle) {
        let mut held = self.held();
        held.tokens.retain(|_, record| record.handle != *handle);
        held.credentials.retain(|_, record| record.connection.handle != *handle);
        held.epoch += 1;
    }

    /// Anything may have changed.
    pub(crate) fn forget_all(&self) {
        let mut held = self.held();
        held.tokens.clear();
        held.credentials.clear();
        held.epoch += 1;
    }

    /// The change log was read to its end by a reading that began then.
    pub(crate) fn followed(&self, as_of: Duration) {
        let millis = u64::try_from(as_of.as_millis()).unwrap_or(u64::MAX - 1);
        self.followed.fetch_max(millis.saturating_add(1), Ordering::Relaxed);
    }

    /// When a token was last used here, if that is not written down yet.
    pub(crate) fn last_use(&self, id: TokenId) -> Option<Timestamp> {
        self.uses.last(id)
    }

    /// The same of a connected app.
    pub(crate) fn last_connection_use(&self, id: ConnectionId) -> Option<Timestamp> {
        self.connection_uses.last(id)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Uses<K> {
    /// It was shown and let in.
    pub(crate) fn used(&self, id: K, at: Timestamp) {
        let mut used = self.lock();
        // What is not written down for long must not grow without end.
        if used.len() < MOST || used.contains_key(&id) {
            used.insert(id, at);
        }
    }

    fn last(&self, id: K) -> Option<Timestamp> {
        self.lock().get(&id).copied()
    }

    /// Has the uses since the last time written down. Those that cannot be are kept, unless a later one stands.
    pub(crate) async fn note(
        &self,
        write: impl AsyncFnOnce(&[(K, Timestamp)]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let uses: Vec<_> = mem::take(&mut *self.lock()).into_iter().collect();
        if uses.is_empty() {
            return Ok(());
        }
        let noted = write(&uses).await;
        if noted.is_err() {
            let mut held = self.lock();
            for (id, at) in uses {
                held.entry(id).or_insert(at);
            }
        }
        noted
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Default for Uses<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}
