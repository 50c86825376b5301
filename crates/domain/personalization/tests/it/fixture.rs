//! Links, rules and visitors.

use lp_core::{Country, Device, Handle, LinkId, Slug, Timestamp, WebUrl};
use lp_links::{
    Allocation, Birth, ControlsChange, Field, Link, LinkChange, LinkState, Position, Priority, RoutingRule,
    RoutingRules, RuleId, Slot, Term, When, create,
};
use lp_personalization::{
    Decision, PersonalizationRule, Policy, Route, Variant, VariantId, Visitor, compile,
};
use uuid::Uuid;

pub(crate) fn link(url: &str, change: LinkChange) -> Link {
    link_at("launch", url, change)
}

pub(crate) fn link_at(slug: &str, url: &str, change: LinkChange) -> Link {
    let birth = Birth {
        id: LinkId::new(Uuid::from_u128(1)),
        handle: Handle::parse("hello").expect("a handle"),
        slug: Slug::parse(slug).expect("a slug"),
        position: Position::FIRST,
        at: Timestamp::from_millis(1_767_225_600_000),
    };
    let change = LinkChange { destination: Field::Set(WebUrl::parse(url).expect("an address")), ..change };
    match create(&Slot::default(), birth, change).expect("a link").after {
        LinkState::Live(link) | LinkState::Deleted(link) => link,
    }
}

/// A link to `https://e.com/own` that is controlled so.
pub(crate) fn controlled(controls: ControlsChange) -> Route {
    compile(&link("https://e.com/own", LinkChange { controls, ..LinkChange::default() }))
}

pub(crate) fn ruled(rules: Vec<RoutingRule>) -> Route {
    let rules = Field::Set(RoutingRules::of(rules).expect("few rules"));
    controlled(ControlsChange { rules, ..ControlsChange::default() })
}

/// A rule that leads to `https://e.com/{id}`.
pub(crate) fn rule(id: &str, priority: i32, when: When, share: f64) -> RoutingRule {
    RoutingRule {
        id: RuleId::parse(id).expect("an id"),
        enabled: true,
        priority: Priority::of(priority).expect("a priority"),
        when,
        destination: WebUrl::parse(&format!("https://e.com/{id}")).expect("an address"),
        allocation: Allocation::of(share).expect("a share"),
    }
}

/// A rule of a handle that leads to `https://e.com/{id}`.
pub(crate) fn personal(id: &str, priority: i32, when: When, share: f64) -> PersonalizationRule {
    let RoutingRule { id, enabled, priority, when, destination, allocation } =
        rule(id, priority, when, share);
    let destination = Some(destination);
    let variant = Variant {
        id: VariantId::parse("a").expect("an id"),
        title: None,
        cta: None,
        destination,
        metadata: None,
    };
    PersonalizationRule { id, enabled, priority, when, variant, allocation }
}

pub(crate) fn terms(texts: &[&str]) -> Vec<Term> {
    texts.iter().map(|text| Term::parse(text).expect("a term")).collect()
}

pub(crate) fn country(code: &str) -> Country {
    Country::parse(code).expect("a country")
}

/// A phone in the United States that the newsletter sent.
pub(crate) const MOBILE: Visitor<'static> =
    Visitor { device: Device::Mobile, source: "Newsletter", key: "anybody", ..Visitor::UNKNOWN };

/// The rule that chose, or `own`, or why the link is closed.
pub(crate) fn chosen(route: &Route, visitor: &Visitor<'_>) -> String {
    match route.decide(Policy::none(), visitor) {
        Decision::Redirect(redirect) => redirect.rule().unwrap_or("own").to_owned(),
        Decision::Locked => "locked".to_owned(),
        Decision::Closed(closed) => format!("{closed:?}"),
    }
}
