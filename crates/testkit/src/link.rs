use lp_core::{Handle, LinkId, Revision, Slug, Timestamp, WebUrl};
use lp_links::{Controls, Labels, Link, LinkParts, Position, QueryPassThrough, RedirectStatus};

/// A link as it is when nothing but its destination was chosen, in its first revision; in no store.
pub fn link(id: LinkId, handle: Handle, slug: Slug, destination: WebUrl) -> Link {
    let at = Timestamp::from_micros(0);
    Link::restore(LinkParts {
        id,
        handle,
        slug,
        destination,
        title: None,
        description: None,
        tags: Labels::default(),
        categories: Labels::default(),
        enabled: true,
        position: Position::FIRST,
        redirect_status: RedirectStatus::default(),
        query: QueryPassThrough::default(),
        controls: Controls::default(),
        revision: Revision::FIRST,
        created_at: at,
        updated_at: at,
    })
    .expect("a first revision")
}
