use lp_core::Timestamp;

use crate::{Link, LinkEvent, LinkParts, LinkRefused, LinkState, LinkWrite, Slot};

/// What made a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevisionAction {
    Created,
    Updated,
    Deleted,
    Restored,
}

/// One earlier state of a link: never changed, never dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRevision {
    pub action: RevisionAction,
    pub at: Timestamp,
    /// Who did it, as the audit names actors.
    pub actor: String,
    /// The link with this revision; of a deletion, what was deleted.
    pub link: Link,
}

/// Brings an earlier state back as a new revision, whatever the slug holds now. Where it holds nothing, the link rises
/// again under its old id.
pub fn restore(chosen: &LinkRevision, slot: &Slot, at: Timestamp) -> Result<LinkWrite, LinkRefused> {
    if chosen.action == RevisionAction::Deleted {
        return Err(LinkRefused::RevisionDeleted);
    }
    let old = chosen.link.parts();
    let standing = slot.live.as_ref().map_or(old, Link::parts);
    let parts = LinkParts {
        id: standing.id,
        created_at: standing.created_at,
        revision: slot.latest.unwrap_or(old.revision).next(),
        updated_at: at.max(standing.updated_at),
        ..old.clone()
    };
    let event = LinkEvent::Restored { id: parts.id, slug: parts.slug.clone() };
    let after = LinkState::Live(Link::trusted(parts));
    Ok(LinkWrite { before: slot.latest, after, action: RevisionAction::Restored, event: Some(event) })
}

impl RevisionAction {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Updated => "UPDATED",
            Self::Deleted => "DELETED",
            Self::Restored => "RESTORED",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Created, Self::Updated, Self::Deleted, Self::Restored]
            .into_iter()
            .find(|action| action.as_str() == text)
    }
}
