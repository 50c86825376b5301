use lp_core::{Handle, LinkId, Revision, Slug, Timestamp, WebUrl};
use thiserror::Error;

use crate::{Controls, Description, Labels, NeverOpen, Position, QueryPassThrough, RedirectStatus, Title};

/// A short link of a handle, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// On the heap: links are handed on by value through whatever may hold one.
    parts: Box<LinkParts>,
}

/// A link laid open, for stores and views. [`Link::restore`] checks it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkParts {
    pub id: LinkId,
    pub handle: Handle,
    pub slug: Slug,
    pub destination: WebUrl,
    pub title: Option<Title>,
    pub description: Option<Description>,
    pub tags: Labels,
    pub categories: Labels,
    /// A disabled link answers visitors as if it did not exist.
    pub enabled: bool,
    pub position: Position,
    pub redirect_status: RedirectStatus,
    pub query: QueryPassThrough,
    pub controls: Controls,
    pub revision: Revision,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Why a change of a link is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LinkRefused {
    #[error("a link needs a destinationUrl")]
    DestinationRequired,
    #[error("a link with this slug exists already")]
    SlugTaken,
    #[error(transparent)]
    NeverOpen(NeverOpen),
    #[error("the stored link contradicts itself: {0}")]
    Inconsistent(&'static str),
    #[error("this revision deleted the link; restore an earlier one")]
    RevisionDeleted,
}

impl Link {
    /// Rebuilds a stored link. What a link cannot be is refused rather than repaired.
    pub fn restore(parts: LinkParts) -> Result<Self, LinkRefused> {
        if parts.revision < Revision::FIRST {
            return Err(LinkRefused::Inconsistent("its revision is below the first"));
        }
        if parts.updated_at < parts.created_at {
            return Err(LinkRefused::Inconsistent("it was changed before it was made"));
        }
        Ok(Self::trusted(parts))
    }

    pub(crate) fn trusted(parts: LinkParts) -> Self {
        Self { parts: Box::new(parts) }
    }

    pub fn parts(&self) -> &LinkParts {
        &self.parts
    }

    pub fn into_parts(self) -> LinkParts {
        *self.parts
    }
}
