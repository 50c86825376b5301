use lp_core::{LinkId, Slug};

/// What happened to a link, for whoever subscribed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEvent {
    Created { id: LinkId, slug: Slug },
    Updated { id: LinkId, slug: Slug },
    Deleted { id: LinkId, slug: Slug },
    Restored { id: LinkId, slug: Slug },
}

impl LinkEvent {
    pub fn slug(&self) -> &Slug {
        match self {
            Self::Created { slug, .. }
            | Self::Updated { slug, .. }
            | Self::Deleted { slug, .. }
            | Self::Restored { slug, .. } => slug,
        }
    }

    pub fn link(&self) -> LinkId {
        match self {
            Self::Created { id, .. }
            | Self::Updated { id, .. }
            | Self::Deleted { id, .. }
            | Self::Restored { id, .. } => *id,
        }
    }
}
