use async_trait::async_trait;
use lp_core::{EventId, Handle, Timestamp};
use lp_links::LinkEvent;

use crate::StoreError;

/// Something that happened, on its way to whoever subscribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// For recognising it when it is delivered twice.
    pub id: EventId,
    /// Where it happened.
    pub handle: Handle,
    /// When.
    pub at: Timestamp,
    /// Who did it, as the audit names actors.
    pub actor: String,
    /// What.
    pub kind: EventKind,
}

/// The contexts' events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// Of a link.
    Link(LinkEvent),
}

/// An event in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its number within the handle, from 1, without gaps.
    pub seq: u64,
    /// Its id.
    pub id: EventId,
    /// Its public name.
    pub name: String,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it.
    pub actor: String,
    /// Its facts, in the order of [`EventKind::facts`].
    pub facts: Vec<(String, String)>,
}

/// Reads the outbox.
#[async_trait]
pub trait EventReader: Send + Sync {
    /// The events of a handle above a number, in order, at most `limit`.
    async fn events(&self, handle: &Handle, after: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError>;
}

impl EventKind {
    /// The name subscribers know it by. An event without one does not compile.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Link(LinkEvent::Created { .. }) => "link.created",
            Self::Link(LinkEvent::Updated { .. }) => "link.updated",
            Self::Link(LinkEvent::Deleted { .. }) => "link.deleted",
            Self::Link(LinkEvent::Restored { .. }) => "link.restored",
        }
    }

    /// What subscribers are told, by public key.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Link(event) => {
                vec![("linkId", event.link().to_string()), ("slug", event.slug().to_string())]
            }
        }
    }
}
