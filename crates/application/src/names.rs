use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use lp_access::{AuditEntry, AuditOutcome, Called, HandleRecord, HandleState, HandleWrite};
use lp_core::{Handle, Timestamp};
use lp_ports::{Batch, Change, Clock, CommitError, StoreError};

use crate::{Application, Error};

/// The handles whose name does not say all about them: those that were ever called otherwise, and those that were given
/// up (docs/adr/0018). Every other name is the key of its handle. Cheap to clone.
#[derive(Clone)]
pub struct Names {
    shared: Arc<Shared>,
}

struct Shared {
    /// Until the first is learnt, nobody takes the lock.
    any: AtomicBool,
    /// By every name that they have or had. What was learnt is never given up: routes of a handle that is gone may still
    /// be in memory, and must not answer.
    known: RwLock<HashMap<Handle, Arc<HandleRecord>>>,
    clock: Arc<dyn Clock>,
}

/// The handle that a name means.
#[derive(Debug, Clone)]
pub struct Meant {
    record: Arc<HandleRecord>,
    called: Called,
}

/// A handle by its key and by what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Under what everything of it is kept.
    pub(crate) key: Handle,
    /// What callers are shown.
    pub(crate) name: Handle,
    /// Whether it is there for others than its owner.
    pub(crate) active: bool,
}

impl Names {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let shared = Shared { any: AtomicBool::new(false), known: RwLock::default(), clock };
        Self { shared: Arc::new(shared) }
    }

    /// Which handle a name, in lower case, means. `None`: the name says all itself, or nobody ever had it. Neither waits
    /// nor allocates.
    pub fn meant(&self, name: &str) -> Option<Meant> {
        if !self.any() {
            return None;
        }
        let record = {
            let known = self.shared.known.read().unwrap_or_else(PoisonError::into_inner);
            known.get(name)?.clone()
        };
        let called = record.called(name, self.shared.clock.now());
        Some(Meant { record, called })
    }

    /// Whether any name may mean another handle than that of its key.
    pub fn any(&self) -> bool {
        self.shared.any.load(Ordering::Acquire)
    }

    /// Which handle is called so, or was a while ago.
    pub(crate) fn resolve(&self, name: &Handle) -> Option<Named> {
        match self.meant(name.as_str()) {
            Some(meant) if meant.called == Called::NoMore => None,
            Some(meant) => Some(meant.named()),
            None => Some(Named::plain(name)),
        }
    }

    /// Which handle is called so, or ever was: for keys, and for names that were written down for good.
    pub(crate) fn resolve_ever(&self, name: &Handle) -> Named {
        self.meant(name.as_str()).map_or_else(|| Named::plain(name), |meant| meant.named())
    }

    /// Every name that the handle of a key has or had.
    pub(crate) fn ever_called(&self, key: &Handle) -> Vec<Handle> {
        self.meant(key.as_str())
            .map_or_else(|| vec![key.clone()], |meant| meant.record.names().cloned().collect())
    }

    /// Takes over what is newer than what is known.
    pub(crate) fn learn(&self, record: HandleRecord) {
        let mut known = self.shared.known.write().unwrap_or_else(PoisonError::into_inner);
        match known.get(&record.handle) {
            Some(held) if held.revision >= record.revision => return,
            None if record.is_plain() => return,
            _ => {}
        }
        let record = Arc::new(record);
        known.extend(record.names().map(|name| (name.clone(), record.clone())));
        self.shared.any.store(true, Ordering::Release);
    }
}

impl Meant {
    /// Its key.
    pub fn key(&self) -> &Handle {
        &self.record.handle
    }

    /// What it is called now.
    pub fn name(&self) -> &Handle {
        &self.record.name
    }

    /// Whether that is the name it was looked up by, or this one leads on to it, or does no longer.
    pub fn called(&self) -> Called {
        self.called
    }

    /// Whether visitors may see it.
    pub fn is_active(&self) -> bool {
        self.record.is_active()
    }

    fn named(&self) -> Named {
        Named { key: self.key().clone(), name: self.name().clone(), active: self.is_active() }
    }
}

impl Named {
    fn plain(name: &Handle) -> Self {
        Self { key: name.clone(), name: name.clone(), active: true }
    }
}

impl Application {
    /// What names mean, for the edge.
    pub fn names(&self) -> Names {
        self.inner.names.clone()
    }

    /// Reads what all names mean: before the first call, and when it is not known any more what has changed.
    pub async fn load_names(&self) -> Result<(), StoreError> {
        let apart = self.inner.ports.handles.handles_apart().await?;
        for record in apart {
            self.inner.names.learn(record);
        }
        Ok(())
    }

    /// Reads again what the names of a handle mean, because somebody changed something about who may do what in it. One
    /// that is gone stays as it was last known.
    pub async fn handle_changed(&self, handle: &Handle) -> Result<(), Error> {
        if *handle == Handle::installation() {
            return Ok(());
        }
        if let Some(record) = self.inner.ports.access.handle(handle).await? {
            self.inner.names.learn(record);
        }
        Ok(())
    }

    /// Takes away what belonged to handles that were given up long enough ago, and says how many rows that was; the worker
    /// calls it now and then. What another node is at already, this one goes on with.
    pub async fn purge_handles(&self, now: Timestamp) -> Result<u64, Error> {
        let mut rows = 0;
        for record in self.inner.ports.handles.handles_apart().await? {
            if let Ok(write) = record.purged(now) {
                self.begin_purge(write, now).await?;
            } else if record.state != HandleState::Purging {
                continue;
            }
            rows += self.inner.ports.handles.purge(&record.handle).await?;
        }
        Ok(rows)
    }

    /// Somebody else who was first has done the same, or took the handle back in time.
    async fn begin_purge(&self, write: HandleWrite, now: Timestamp) -> Result<(), Error> {
        let record = write.record.clone();
        let entry = AuditEntry {
            handle: record.handle.clone(),
            at: now,
            actor: "operator".to_owned(),
            surface: "worker".to_owned(),
            operation: "handles_purge".to_owned(),
            subject: record.name.to_string(),
            request_id: String::new(),
            outcome: AuditOutcome::Done,
        };
        match self.inner.ports.committer.commit(Batch::new(entry).handle(write)).await {
            Ok(_) => self.inner.names.learn(record),
            Err(CommitError::Stale(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// What names mean after a change, if they are another's.
pub(crate) fn learnt(change: &Change) -> Option<HandleRecord> {
    match change {
        Change::HandleWritten(write) => Some(write.record.clone()),
        _ => None,
    }
}
