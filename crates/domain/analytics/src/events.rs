use crate::Click;

/// Visitors came to a link.
const CLICKED: &str = "link.clicked";
/// A rule said where.
const ROUTED: &str = "link.routed";
/// The destination was given a context token.
const CONTEXT_CREATED: &str = "link.context_created";
/// A rule of the handle said what the visitor sees.
const PERSONALIZED: &str = "personalization.resolved";

/// Which events subscribers are told of a click, by name. They follow from what is kept of it, so none of them is stored;
/// `context` says whether the destination was given a token.
pub fn events(click: &Click, context: bool) -> impl Iterator<Item = &'static str> {
    let facts = &click.facts;
    // Only rules of the handle have variants.
    let of_click = [
        (CLICKED, true),
        (ROUTED, !facts.rule.is_empty()),
        (CONTEXT_CREATED, context),
        (PERSONALIZED, !facts.variant.is_empty()),
    ];
    of_click.into_iter().filter(|(_, happened)| *happened).map(|(name, _)| name)
}
