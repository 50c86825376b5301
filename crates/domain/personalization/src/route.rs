use std::sync::Arc;

use lp_core::{LinkId, Slug, Timestamp};
use lp_links::{
    CampaignId, ClickLimit, Controls, Description, Link, LinkPassword, QueryPassThrough, RedirectStatus,
    SocialPreview, Title, Tracking,
};
use url::form_urlencoded;

use crate::decide::Closed;
use crate::location::with_query;
use crate::rules::{Given, Rules};
use crate::visitor::Asks;

/// A link compiled for deciding: everything parsed and ordered, nothing left to look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub(crate) link: LinkId,
    pub(crate) slug: Slug,
    pub(crate) target: Target,
    pub(crate) enabled: bool,
    pub(crate) status: RedirectStatus,
    pub(crate) query: QueryPassThrough,
}

/// Where a link leads. Most lead to one place, and there may be millions of those: what the others have beside it takes
/// no room in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Plain(Box<str>),
    Controlled(Arc<Controlled>),
}

/// What an owner decided about a link beside where it leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Controlled {
    pub(crate) destination: Box<str>,
    pub(crate) opens: Option<Timestamp>,
    /// When it no longer leads there, and why.
    pub(crate) closes: Option<(Timestamp, Closed)>,
    pub(crate) fallback: Option<Box<str>>,
    pub(crate) campaign: Box<str>,
    /// What the link says of itself, as a query; its own destinations carry it already.
    pub(crate) said: Box<str>,
    pub(crate) rules: Rules<Box<str>>,
    pub(crate) limit: Option<ClickLimit>,
    pub(crate) password: Option<LinkPassword>,
    card: Option<Card>,
    append_context: Option<bool>,
    asks: Asks,
}

/// What programs are shown that draw a card of the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    pub title: Option<Box<str>>,
    pub description: Option<Box<str>>,
    pub image: Option<Box<str>>,
}

/// Prepares a link for visitors. Runs when something changes, never per request.
pub fn compile(link: &Link) -> Route {
    let parts = link.parts();
    let own = parts.destination.as_str();
    let target = if parts.controls == Controls::default() {
        Target::Plain(own.into())
    } else {
        Target::Controlled(Arc::new(controlled(own, &parts.controls)))
    };
    Route {
        link: parts.id,
        slug: parts.slug.clone(),
        target,
        enabled: parts.enabled,
        status: parts.redirect_status,
        query: parts.query,
    }
}

fn controlled(own: &str, controls: &Controls) -> Controlled {
    let said = said(&controls.tracking);
    let tracked =
        |destination: &str| -> Box<str> { with_query(destination, QueryPassThrough::Override, &said).into() };
    let schedule = &controls.schedule;
    let ends = [(schedule.end, Closed::Ended), (schedule.expiry, Closed::Expired)];
    let closes = ends.into_iter().filter_map(|(at, closed)| Some((at?, closed))).min_by_key(|(at, _)| *at);
    let rules = controls.rules.iter().map(|rule| Given {
        id: &rule.id,
        enabled: rule.enabled,
        priority: rule.priority,
        when: &rule.when,
        allocation: rule.allocation,
        then: tracked(rule.destination.as_str()),
    });
    let rules = Rules::compile(rules.collect());
    let timed = schedule.start.is_some() || closes.is_some();
    let campaign = controls.campaign.as_ref().map(CampaignId::as_str);
    Controlled {
        destination: tracked(own),
        opens: schedule.start,
        closes,
        fallback: controls.fallback.as_ref().map(|url| url.as_str().into()),
        campaign: campaign.unwrap_or_default().into(),
        asks: rules.asks().also(if timed { Asks::TIME } else { Asks::NOTHING }),
        rules,
        limit: controls.limit,
        password: controls.password.clone(),
        card: card(&controls.social),
        append_context: controls.append_context,
        said: said.into(),
    }
}

fn card(social: &SocialPreview) -> Option<Card> {
    (*social != SocialPreview::default()).then(|| Card {
        title: social.title.as_ref().map(Title::as_str).map(Into::into),
        description: social.description.as_ref().map(Description::as_str).map(Into::into),
        image: social.image.as_ref().map(|url| url.as_str().into()),
    })
}

/// What a link says of itself, as a query.
fn said(tracking: &Tracking) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(tracking.iter().map(|(utm, value)| (utm.parameter(), value)));
    query.finish()
}

impl Route {
    pub fn link(&self) -> LinkId {
        self.link
    }

    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    /// Where the link itself leads.
    pub fn destination(&self) -> &str {
        match &self.target {
            Target::Plain(destination) => destination,
            Target::Controlled(controlled) => &controlled.destination,
        }
    }

    /// What has to be known of a visitor before it is decided.
    pub fn asks(&self) -> Asks {
        match &self.target {
            Target::Plain(_) => Asks::NOTHING,
            Target::Controlled(controlled) => controlled.asks,
        }
    }

    /// How many visits it is for.
    pub fn limit(&self) -> Option<ClickLimit> {
        self.controlled()?.limit
    }

    /// The hash of what visitors have to say, as a PHC string.
    pub fn password(&self) -> Option<&str> {
        self.controlled()?.password.as_ref().map(LinkPassword::phc)
    }

    /// What programs are shown that draw a card of it; `None` where they are sent on as everybody is.
    pub fn card(&self) -> Option<&Card> {
        self.controlled()?.card.as_ref()
    }

    /// Whether destinations are given a context token; `None`: as the handle has it.
    pub fn append_context(&self) -> Option<bool> {
        self.controlled()?.append_context
    }

    /// What its visitors belong to who name no campaign of their own; empty where it says nothing.
    pub fn campaign(&self) -> &str {
        self.controlled().map_or("", |controlled| &controlled.campaign)
    }

    fn controlled(&self) -> Option<&Controlled> {
        match &self.target {
            Target::Plain(_) => None,
            Target::Controlled(controlled) => Some(controlled),
        }
    }

    /// The part of its size that differs from route to route, roughly.
    pub fn heap_len(&self) -> usize {
        match &self.target {
            Target::Plain(destination) => destination.len(),
            Target::Controlled(controlled) => {
                let fallback = controlled.fallback.as_deref().map_or(0, str::len);
                let texts = controlled.destination.len() + fallback + controlled.campaign.len();
                let password = self.password().map_or(0, str::len);
                let texts = texts + controlled.said.len() + password;
                let card = controlled.card.as_ref().map_or(0, Card::heap_len);
                size_of::<Controlled>() + 16 + texts + card + controlled.rules.heap_len(|to| to.len())
            }
        }
    }
}

impl Card {
    fn heap_len(&self) -> usize {
        [&self.title, &self.description, &self.image].into_iter().flatten().map(|text| text.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_link_is_controlled_by_takes_no_room_in_those_that_are_not() {
        assert_eq!(size_of::<Target>(), size_of::<Box<str>>());
    }
}
