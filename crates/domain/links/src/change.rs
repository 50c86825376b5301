use lp_core::{Handle, LinkId, Revision, Slug, Timestamp, WebUrl};

use crate::{
    CampaignId, ClickLimit, Controls, Description, Labels, Link, LinkEvent, LinkParts, LinkPassword,
    LinkRefused, LinkState, LinkWrite, Position, QueryPassThrough, RedirectStatus, RevisionAction,
    RoutingRules, Schedule, Slot, SocialPreview, Title, Tracking,
};

/// What a change says about one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// Nothing: it stays as it is.
    #[default]
    Keep,
    /// It goes back to what a new link has.
    Clear,
    Set(T),
}

/// Whether fields that a change does not mention are kept or reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    #[default]
    Merge,
    /// Unmentioned fields are reset, except the position: replacing a link does not move it.
    Replace,
}

/// A change of a link, field by field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkChange {
    pub destination: Field<WebUrl>,
    pub title: Field<Title>,
    pub description: Field<Description>,
    pub tags: Field<Labels>,
    pub categories: Field<Labels>,
    pub enabled: Field<bool>,
    pub position: Field<Position>,
    pub redirect_status: Field<RedirectStatus>,
    pub query: Field<QueryPassThrough>,
    pub controls: ControlsChange,
}

/// A change of a link's controls, field by field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ControlsChange {
    pub start: Field<Timestamp>,
    pub end: Field<Timestamp>,
    pub expiry: Field<Timestamp>,
    pub fallback: Field<WebUrl>,
    pub campaign: Field<CampaignId>,
    pub tracking: Field<Tracking>,
    pub rules: Field<RoutingRules>,
    pub limit: Field<ClickLimit>,
    pub password: Field<LinkPassword>,
    pub social: Field<SocialPreview>,
    pub append_context: Field<bool>,
}

/// What a new link would get: everything about it that is not the caller's wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    pub id: LinkId,
    pub handle: Handle,
    pub slug: Slug,
    /// Where it goes unless the change says otherwise.
    pub position: Position,
    pub at: Timestamp,
}

/// Makes a link under a free slug. Revisions go on where an earlier link of the slug left off.
pub fn create(slot: &Slot, birth: Birth, change: LinkChange) -> Result<LinkWrite, LinkRefused> {
    if slot.live.is_some() {
        return Err(LinkRefused::SlugTaken);
    }
    let Field::Set(destination) = change.destination else { return Err(LinkRefused::DestinationRequired) };
    let controls = change.controls.after(None)?;
    let event = LinkEvent::Created { id: birth.id, slug: birth.slug.clone() };
    let parts = LinkParts {
        id: birth.id,
        handle: birth.handle,
        slug: birth.slug,
        destination,
        title: change.title.or(None),
        description: change.description.or(None),
        tags: change.tags.value_or_default(),
        categories: change.categories.value_or_default(),
        enabled: change.enabled.value_or(true),
        position: change.position.value_or(birth.position),
        redirect_status: change.redirect_status.value_or_default(),
        query: change.query.value_or_default(),
        controls,
        revision: slot.latest.map_or(Revision::FIRST, Revision::next),
        created_at: birth.at,
        updated_at: birth.at,
    };
    let after = LinkState::Live(Link::trusted(parts));
    Ok(LinkWrite { before: slot.latest, after, action: RevisionAction::Created, event: Some(event) })
}

/// Changes a link. A change that leaves everything as it was makes no new revision and no event.
pub fn update(
    existing: &Link,
    change: LinkChange,
    mode: Mode,
    at: Timestamp,
) -> Result<LinkWrite, LinkRefused> {
    let old = existing.parts();
    let keep = mode == Mode::Merge;
    let destination = match change.destination {
        Field::Set(destination) => destination,
        Field::Keep if keep => old.destination.clone(),
        Field::Keep | Field::Clear => return Err(LinkRefused::DestinationRequired),
    };
    let controls = change.controls.after(keep.then_some(&old.controls))?;
    let position = match change.position {
        Field::Set(position) => position,
        Field::Keep | Field::Clear => old.position,
    };
    let mut parts = LinkParts {
        destination,
        title: change.title.or(keep.then(|| old.title.clone()).flatten()),
        description: change.description.or(keep.then(|| old.description.clone()).flatten()),
        tags: change.tags.after(keep.then_some(&old.tags)),
        categories: change.categories.after(keep.then_some(&old.categories)),
        enabled: change.enabled.or(keep.then_some(old.enabled)).unwrap_or(true),
        position,
        redirect_status: change.redirect_status.after(keep.then_some(&old.redirect_status)),
        query: change.query.after(keep.then_some(&old.query)),
        controls,
        ..old.clone()
    };
    let before = Some(old.revision);
    if parts == *old {
        let after = LinkState::Live(existing.clone());
        return Ok(LinkWrite { before, after, action: RevisionAction::Updated, event: None });
    }
    parts.revision = old.revision.next();
    // A clock that was set back must not make a link look changed before it was made.
    parts.updated_at = at.max(old.updated_at);
    let event = LinkEvent::Updated { id: parts.id, slug: parts.slug.clone() };
    let after = LinkState::Live(Link::trusted(parts));
    Ok(LinkWrite { before, after, action: RevisionAction::Updated, event: Some(event) })
}

/// Creates the link, or changes the one that has the slug, which keeps the spelling it was created with.
pub fn upsert(slot: &Slot, birth: Birth, change: LinkChange, mode: Mode) -> Result<LinkWrite, LinkRefused> {
    match &slot.live {
        Some(link) => update(link, change, mode, birth.at),
        None => create(slot, birth, change),
    }
}

/// Takes the link away. Its history stays, so a restore can bring it back.
pub fn delete(existing: &Link, at: Timestamp) -> LinkWrite {
    let old = existing.parts();
    let event = LinkEvent::Deleted { id: old.id, slug: old.slug.clone() };
    let parts =
        LinkParts { revision: old.revision.next(), updated_at: at.max(old.updated_at), ..old.clone() };
    LinkWrite {
        before: Some(old.revision),
        after: LinkState::Deleted(Link::trusted(parts)),
        action: RevisionAction::Deleted,
        event: Some(event),
    }
}

impl ControlsChange {
    /// What the link has afterwards, which had `kept`.
    fn after(self, kept: Option<&Controls>) -> Result<Controls, LinkRefused> {
        let new = Controls::default();
        let kept = kept.unwrap_or(&new);
        let schedule = Schedule {
            start: self.start.or(kept.schedule.start),
            end: self.end.or(kept.schedule.end),
            expiry: self.expiry.or(kept.schedule.expiry),
        };
        schedule.check().map_err(LinkRefused::NeverOpen)?;
        Ok(Controls {
            schedule,
            fallback: self.fallback.or(kept.fallback.clone()),
            campaign: self.campaign.or(kept.campaign.clone()),
            tracking: self.tracking.after(Some(&kept.tracking)),
            rules: self.rules.after(Some(&kept.rules)),
            limit: self.limit.or(kept.limit),
            password: self.password.or(kept.password.clone()),
            social: self.social.after(Some(&kept.social)),
            append_context: self.append_context.or(kept.append_context),
        })
    }
}

impl<T> Field<T> {
    /// For fields that may be absent: what is set, nothing if cleared, else `kept`.
    fn or(self, kept: Option<T>) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Clear => None,
            Self::Keep => kept,
        }
    }

    fn value_or(self, new: T) -> T {
        self.or(None).unwrap_or(new)
    }
}

impl<T: Default> Field<T> {
    fn value_or_default(self) -> T {
        self.or(None).unwrap_or_default()
    }
}

impl<T: Default + Clone> Field<T> {
    fn after(self, kept: Option<&T>) -> T {
        self.or(kept.cloned()).unwrap_or_default()
    }
}
