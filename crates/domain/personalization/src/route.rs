use std::sync::Arc;

use lp_core::{LinkId, Slug, Timestamp};
use lp_links::{CampaignId, Controls, Link, QueryPassThrough, RedirectStatus, Tracking};
use url::form_urlencoded;

use crate::decide::Closed;
use crate::location::with_query;
use crate::rules::Rules;
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
    pub(crate) rules: Rules,
    asks: Asks,
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
    let rules = Rules::compile(controls.rules.iter(), |rule| tracked(rule.destination.as_str()));
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
    }
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

    /// What has to be known of a visitor before it is decided.
    pub fn asks(&self) -> Asks {
        match &self.target {
            Target::Plain(_) => Asks::NOTHING,
            Target::Controlled(controlled) => controlled.asks,
        }
    }

    /// The part of its size that differs from route to route, roughly.
    pub fn heap_len(&self) -> usize {
        match &self.target {
            Target::Plain(destination) => destination.len(),
            Target::Controlled(controlled) => {
                let fallback = controlled.fallback.as_deref().map_or(0, str::len);
                let texts = controlled.destination.len() + fallback + controlled.campaign.len();
                size_of::<Controlled>() + 16 + texts + controlled.rules.heap_len()
            }
        }
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
