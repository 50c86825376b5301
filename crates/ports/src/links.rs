use async_trait::async_trait;
use lp_core::{Handle, LinkId, Revision, SlugKey};
use lp_links::{Link, LinkRevision, Position, Slot};

use crate::StoreError;

/// Some of a list, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, C> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// What to ask with for the rest; `None` at the end.
    pub next: Option<C>,
}

/// The last link of a page; the next page begins behind it even if it is gone by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkCursor {
    /// Its position.
    pub position: Position,
    /// Its id, for links in the same position.
    pub id: LinkId,
}

/// Which links of a handle are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkQuery {
    /// Begin behind this one; `None`: at the start.
    pub after: Option<LinkCursor>,
    /// At most so many, at least 1.
    pub limit: u32,
    /// Only links that carry this tag, ASCII case ignored.
    pub tag: Option<String>,
    /// Only links with this text in slug, title, description or destination, ASCII case ignored.
    pub text: Option<String>,
}

/// Reads links.
#[async_trait]
pub trait LinkReader: Send + Sync {
    /// What the slug holds; an empty slot where it was never used or the handle does not exist.
    async fn slot(&self, handle: &Handle, slug: &SlugKey) -> Result<Slot, StoreError>;

    /// Live links in position order, ties by id.
    async fn list(&self, handle: &Handle, query: &LinkQuery) -> Result<Page<Link, LinkCursor>, StoreError>;

    /// How many links are live.
    async fn count(&self, handle: &Handle) -> Result<u64, StoreError>;

    /// The greatest position of a live link; `None` without links.
    async fn greatest_position(&self, handle: &Handle) -> Result<Option<Position>, StoreError>;

    /// The revisions of a slug, newest first, below `before` (`None`: from the newest), at most `limit`. Those of a
    /// deleted link and of its successors are one list.
    async fn revisions(
        &self,
        handle: &Handle,
        slug: &SlugKey,
        before: Option<Revision>,
        limit: u32,
    ) -> Result<Vec<LinkRevision>, StoreError>;

    /// One revision of a slug; `None` where the slug never had it.
    async fn revision(
        &self,
        handle: &Handle,
        slug: &SlugKey,
        revision: Revision,
    ) -> Result<Option<LinkRevision>, StoreError>;
}
