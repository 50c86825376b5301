use lp_core::{LinkId, Slug};
use lp_links::{Link, QueryPassThrough, RedirectStatus};

/// A link compiled for deciding: everything parsed and ordered, nothing left to look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub(crate) link: LinkId,
    pub(crate) slug: Slug,
    pub(crate) destination: Box<str>,
    pub(crate) enabled: bool,
    pub(crate) status: RedirectStatus,
    pub(crate) query: QueryPassThrough,
}

/// Prepares a link for visitors. Runs when something changes, never per request.
pub fn compile(link: &Link) -> Route {
    let parts = link.parts();
    Route {
        link: parts.id,
        slug: parts.slug.clone(),
        destination: parts.destination.as_str().into(),
        enabled: parts.enabled,
        status: parts.redirect_status,
        query: parts.query,
    }
}

impl Route {
    pub fn link(&self) -> LinkId {
        self.link
    }

    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    /// The part of its size that differs from route to route.
    pub fn destination_len(&self) -> usize {
        self.destination.len()
    }
}
