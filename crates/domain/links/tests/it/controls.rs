//! Schedules, campaigns and rules: what may be said, and what a change leaves of them.

use lp_core::{Country, Timestamp, WebUrl};
use lp_links::{
    Allocation, CampaignId, ControlsChange, Field, LinkChange, LinkRefused, Mode, NeverOpen, Priority,
    RoutingRule, RoutingRules, RuleId, RulesFault, Slot, Term, When, create, update,
};

use crate::{LATER, birth, live, to};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn controls(controls: ControlsChange) -> LinkChange {
    LinkChange { controls, ..to("https://example.com/a") }
}

fn rule(id: &str, when: When) -> RoutingRule {
    RoutingRule {
        id: RuleId::parse(id).expect("an id"),
        enabled: true,
        priority: Priority::default(),
        when,
        destination: WebUrl::parse("https://example.com/b").expect("an address"),
        allocation: Allocation::default(),
    }
}

#[test]
fn a_link_that_would_never_be_open_is_refused_whichever_change_brings_it_about() {
    let start = ControlsChange { start: Field::Set(at(100)), ..ControlsChange::default() };
    let end = ControlsChange { end: Field::Set(at(100)), ..ControlsChange::default() };
    let both = ControlsChange { expiry: Field::Set(at(99)), ..start.clone() };
    let refused = create(&Slot::default(), birth("launch"), controls(both));
    assert_eq!(refused, Err(LinkRefused::NeverOpen(NeverOpen { by_expiry: true })));
    let link = create(&Slot::default(), birth("launch"), controls(start)).expect("allowed");
    let refused = update(live(&link), controls(end.clone()), Mode::Merge, LATER);
    assert_eq!(refused, Err(LinkRefused::NeverOpen(NeverOpen { by_expiry: false })));
    assert!(update(live(&link), controls(end), Mode::Replace, LATER).is_ok(), "the start is gone");
}

#[test]
fn changes_keep_clear_and_replace_what_a_link_is_controlled_by() {
    let rules = RoutingRules::of(vec![rule("ab", When::default())]).expect("few");
    let change = ControlsChange {
        expiry: Field::Set(at(5)),
        campaign: Field::Set(CampaignId::parse("cmp_launch").expect("an id")),
        rules: Field::Set(rules.clone()),
        ..ControlsChange::default()
    };
    let first = create(&Slot::default(), birth("launch"), controls(change)).expect("allowed");
    let clear = ControlsChange { expiry: Field::Clear, ..ControlsChange::default() };
    let second = update(live(&first), controls(clear), Mode::Merge, LATER).expect("allowed");
    let kept = &live(&second).parts().controls;
    assert_eq!((kept.schedule.expiry, &kept.rules), (None, &rules));
    assert!(kept.campaign.is_some());
    let third = update(live(&second), to("https://example.com/a"), Mode::Replace, LATER).expect("allowed");
    assert_eq!(live(&third).parts().controls, lp_links::Controls::default());
}

#[test]
fn ids_shares_and_priorities_have_bounds() {
    let longest = "a".repeat(64);
    for good in ["ab", "0-", "a_b-c", &longest] {
        assert!(RuleId::parse(good).is_ok(), "{good}");
    }
    let longer = "a".repeat(65);
    for bad in ["", "a", "_a", "-a", "Ab", "a b", "ä1", &longer] {
        assert!(RuleId::parse(bad).is_err(), "{bad}");
    }
    assert!(CampaignId::parse("ab").is_err() && CampaignId::parse("abc").is_ok());
    for share in [-0.1, 1.5, f64::NAN, f64::INFINITY] {
        assert_eq!(Allocation::of(share), None);
    }
    assert_eq!(Allocation::of(-0.0), Allocation::of(0.0));
    assert!(Priority::of(-1_000_000_000).is_some() && Priority::of(1_000_000_001).is_none());
}

#[test]
fn a_list_names_all_countries_and_not_many_more_values() {
    let term = |number: usize| Term::parse(&format!("t{number}")).expect("a term");
    assert!(When::default().sources((0..When::MAX).map(term)).is_ok());
    assert!(When::default().sources((0..10_000).map(term)).is_err());
    let twice = ["us", "US"].map(|code| Country::parse(code).expect("a country"));
    let when = When::default().countries(twice).expect("few");
    assert_eq!(when.values(lp_links::Fact::Country), ["US"]);
    assert!(["XX", "usa", "", "U1", "ZZ"].iter().all(|code| Country::parse(code).is_err()));
}

#[test]
fn rules_that_cannot_stand_together_are_all_named() {
    let twice = vec![rule("ab", When::default()), rule("cd", When::default()), rule("ab", When::default())];
    assert_eq!(RoutingRules::of(twice), Err(vec![RulesFault::SameId { at: 2 }]));
    let many = (0..51).map(|number| rule(&format!("r{number}"), When::default())).collect();
    assert_eq!(RoutingRules::of(many), Err(vec![RulesFault::TooMany]));
    let wide = |number: usize| {
        let terms = (0..250).map(|value| Term::parse(&format!("t{value}")).expect("a term"));
        rule(&format!("r{number}"), When::default().sources(terms).expect("few"))
    };
    assert_eq!(RoutingRules::of((0..9).map(wide).collect()), Err(vec![RulesFault::TooManyValues]));
    assert!(RoutingRules::of((0..8).map(wide).collect()).is_ok());
}
