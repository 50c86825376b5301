//! `EventReader`: the outbox, from which subscribers will be told.

use async_trait::async_trait;
use lp_core::Handle;
use lp_ports::{Event, EventReader, StoreError, StoredEvent};

use crate::MemoryStore;

/// Appends an event under the handle's next number. They begin with 1 and have no gaps, so that a subscriber who sees
/// one knows that something is missing; a batch that is refused must take none.
pub(crate) fn append(outbox: &mut Vec<StoredEvent>, event: &Event) {
    let facts = event.kind.facts().into_iter().map(|(key, value)| (key.to_owned(), value));
    outbox.push(StoredEvent {
        seq: outbox.len() as u64 + 1,
        id: event.id,
        name: event.kind.name().to_owned(),
        at: event.at,
        actor: event.actor.clone(),
        facts: facts.collect(),
    });
}

#[async_trait]
impl EventReader for MemoryStore {
    async fn events(&self, handle: &Handle, after: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        let state = self.state();
        let outbox = state.events.get(handle).into_iter().flatten();
        Ok(outbox.filter(|event| event.seq > after).take(limit as usize).cloned().collect())
    }
}
