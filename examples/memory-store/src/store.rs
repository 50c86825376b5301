//! The state, and the one way to it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lp_access::AuditRecord;
use lp_core::{Handle, LinkId};
use lp_ports::{JournalId, ReplyKey, StoredEvent, StoredReply};

use crate::access::Access;
use crate::clicks::Clicks;
use crate::connections::Connections;
use crate::links::Links;
use crate::log::Log;
use crate::mail::Mails;
use crate::rules::Rules;
use crate::sessions::Sessions;

/// A store in memory. Clones share it.
#[derive(Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    start: Instant,
}

/// Everything that is kept. A handle that has nothing yet is in none of the maps: reading one must not fail, and not
/// make it either.
#[derive(Default)]
pub(crate) struct State {
    /// Shared until a batch writes to it: see [`crate::commit`].
    pub(crate) links: HashMap<Handle, Arc<Links>>,
    /// Shared likewise.
    pub(crate) rules: HashMap<Handle, Arc<Rules>>,
    /// Shared likewise.
    pub(crate) access: Arc<Access>,
    /// Shared likewise.
    pub(crate) sessions: Arc<Sessions>,
    /// Shared likewise.
    pub(crate) connections: Arc<Connections>,
    /// Shared likewise.
    pub(crate) mails: Arc<Mails>,
    /// How many batches have changed a handle.
    pub(crate) versions: HashMap<Handle, u64>,
    pub(crate) events: HashMap<Handle, Vec<StoredEvent>>,
    /// In name order, as whoever checks all chains walks them.
    pub(crate) audit: BTreeMap<Handle, Vec<AuditRecord>>,
    pub(crate) log: Log,
    pub(crate) replies: HashMap<ReplyKey, StoredReply>,
    /// In name order, as whoever checks all counts walks them.
    pub(crate) clicks: BTreeMap<Handle, Clicks>,
    /// How far each click journal was taken in.
    pub(crate) journals: HashMap<JournalId, u64>,
    /// What nodes have agreed on, by name.
    pub(crate) agreed: HashMap<String, String>,
    /// How many clicks of links with a limit are handed out.
    pub(crate) budgets: HashMap<(Handle, LinkId), u32>,
    /// When each caller's bucket is full again, since the start of the store.
    pub(crate) buckets: HashMap<String, Duration>,
}

impl MemoryStore {
    /// An empty one.
    #[expect(clippy::disallowed_methods, reason = "a store counts calls by its own clock, not by a node's")]
    pub fn new() -> Self {
        Self { state: Arc::default(), start: Instant::now() }
    }

    /// The whole state, for as long as nobody waits: no port may hold this across an `await`.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Who panicked while holding it has left it whole: nothing that writes can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store's own clock.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}
