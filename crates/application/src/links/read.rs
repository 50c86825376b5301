use lp_ports::LinkQuery;

use super::input::{ListLinks, OneLink};
use super::view::{LinkList, LinkView};
use crate::cursor;
use crate::cx::Cx;
use crate::{Code, Error};

/// How many links a page has where nothing is said.
pub(super) const PAGE: u32 = 100;

/// Lists links in position order.
pub(super) async fn list(cx: Cx, input: ListLinks) -> Result<LinkList, Error> {
    let handle = cx.handle()?;
    let after = input.cursor.map(|text| cursor::to_links(text.0.as_str(), "/cursor")).transpose()?;
    let query = LinkQuery {
        after,
        limit: input.limit.unwrap_or(PAGE),
        tag: input.tag.map(|tag| tag.0.as_str().to_owned()),
        text: input.q.map(|text| text.0.as_str().to_owned()),
    };
    let page = cx.links().list(handle, &query).await?;
    let home = cx.home()?;
    Ok(LinkList {
        handle: home.name.to_string(),
        links: page.items.iter().map(|link| LinkView::of(link, home)).collect(),
        next_cursor: page.next.map(cursor::of_links),
    })
}

/// Gets one link.
pub(super) async fn get(cx: Cx, input: OneLink) -> Result<LinkView, Error> {
    let slot = cx.slot(&input.slug.0.key()).await?;
    let home = cx.home()?;
    slot.live.map(|link| LinkView::of(&link, home)).ok_or_else(|| missing(&input.slug.0))
}

pub(super) fn missing(slug: &lp_core::Slug) -> Error {
    Error::new(Code::NOT_FOUND, format!("there is no link '{slug}'"))
}
