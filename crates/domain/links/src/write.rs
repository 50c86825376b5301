use lp_core::Revision;

use crate::{Link, LinkEvent, RevisionAction};

/// What a slug of a handle holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slot {
    /// The link that visitors find there.
    pub live: Option<Link>,
    /// The greatest revision the slug ever had, that of a deletion included; `None` where it was never used.
    pub latest: Option<Revision>,
}

/// A decided change of one link: what must still be so when it is written, what to write, and what to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a decision changes nothing until it is committed"]
pub struct LinkWrite {
    /// The slug's greatest revision that was decided upon (`None`: never used). It must still be that when this is
    /// written.
    pub before: Option<Revision>,
    pub after: LinkState,
    pub action: RevisionAction,
    /// `None` where nothing differs: then there is nothing to write or tell.
    pub event: Option<LinkEvent>,
}

/// What is left of a link after a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    Live(Link),
    /// Gone from the slug; the value is what the history keeps, with the revision of its deletion.
    Deleted(Link),
}

impl LinkWrite {
    pub fn link(&self) -> &Link {
        match &self.after {
            LinkState::Live(link) | LinkState::Deleted(link) => link,
        }
    }

    /// Whether a link now answers where none did.
    pub fn created(&self) -> bool {
        self.action == RevisionAction::Created
    }
}
