//! `LinkReader`: what slugs hold, lists of links, and every revision a slug ever had.
//!
//! What is not there is an empty answer and no error: the application asks for slugs that nobody has used and for
//! handles that do not exist.

use std::collections::BTreeMap;

use async_trait::async_trait;
use lp_core::{Handle, Revision, SlugKey};
use lp_links::{Description, Link, LinkRevision, Position, Slot, Title};
use lp_ports::{LinkCursor, LinkQuery, LinkReader, Page, StoreError};

use crate::MemoryStore;

/// The links of one handle. A [`SlugKey`] is a slug without its case: `Launch` and `launch` are one slug, and the link
/// inside keeps the spelling that its author gave it.
#[derive(Clone, Default)]
pub(crate) struct Links {
    pub(crate) live: BTreeMap<SlugKey, Link>,
    /// From the first to the newest. Those of a deleted link stay, and its successors count on from there.
    pub(crate) revisions: BTreeMap<SlugKey, Vec<LinkRevision>>,
}

impl Links {
    /// The greatest revision that the slug ever had, that of a deletion included.
    pub(crate) fn latest(&self, slug: &SlugKey) -> Option<Revision> {
        self.revisions.get(slug)?.last().map(number)
    }
}

#[async_trait]
impl LinkReader for MemoryStore {
    /// The link and the latest revision are of one moment: a decision rests on both.
    async fn slot(&self, handle: &Handle, slug: &SlugKey) -> Result<Slot, StoreError> {
        let state = self.state();
        let Some(links) = state.links.get(handle) else { return Ok(Slot::default()) };
        Ok(Slot { live: links.live.get(slug).cloned(), latest: links.latest(slug) })
    }

    /// By position, then by id. The cursor is a place in that order, so the page behind it begins there even where its
    /// link is gone; and filters come first, so that a page is full where there are links to fill it.
    async fn list(&self, handle: &Handle, query: &LinkQuery) -> Result<Page<Link, LinkCursor>, StoreError> {
        let state = self.state();
        let live = state.links.get(handle).into_iter().flat_map(|links| links.live.values());
        let behind = |link: &&Link| query.after.is_none_or(|after| place(link) > after);
        let mut found: Vec<&Link> = live.filter(behind).filter(|link| wanted(link, query)).collect();
        found.sort_by_key(|link| place(link));

        let limit = usize::try_from(query.limit.max(1)).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|last| place(last));
        Ok(Page { items: found.into_iter().cloned().collect(), next })
    }

    async fn count(&self, handle: &Handle) -> Result<u64, StoreError> {
        Ok(self.state().links.get(handle).map_or(0, |links| links.live.len() as u64))
    }

    async fn greatest_position(&self, handle: &Handle) -> Result<Option<Position>, StoreError> {
        let state = self.state();
        let live = state.links.get(handle).into_iter().flat_map(|links| links.live.values());
        Ok(live.map(|link| link.parts().position).max())
    }

    async fn revisions(
        &self,
        handle: &Handle,
        slug: &SlugKey,
        before: Option<Revision>,
        limit: u32,
    ) -> Result<Vec<LinkRevision>, StoreError> {
        let state = self.state();
        let history = state.links.get(handle).and_then(|links| links.revisions.get(slug));
        let newest_first = history.into_iter().flatten().rev();
        let below = newest_first.filter(|one| before.is_none_or(|before| number(one) < before));
        Ok(below.take(limit as usize).cloned().collect())
    }

    async fn revision(
        &self,
        handle: &Handle,
        slug: &SlugKey,
        revision: Revision,
    ) -> Result<Option<LinkRevision>, StoreError> {
        let state = self.state();
        let mut history =
            state.links.get(handle).and_then(|links| links.revisions.get(slug)).into_iter().flatten();
        Ok(history.find(|one| number(one) == revision).cloned())
    }
}

fn number(revision: &LinkRevision) -> Revision {
    revision.link.parts().revision
}

/// Where a link stands in its list.
fn place(link: &Link) -> LinkCursor {
    let parts = link.parts();
    LinkCursor { position: parts.position, id: parts.id }
}

/// Only the case of ASCII letters is ignored, and every character of the text stands for itself: a store over SQL must
/// not hand it to `LIKE` as it is.
fn wanted(link: &Link, query: &LinkQuery) -> bool {
    let parts = link.parts();
    let tagged = query.tag.as_deref().is_none_or(|tag| parts.tags.has(tag));
    let texts = [
        Some(parts.slug.as_str()),
        Some(parts.destination.as_str()),
        parts.title.as_ref().map(Title::as_str),
        parts.description.as_ref().map(Description::as_str),
    ];
    let found = query.text.as_deref().is_none_or(|wanted| {
        let wanted = wanted.to_ascii_lowercase();
        texts.into_iter().flatten().any(|text| text.to_ascii_lowercase().contains(&wanted))
    });
    tagged && found
}
