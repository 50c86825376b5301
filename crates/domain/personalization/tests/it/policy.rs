//! Who goes where by the link and by its handle: one decision.

use lp_core::{Device, Revision, Slug, WebUrl};
use lp_links::{
    Allocation, CampaignId, ControlsChange, Field, LinkChange, RoutingRules, Tracking, TrackingValue, Utm,
    When,
};
use lp_personalization::{
    Asks, Decision, HandleRules, Personal, PersonalizationRule, Policy, Redirect, Route, RulesItem, Step,
    Variant, Verdict, Visitor, compile, compile_rules,
};
use proptest::prelude::*;

use crate::fixture::{MOBILE, controlled, country, link, link_at, personal, rule, ruled, terms};

fn policy(rules: &[PersonalizationRule]) -> Policy {
    let items = rules.iter().cloned().map(RulesItem::Rule);
    let own = |url: &WebUrl| {
        let slug = url.as_str().strip_prefix("https://hello.example/")?;
        Some(Slug::parse(slug).ok()?.key())
    };
    compile_rules(&HandleRules::restore(Revision(3), items), own)
}

fn plain() -> Route {
    compile(&link("https://e.com/own", LinkChange::default()))
}

fn redirect<'r>(route: &'r Route, policy: &'r Policy, visitor: &Visitor<'_>) -> Redirect<'r> {
    match route.decide(policy, visitor) {
        Decision::Redirect(redirect) => redirect,
        other => panic!("{other:?}"),
    }
}

/// The rule that chose and where it leads.
fn went(route: &Route, policy: &Policy, visitor: &Visitor<'_>) -> (Option<String>, String) {
    let redirect = redirect(route, policy, visitor);
    (redirect.rule().map(ToOwned::to_owned), redirect.location(None))
}

fn to(id: &str) -> (Option<String>, String) {
    (Some(id.to_owned()), format!("https://e.com/{id}"))
}

fn without_destination(rule: PersonalizationRule) -> PersonalizationRule {
    PersonalizationRule { variant: Variant { destination: None, ..rule.variant }, ..rule }
}

#[test]
fn the_rules_of_the_link_come_before_those_of_the_handle() {
    let mobile = || When::default().devices([Device::Mobile]).expect("few");
    let route = ruled(vec![rule("link-mobile", 900, mobile(), 1.0)]);
    let policy = policy(&[personal("handle-all", 1, When::default(), 1.0)]);
    assert_eq!(went(&route, &policy, &MOBILE), to("link-mobile"));
    assert_eq!(went(&route, &policy, &Visitor::UNKNOWN), to("handle-all"));
    assert_eq!(went(&plain(), &policy, &MOBILE), to("handle-all"));
    let none = went(&plain(), Policy::none(), &MOBILE);
    assert_eq!(none, (None, "https://e.com/own".to_owned()));
}

#[test]
fn a_variant_without_a_destination_leaves_it_to_the_link() {
    let policy = policy(&[without_destination(personal("vip", 1, When::default(), 1.0))]);
    let route = plain();
    let chosen = redirect(&route, &policy, &MOBILE);
    assert_eq!((chosen.rule(), chosen.location(None).as_str()), (Some("vip"), "https://e.com/own"));
    assert_eq!(chosen.personal().map(Personal::variant), Some("a"));
}

#[test]
fn a_link_that_a_rule_leads_to_leads_on_to_its_own_destination() {
    let mut rule = personal("sale", 1, When::default(), 1.0);
    rule.variant.destination = Some(WebUrl::parse("https://hello.example/LAUNCH").expect("an address"));
    let policy = policy(&[rule, personal("other", 2, When::default(), 1.0)]);
    assert_eq!(went(&plain(), &policy, &MOBILE), (Some("sale".to_owned()), "https://e.com/own".to_owned()));
    let route = compile(&link_at("elsewhere", "https://e.com/own", LinkChange::default()));
    let expected = (Some("sale".to_owned()), "https://hello.example/LAUNCH".to_owned());
    assert_eq!(went(&route, &policy, &MOBILE), expected);
}

#[test]
fn what_the_link_says_of_itself_is_written_into_the_variants_destination() {
    let tracking = Tracking::default().with(Utm::Source, TrackingValue::parse("mail & co").expect("a value"));
    let controls = ControlsChange { tracking: Field::Set(tracking), ..ControlsChange::default() };
    let mut rule = personal("vip", 1, When::default(), 1.0);
    rule.variant.destination =
        Some(WebUrl::parse("https://e.com/vip?utm_source=x&a=1#f").expect("an address"));
    let (route, policy) = (controlled(controls), policy(&[rule]));
    let chosen = redirect(&route, &policy, &MOBILE);
    assert_eq!(chosen.location(Some("b=2")), "https://e.com/vip?a=1&utm_source=mail+%26+co&b=2#f");
}

#[test]
fn rules_of_the_handle_see_the_campaign_of_the_link() {
    let campaign = Field::Set(CampaignId::parse("cmp_spring").expect("an id"));
    let route = controlled(ControlsChange { campaign, ..ControlsChange::default() });
    let spring = When::default().campaigns(terms(&["CMP_spring"])).expect("few");
    let policy = policy(&[personal("spring", 1, spring, 1.0)]);
    assert_eq!(went(&route, &policy, &MOBILE), to("spring"));
    let other = Visitor { campaign: "other", ..MOBILE };
    assert_eq!(went(&route, &policy, &other).0, None);
    assert_eq!(went(&plain(), &policy, &MOBILE).0, None);
}

#[test]
fn a_policy_asks_for_what_its_rules_compare() {
    assert_eq!(Policy::none().asks(), Asks::NOTHING);
    let when = When::default().countries([country("US")]).expect("few");
    let asks = policy(&[personal("us", 1, when, 0.5)]).asks();
    assert!(asks.has(Asks::COUNTRY) && asks.has(Asks::KEY) && !asks.has(Asks::SOURCE));
}

#[test]
fn the_trace_tells_the_links_rules_from_the_handles() {
    let mobile = || When::default().devices([Device::Mobile]).expect("few");
    let route = ruled(vec![rule("of-link", 1, mobile(), 1.0)]);
    let policy = policy(&[
        PersonalizationRule { enabled: false, ..personal("off", 1, When::default(), 1.0) },
        without_destination(personal("of-handle", 2, When::default(), 1.0)),
    ]);
    let mut steps = Vec::new();
    route.explain(&policy, &Visitor::UNKNOWN, &mut |step| {
        steps.push(match step {
            Step::Rule { id, own, verdict } => format!("{id} {own} {}", verdict == Verdict::Matched),
            Step::Kept { destination } => format!("kept {destination}"),
            other => format!("{other:?}"),
        });
    });
    let expected = [
        "Switch { on: true }",
        "of-link true false",
        "off false false",
        "of-handle false true",
        "kept https://e.com/own",
    ];
    assert_eq!(steps, expected);
}

#[test]
fn a_thousand_rules_are_told_apart() {
    let rules: Vec<_> = (0..1_000)
        .map(|at| {
            let source = format!("s{at}");
            personal(&format!("r{at}"), at, When::default().sources(terms(&[&source])).expect("few"), 1.0)
        })
        .collect();
    let policy = policy(&rules);
    for at in [0, 63, 64, 65, 500, 999] {
        let source = format!("s{at}");
        let visitor = Visitor { source: &source, ..MOBILE };
        assert_eq!(policy.personalize(&visitor).rule.map(|(id, _)| id.to_owned()), Some(format!("r{at}")));
    }
}

const WORDS: [&str; 4] = ["", "a", "B", "c"];
const DEVICES: [Device; 3] = [Device::Mobile, Device::Desktop, Device::Unknown];

fn whens() -> impl Strategy<Value = When> {
    let words = prop::collection::vec(prop::sample::select(vec!["A", "b", "c"]), 0..3);
    (words.clone(), words.clone(), words, prop::collection::vec(prop::sample::select(DEVICES.to_vec()), 0..3))
        .prop_map(|(sources, campaigns, segments, devices)| {
            When::default()
                .sources(terms(&sources))
                .and_then(|when| when.campaigns(terms(&campaigns)))
                .and_then(|when| when.segments(terms(&segments)))
                .and_then(|when| when.devices(devices))
                .expect("few")
        })
}

fn shares() -> impl Strategy<Value = f64> {
    prop::sample::select(vec![0.0, 0.3, 0.7, 1.0])
}

fn personals() -> impl Strategy<Value = Vec<PersonalizationRule>> {
    let one = (prop::bool::weighted(0.8), 0..3_i32, whens(), shares(), any::<bool>());
    prop::collection::vec(one, 0..8).prop_map(|rules| {
        let rules = rules.into_iter().enumerate();
        rules
            .map(|(at, (enabled, priority, when, share, leads))| {
                let rule =
                    PersonalizationRule { enabled, ..personal(&format!("p{at}"), priority, when, share) };
                if leads { rule } else { without_destination(rule) }
            })
            .collect()
    })
}

fn routes() -> impl Strategy<Value = Route> {
    let rules = prop::collection::vec((0..3_i32, whens(), shares()), 0..4);
    (rules, any::<bool>()).prop_map(|(rules, campaign)| {
        let rules = rules.into_iter().enumerate();
        let rules = rules.map(|(at, (priority, when, share))| rule(&format!("l{at}"), priority, when, share));
        let campaign =
            if campaign { Field::Set(CampaignId::parse("abc").expect("an id")) } else { Field::Keep };
        let rules = Field::Set(RoutingRules::of(rules.collect()).expect("few"));
        controlled(ControlsChange { rules, campaign, ..ControlsChange::default() })
    })
}

fn visitors() -> impl Strategy<Value = Visitor<'static>> {
    let word = || prop::sample::select(WORDS.to_vec());
    let segments = prop::sample::select(vec![&[][..], &["a"], &["B", "c"]]);
    let keys = prop::sample::select(vec!["", "one", "two", "three"]);
    (word(), word(), segments, keys, prop::sample::select(DEVICES.to_vec())).prop_map(
        |(source, campaign, segments, key, device)| Visitor {
            source,
            campaign,
            segments,
            key,
            device,
            ..Visitor::UNKNOWN
        },
    )
}

proptest! {
    #[test]
    fn explaining_is_deciding(rules in personals(), route in routes(), visitor in visitors()) {
        let policy = policy(&rules);
        let mut chose = None;
        let explained = route.explain(&policy, &visitor, &mut |step| {
            if let Step::Rule { id, verdict: Verdict::Matched, .. } = step {
                chose = Some(id.to_owned());
            }
        });
        prop_assert_eq!(explained, route.decide(&policy, &visitor));
        let Decision::Redirect(redirect) = explained else { panic!("it is open") };
        prop_assert_eq!(redirect.rule().map(ToOwned::to_owned), chose);
    }

    #[test]
    fn the_order_of_storage_means_nothing(rules in personals(), route in routes(), visitor in visitors()) {
        let (one, mut other) = (policy(&rules), rules.clone());
        other.reverse();
        prop_assert_eq!(went(&route, &one, &visitor), went(&route, &policy(&other), &visitor));
    }

    #[test]
    fn a_rule_that_cannot_match_changes_nothing(
        rules in personals(), route in routes(), visitor in visitors(), place in 0..3_i32, how in 0..3,
    ) {
        let never = personal("never", place, When::default(), 1.0);
        let never = match how {
            0 => PersonalizationRule { enabled: false, ..never },
            1 => PersonalizationRule { allocation: Allocation::of(0.0).expect("a share"), ..never },
            _ => PersonalizationRule { when: When::default().sources(terms(&["nowhere"])).expect("few"), ..never },
        };
        let more = [rules.clone(), vec![never]].concat();
        prop_assert_eq!(went(&route, &policy(&more), &visitor), went(&route, &policy(&rules), &visitor));
    }

    #[test]
    fn pages_and_links_go_by_the_same_rule(rules in personals(), visitor in visitors()) {
        let (policy, route) = (policy(&rules), plain());
        let of_page = policy.personalize(&visitor).rule.map(|(id, _)| id.to_owned());
        prop_assert_eq!(of_page, went(&route, &policy, &visitor).0);
    }
}
