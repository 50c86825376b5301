use lp_core::{Slug, WebUrl};
use lp_links::{Birth, Link, LinkChange, LinkRefused, LinkWrite, Mode, Position, Slot, generated_slug};

use super::input::{CreateLink, LinkFields, OneLink, UpdateLink, UpsertLink};
use super::password;
use super::read::missing;
use super::view::{DeletedLink, LinkView};
use crate::catalogue::View;
use crate::cx::Cx;
use crate::{Code, Error, Fault};

/// How often another random slug is tried before giving up: at 35 bits the second try is a rarity.
const TRIES: u32 = 8;

/// Creates a link under a free slug, or under a random one.
pub(super) async fn create(cx: Cx, mut input: CreateLink) -> Result<LinkView, Error> {
    let wanted = input.payload.slug.take().map(|slug| slug.0);
    let (slug, slot) = match wanted {
        Some(slug) => {
            let slot = cx.slot(&slug.key()).await?;
            (slug, slot)
        }
        None => free_slug(&cx).await?,
    };
    let change = changed(&cx, None, input.payload.fields()).await?;
    let birth = birth(&cx, slug).await?;
    let write = lp_links::create(&slot, birth, change).map_err(refused)?;
    commit(&cx, &write).await
}

/// Creates the link, or sets the given fields of the one that has the slug.
pub(super) async fn upsert(cx: Cx, input: UpsertLink) -> Result<LinkView, Error> {
    let slot = cx.slot(&input.slug.0.key()).await?;
    let change = changed(&cx, slot.live.as_ref(), input.payload).await?;
    let mode = if input.replace { Mode::Replace } else { Mode::Merge };
    let birth = birth(&cx, input.slug.0).await?;
    let write = lp_links::upsert(&slot, birth, change, mode).map_err(refused)?;
    commit(&cx, &write).await
}

/// Sets the given fields of an existing link.
pub(super) async fn update(cx: Cx, input: UpdateLink) -> Result<LinkView, Error> {
    let slot = cx.slot(&input.slug.0.key()).await?;
    let link = slot.live.ok_or_else(|| missing(&input.slug.0))?;
    let change = changed(&cx, Some(&link), input.payload).await?;
    let write = lp_links::update(&link, change, Mode::Merge, cx.at()).map_err(refused)?;
    commit(&cx, &write).await
}

/// Takes a link away.
pub(super) async fn delete(cx: Cx, input: OneLink) -> Result<DeletedLink, Error> {
    let slot = cx.slot(&input.slug.0.key()).await?;
    let link = slot.live.ok_or_else(|| missing(&input.slug.0))?;
    let write = lp_links::delete(&link, cx.at());
    let parts = write.link().parts();
    let view = DeletedLink::of(&parts.slug, parts.revision.0);
    let batch = cx.batch(parts.slug.as_str())?.link(&write, cx.event_id());
    cx.finish(batch, view).await
}

/// What the fields say of a link that is there, or of a new one.
async fn changed(cx: &Cx, live: Option<&Link>, mut fields: LinkFields) -> Result<LinkChange, Error> {
    let secret = std::mem::take(&mut fields.password);
    let mut change = fields.change("/payload")?;
    change.controls.password = password::change(cx, live, secret).await?;
    Ok(change)
}

/// What a new link under this slug would get. The position is read before it is written; two links made at the same
/// moment may share it, and then stand in order of their ids.
async fn birth(cx: &Cx, slug: Slug) -> Result<Birth, Error> {
    let greatest = cx.links().greatest_position(cx.handle()?).await?;
    birth_at(cx, slug, Position::after(greatest))
}

pub(super) fn birth_at(cx: &Cx, slug: Slug, position: Position) -> Result<Birth, Error> {
    Ok(Birth { id: cx.link_id(), handle: cx.handle()?.clone(), slug, position, at: cx.at() })
}

pub(super) async fn commit(cx: &Cx, write: &LinkWrite) -> Result<LinkView, Error> {
    leads_elsewhere(cx, write)?;
    let view = LinkView::of(write.link(), cx.home()?).with_created(write.created());
    let batch = cx.batch(write.link().parts().slug.as_str())?.link(write, cx.event_id());
    cx.finish(batch, view).await
}

/// Refuses a link that leads to its own short address, under whatever name of its handle: visitors would go round for
/// ever.
pub(super) fn leads_elsewhere(cx: &Cx, write: &LinkWrite) -> Result<(), Error> {
    let parts = write.link().parts();
    let names = cx.names().ever_called(&parts.handle);
    let back = |url: &WebUrl| cx.urls().link_at(url, &names) == Some(parts.slug.key());
    let fallback = parts.controls.fallback.iter().map(|url| ("/payload/fallbackUrl".to_owned(), url));
    let rules = parts.controls.rules.iter().enumerate();
    let rules =
        rules.map(|(at, rule)| (format!("/payload/routingRules/{at}/destinationUrl"), &rule.destination));
    let all = [("/payload/destinationUrl".to_owned(), &parts.destination)];
    let faults = all.into_iter().chain(fallback).chain(rules).filter(|(_, url)| back(url));
    let faults: Vec<_> = faults
        .map(|(pointer, _)| Fault {
            pointer,
            code: Code::INVALID_DESTINATION_URL.name(),
            message: "leads back to this link itself".to_owned(),
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::faults(faults)) }
}

async fn free_slug(cx: &Cx) -> Result<(Slug, Slot), Error> {
    for _ in 0..TRIES {
        let mut random = [0; 8];
        random.copy_from_slice(&cx.random()[..8]);
        // A random slug may spell a reserved word; then the next one will not.
        let Ok(slug) = generated_slug(random) else { continue };
        let slot = cx.slot(&slug.key()).await?;
        if slot.latest.is_none() {
            return Ok((slug, slot));
        }
    }
    Err(Error::internal("no free random slug was found"))
}

/// The codes of what the domain refuses.
pub(super) fn refused(refused: LinkRefused) -> Error {
    let message = refused.to_string();
    match refused {
        LinkRefused::DestinationRequired => Error::field("/payload/destinationUrl", "required", message),
        LinkRefused::NeverOpen(fault) => {
            let field = if fault.by_expiry { "expiresAt" } else { "scheduledEndAt" };
            Error::field(&format!("/payload/{field}"), "before_start", message)
        }
        LinkRefused::SlugTaken => Error::new(Code::CONFLICT, message),
        LinkRefused::RevisionDeleted => Error::field("/payload/revision", "deleted_revision", message),
        LinkRefused::Inconsistent(_) => Error::internal(refused),
    }
}
