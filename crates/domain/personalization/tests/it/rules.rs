//! Who goes where: rules against the rule as one would say it, and lots.

use lp_core::{Device, WebUrl};
use lp_links::{Fact, RoutingRule, When};
use lp_personalization::{Decision, Policy, Route, Step, Verdict, Visitor, lot};
use proptest::prelude::*;

use crate::fixture::{MOBILE, chosen, country, rule, ruled, terms};

fn few<E: std::fmt::Debug>(when: Result<When, E>) -> When {
    when.expect("few values")
}

#[test]
fn the_first_rule_that_is_met_chooses() {
    let route = ruled(vec![
        rule("late", 200, When::default(), 1.0),
        rule(
            "mobile-us",
            10,
            few(When::default().devices([Device::Mobile]).and_then(|when| when.countries([country("us")]))),
            1.0,
        ),
        rule("mobile", 20, few(When::default().devices([Device::Mobile, Device::Tablet])), 1.0),
    ]);
    let us = Visitor { country: Some(country("US")), ..MOBILE };
    assert_eq!(chosen(&route, &us), "mobile-us");
    assert_eq!(chosen(&route, &MOBILE), "mobile");
    assert_eq!(chosen(&route, &Visitor { device: Device::Desktop, ..us }), "late");
}

#[test]
fn rules_of_one_priority_are_looked_at_by_id() {
    let all = |id| rule(id, 100, When::default(), 1.0);
    assert_eq!(chosen(&ruled(vec![all("bb"), all("ab"), all("ba")]), &MOBILE), "ab");
}

#[test]
fn case_is_ignored_beyond_ascii_too() {
    let route =
        ruled(vec![rule("loud", 1, few(When::default().sources(terms(&["ÄRGER", "newsLETTER"]))), 1.0)]);
    for source in ["ärger", "Ärger", "NEWSLETTER"] {
        assert_eq!(chosen(&route, &Visitor { source, ..MOBILE }), "loud", "{source}");
    }
    assert_eq!(chosen(&route, &Visitor { source: "news", ..MOBILE }), "own");
    assert_eq!(chosen(&route, &Visitor { source: "", ..MOBILE }), "own");
}

#[test]
fn one_of_several_segments_is_enough() {
    let route = ruled(vec![rule("vip", 1, few(When::default().segments(terms(&["vip", "returning"]))), 1.0)]);
    for (segments, expected) in
        [(&["new", "VIP"][..], "vip"), (&["vip", "returning"], "vip"), (&["new"], "own"), (&[], "own")]
    {
        assert_eq!(chosen(&route, &Visitor { segments, ..MOBILE }), expected, "{segments:?}");
    }
}

#[test]
fn more_rules_than_a_word_has_bits_are_told_apart() {
    let route = ruled(
        (0..50)
            .map(|at| {
                let source = format!("s{at}");
                rule(&format!("r{at}"), at, few(When::default().sources(terms(&[&source]))), 1.0)
            })
            .collect(),
    );
    for at in 0..50 {
        let source = format!("s{at}");
        assert_eq!(chosen(&route, &Visitor { source: &source, ..MOBILE }), format!("r{at}"));
    }
}

#[test]
fn the_trace_names_the_first_condition_that_failed_and_what_the_visitor_has() {
    let both =
        few(When::default().sources(terms(&["newsletter"])).and_then(|when| when.countries([country("DE")])));
    let mut off = rule("off", 2, When::default(), 1.0);
    off.enabled = false;
    let route = ruled(vec![
        rule(
            "ads",
            1,
            few(When::default().sources(terms(&["ad"])).and_then(|when| when.countries([country("DE")]))),
            1.0,
        ),
        off,
        rule("german", 3, both, 1.0),
        rule("none", 4, When::default(), 0.0),
        rule("all", 5, When::default(), 1.0),
        rule("never", 6, When::default(), 1.0),
    ]);
    let mut steps = Vec::new();
    route.explain(Policy::none(), &MOBILE, &mut |step| {
        if let Step::Rule { id, verdict, .. } = step {
            steps.push((id.to_owned(), verdict));
        }
    });
    let failed = |fact, value: &str| Verdict::Failed { fact, value: value.to_owned() };
    let lot = lot("none", MOBILE.key);
    assert_eq!(
        steps,
        [
            ("ads".to_owned(), failed(Fact::Source, "Newsletter")),
            ("off".to_owned(), Verdict::Off),
            ("german".to_owned(), failed(Fact::Country, "")),
            ("none".to_owned(), Verdict::NotAllocated { share: 0.0, lot: Some(lot) }),
            ("all".to_owned(), Verdict::Matched),
        ]
    );
}

#[test]
fn lots_are_those_that_are_published() {
    for (seed, value, expected) in [("seed", "a", 0.0505), ("foo", "ab", 0.2575)] {
        assert!((lot(seed, value) - expected).abs() < f64::EPSILON, "{seed} {value}: {}", lot(seed, value));
    }
}

#[test]
fn of_a_hundred_thousand_keys_each_share_gets_its_part_and_the_same_ones_each_time() {
    for share in [0.1, 0.5, 0.9] {
        let route = ruled(vec![rule("half", 1, When::default(), share)]);
        let takes = |key: &str| chosen(&route, &Visitor { key, ..MOBILE }) == "half";
        let winners = (0..100_000u32).filter(|number| {
            let key = format!("visitor-{number}");
            let takes_it = takes(&key);
            assert!(!number.is_multiple_of(1_000) || takes_it == takes(&key));
            takes_it
        });
        let part = f64::from(u32::try_from(winners.count()).expect("few")) / 100_000.0;
        assert!((part - share).abs() < 0.005, "{part} of {share}");
    }
}

#[test]
fn whoever_has_no_key_is_in_no_part_and_draws_nothing() {
    let route = ruled(vec![rule("most", 1, When::default(), 0.9999), rule("all", 2, When::default(), 1.0)]);
    let nobody = Visitor { key: "", ..MOBILE };
    let Decision::Redirect(redirect) = route.decide(Policy::none(), &nobody) else {
        panic!("the link is open")
    };
    assert_eq!((redirect.rule(), redirect.drawn), (Some("all"), false));
    let Decision::Redirect(redirect) = route.decide(Policy::none(), &MOBILE) else {
        panic!("the link is open")
    };
    assert!(redirect.drawn);
}

const SOURCES: [&str; 3] = ["mail", "Ad", "social"];
const COUNTRIES: [&str; 3] = ["US", "DE", "FR"];
const SEGMENTS: [&str; 2] = ["vip", "returning"];

fn whens() -> impl Strategy<Value = When> {
    let some = |length: usize| prop::collection::vec(0..length, 0..3);
    (some(3), some(3), some(3), some(5), some(2)).prop_map(
        |(sources, campaigns, countries, devices, segments)| {
            let words = |all: &[&'static str], some: Vec<usize>| {
                terms(&some.into_iter().map(|at| all[at]).collect::<Vec<_>>())
            };
            few(When::default()
                .sources(words(&SOURCES, sources))
                .and_then(|when| when.campaigns(words(&SOURCES, campaigns)))
                .and_then(|when| when.countries(countries.into_iter().map(|at| country(COUNTRIES[at]))))
                .and_then(|when| when.devices(devices.into_iter().map(|at| Device::ALL[at])))
                .and_then(|when| when.segments(words(&SEGMENTS, segments))))
        },
    )
}

fn rules() -> impl Strategy<Value = Vec<RoutingRule>> {
    let share = prop_oneof![3 => Just(1.0), 1 => Just(0.0), 2 => 0.0..=1.0];
    let one = (any::<bool>(), -2..2i32, whens(), share, prop::bool::weighted(0.9));
    prop::collection::vec(one, 0..9).prop_map(|all| {
        let numbered = all.into_iter().enumerate();
        numbered
            .map(|(at, (early, priority, when, share, enabled))| {
                let id = format!("{}{at}", if early { "a" } else { "b" });
                RoutingRule { enabled, ..rule(&id, priority, when, share) }
            })
            .collect()
    })
}

/// What a visitor may be made of.
type Made = (Option<usize>, usize, usize, usize, Vec<&'static str>, String);

fn visitors() -> impl Strategy<Value = Made> {
    (
        prop::option::of(0..3usize),
        0..5usize,
        0..5usize,
        0..5usize,
        prop::sample::subsequence(SEGMENTS.to_vec(), 0..=2),
        "[a-z]{0,3}",
    )
}

fn visitor(made: &Made) -> Visitor<'_> {
    const WORDS: [&str; 5] = ["MAIL", "ad", "sociaL", "other", ""];
    let (country_at, device, source, campaign, segments, key) = made;
    Visitor {
        country: country_at.map(|at| country(COUNTRIES[at])),
        device: Device::ALL[*device],
        source: WORDS[*source],
        campaign: WORDS[*campaign],
        segments,
        key,
        ..Visitor::UNKNOWN
    }
}

/// The rule as one would say it.
fn plainly<'r>(rules: &'r [RoutingRule], visitor: &Visitor<'_>) -> &'r str {
    let mut sorted: Vec<_> = rules.iter().filter(|rule| rule.enabled).collect();
    sorted.sort_by_key(|rule| (rule.priority.number(), rule.id.as_str()));
    let country = visitor.country.map_or(String::new(), |country| country.to_string());
    let meets = |rule: &&&RoutingRule| {
        Fact::ALL.into_iter().all(|fact| {
            let has = match fact {
                Fact::Source => vec![visitor.source],
                Fact::Campaign => vec![visitor.campaign],
                Fact::Country => vec![country.as_str()],
                Fact::Device => vec![visitor.device.as_str()],
                Fact::Segment => visitor.segments.to_vec(),
            };
            let wanted = rule.when.values(fact);
            wanted.is_empty() || wanted.iter().any(|one| has.iter().any(|own| own.eq_ignore_ascii_case(one)))
        })
    };
    let takes = |rule: &&&RoutingRule| {
        let share = rule.allocation.share();
        share >= 1.0 || (!visitor.key.is_empty() && lot(rule.id.as_str(), visitor.key) < share)
    };
    sorted.iter().filter(meets).find(takes).map_or("own", |rule| rule.id.as_str())
}

fn told(route: &Route, visitor: &Visitor<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    route.explain(Policy::none(), visitor, &mut |step| steps.push(format!("{step:?}")));
    steps
}

proptest! {
    #[test]
    fn rules_decide_as_one_would_say_it_and_previews_as_visits(rules in rules(), made in visitors()) {
        let (route, visitor) = (ruled(rules.clone()), visitor(&made));
        prop_assert_eq!(chosen(&route, &visitor), plainly(&rules, &visitor));
        let mut last = None;
        let explained = route.explain(Policy::none(), &visitor, &mut |step| last = Some(format!("{step:?}")));
        prop_assert_eq!(route.decide(Policy::none(), &visitor), explained);
        let last = last.unwrap_or_default();
        let expected = if plainly(&rules, &visitor) == "own" { "Default" } else { "Matched" };
        prop_assert!(last.contains(expected), "{}", last);
    }

    #[test]
    fn the_order_in_which_rules_are_stored_never_matters(
        (rules, shuffled) in rules().prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle())),
        made in visitors(),
    ) {
        let (one, other, visitor) = (ruled(rules), ruled(shuffled), visitor(&made));
        prop_assert_eq!(one.decide(Policy::none(), &visitor), other.decide(Policy::none(), &visitor));
        prop_assert_eq!(told(&one, &visitor), told(&other, &visitor));
    }

    #[test]
    fn a_rule_that_cannot_match_never_changes_a_result(
        rules in rules(), made in visitors(), at in 0..4usize, priority in -3..3i32, when in whens(),
    ) {
        let visitor = visitor(&made);
        let elsewhere = [country("AQ")];
        let idle = match at {
            0 => rule("zz", priority, few(when.countries(elsewhere)), 1.0),
            1 => RoutingRule { enabled: false, ..rule("zz", priority, when, 1.0) },
            2 => rule("zz", priority, when, 0.0),
            _ => rule("zz", priority, few(when.sources(terms(&["nobody sends so"]))), 0.5),
        };
        let mut more = rules.clone();
        more.push(idle);
        let (one, other) = (ruled(rules), ruled(more));
        prop_assert_eq!(one.decide(Policy::none(), &visitor), other.decide(Policy::none(), &visitor));
    }

    #[test]
    fn a_lot_is_below_one_and_of_ten_thousand(seed in "[a-z0-9_-]{1,20}", value in "\\PC{0,30}") {
        let lot = lot(&seed, &value);
        prop_assert!((0.0..1.0).contains(&lot));
        prop_assert!((lot * 10_000.0 - (lot * 10_000.0).round()).abs() < 1e-6);
    }

    #[test]
    fn a_share_takes_exactly_the_lots_below_it(share in 0.0..=1.0f64, key in "[a-z]{1,6}") {
        let route = ruled(vec![rule("some", 1, When::default(), share)]);
        let expected = if lot("some", &key) < share { "some" } else { "own" };
        prop_assert_eq!(chosen(&route, &Visitor { key: &key, ..MOBILE }), expected);
    }
}

#[test]
fn a_destination_of_a_rule_gets_the_query_as_the_link_wants_it() {
    let route = ruled(vec![RoutingRule {
        destination: WebUrl::parse("https://e.com/m?a=1").expect("an address"),
        ..rule("all", 1, When::default(), 1.0)
    }]);
    let Decision::Redirect(redirect) = route.decide(Policy::none(), &MOBILE) else {
        panic!("the link is open")
    };
    assert_eq!(redirect.location(Some("b=2")), "https://e.com/m?a=1&b=2");
}
