use std::sync::Arc;
use std::time::Duration;

use lp_core::{EventId, Handle, LinkId, Revision};
use lp_links::{Birth, Link, LinkChange, LinkWrite, Mode, Position, Slot};
use lp_ports::{Batch, Clock, CommitError, Ids, Receipt};

use crate::fixtures::{entry, handle, key, slug};
use crate::{FixedClock, SeededIds, Store};

/// Somebody who changes links as operations do: reads the slot, lets the domain decide, commits. Every batch is one
/// second later than the one before.
pub struct Author {
    pub store: Arc<dyn Store>,
    pub handle: Handle,
    pub clock: FixedClock,
    pub ids: SeededIds,
}

impl Author {
    /// One who writes for `hello`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, handle: handle(), clock: FixedClock::new(), ids: SeededIds::new(1) }
    }

    /// One who writes for another handle, with other ids.
    #[must_use]
    pub fn of(store: Arc<dyn Store>, handle: Handle) -> Self {
        Self { store, handle, clock: FixedClock::new(), ids: SeededIds::new(2) }
    }

    pub fn batch(&self, operation: &str) -> Batch {
        self.clock.advance(Duration::from_secs(1));
        Batch::new(entry(&self.handle, self.clock.now(), operation))
    }

    pub fn event(&self) -> EventId {
        EventId::new(self.ids.uuid())
    }

    pub async fn slot(&self, text: &str) -> Slot {
        self.store.slot(&self.handle, &key(text)).await.expect("the slot should be read")
    }

    /// What an upsert decides now, without committing it.
    pub async fn decide(&self, text: &str, change: LinkChange) -> LinkWrite {
        let slot = self.slot(text).await;
        let greatest =
            self.store.greatest_position(&self.handle).await.expect("the greatest position should be read");
        let birth = Birth {
            id: LinkId::new(self.ids.uuid()),
            handle: self.handle.clone(),
            slug: slug(text),
            position: Position::after(greatest),
            at: self.clock.now(),
        };
        lp_links::upsert(&slot, birth, change, Mode::Merge).expect("the change is allowed")
    }

    pub async fn commit(&self, operation: &str, write: &LinkWrite) -> Result<Receipt, CommitError> {
        let batch = self.batch(operation).link(write, self.event());
        self.store.commit(batch).await
    }

    /// Creates or changes a link; says what it is then.
    pub async fn put(&self, text: &str, change: LinkChange) -> Link {
        let write = self.decide(text, change).await;
        self.commit("links_upsert", &write).await.expect("the link should be written");
        write.link().clone()
    }

    /// Deletes a link; says what its history keeps of it.
    pub async fn delete(&self, text: &str) -> Link {
        let link = self.slot(text).await.live.expect("there should be a live link to delete");
        let write = lp_links::delete(&link, self.clock.now());
        self.commit("links_delete", &write).await.expect("the link should be deleted");
        write.link().clone()
    }

    /// Brings a revision back; says what the link is then.
    pub async fn restore(&self, text: &str, revision: u64) -> Link {
        let found = self.store.revision(&self.handle, &key(text), Revision(revision)).await;
        let chosen = found.expect("the revision should be read").expect("there should be such a revision");
        let write =
            lp_links::restore(&chosen, &self.slot(text).await, self.clock.now()).expect("it can be restored");
        self.commit("links_rollback", &write).await.expect("the link should be restored");
        write.link().clone()
    }
}
