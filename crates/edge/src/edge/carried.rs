//! What a visitor carries on to the destination.

use lp_application::{Facts, Noted};
use lp_core::Timestamp;
use lp_personalization::{Context, Policy, Visitor};

use super::Inner;
use crate::Found;

impl Inner {
    /// The context token of a visit that is a click; `None` where the link, or else the handle, wants none. Where the
    /// click could not be noted the token names none.
    pub(super) fn token(
        &self,
        at: Timestamp,
        found: &Found,
        policy: &Policy,
        facts: &Facts<&str>,
        noted: Option<&Noted>,
    ) -> Option<String> {
        let mint = &self.pages.as_ref()?.mint;
        let (handle, route) = found.link()?;
        if !route.append_context().unwrap_or(policy.contexts().append) {
            return None;
        }
        Some(mint.mint(&Context {
            at,
            click: noted.map(|noted| noted.id),
            handle: handle.as_str(),
            slug: route.slug().as_str(),
            source: facts.source,
            campaign: facts.campaign,
            rule: facts.rule,
            variant: facts.variant,
            segment: if facts.returning { Visitor::RETURNING } else { "" },
        }))
    }
}
