use lp_core::Revision;

use super::change::{commit, refused};
use super::input::{ListRevisions, RollbackLink};
use super::read::{PAGE, missing};
use super::view::{LinkView, RevisionList, RevisionView};
use crate::Error;
use crate::cursor;
use crate::cx::Cx;

/// Lists what a slug held, newest first.
pub(super) async fn list(cx: Cx, input: ListRevisions) -> Result<RevisionList, Error> {
    let before = input.cursor.map(|text| cursor::to_revisions(text.0.as_str(), "/cursor")).transpose()?;
    let limit = input.limit.unwrap_or(PAGE);
    let slug = input.slug.0;
    // One more than asked for says whether there is more.
    let mut revisions = cx.links().revisions(cx.handle()?, &slug.key(), before, limit + 1).await?;
    if revisions.is_empty() && cx.slot(&slug.key()).await?.latest.is_none() {
        return Err(missing(&slug));
    }
    let more = revisions.len() > limit as usize;
    revisions.truncate(limit as usize);
    let last = revisions.last().map(|revision| revision.link.parts().revision);
    let home = cx.home()?;
    Ok(RevisionList {
        slug: revisions.first().map_or(slug.to_string(), |newest| newest.link.parts().slug.to_string()),
        revisions: revisions.iter().map(|revision| RevisionView::of(revision, home)).collect(),
        next_cursor: last.filter(|_| more).map(cursor::of_revisions),
    })
}

/// Brings an earlier revision back.
pub(super) async fn rollback(cx: Cx, input: RollbackLink) -> Result<LinkView, Error> {
    let slug = input.slug.0.key();
    let slot = cx.slot(&slug).await?;
    if slot.latest.is_none() {
        return Err(missing(&input.slug.0));
    }
    let wanted = Revision(input.payload.revision);
    let chosen = cx.links().revision(cx.handle()?, &slug, wanted).await?;
    let chosen = chosen.ok_or_else(|| Error::not_found(&format!("revision {} of the link", wanted.0)))?;
    let write = lp_links::restore(&chosen, &slot, cx.at()).map_err(refused)?;
    commit(&cx, &write).await
}
