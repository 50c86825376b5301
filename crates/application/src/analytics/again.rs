//! Deciding once more for a visitor of whom a click was kept, by the function that decided then.

use lp_analytics::Click;
use lp_personalization::Visitor;

/// Whoever made the click, as far as it was kept. The link led on then, so its limit was not used up and its password said.
pub(crate) fn visitor(click: &Click) -> Visitor<'_> {
    let facts = &click.facts;
    Visitor {
        at: click.at,
        country: facts.country,
        device: click.device,
        source: &facts.source,
        campaign: &facts.campaign,
        segments: segments(click),
        key: &facts.key,
        used_up: false,
        unlocked: true,
    }
}

pub(crate) fn segments(click: &Click) -> &'static [&'static str] {
    if click.facts.returning { &[Visitor::RETURNING] } else { &[] }
}
