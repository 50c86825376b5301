//! What the rules of a handle may say, and how they change.

use lp_core::{Country, Device, Revision, WebUrl};
use lp_links::{Allocation, Field, Mode, Priority, RuleId, Title, When};
use lp_personalization::{
    Contexts, Cta, HandleRules, Metadata, Origin, OriginFault, PersonalizationRule, PlainItem, RuleChange,
    RulesItem, RulesRefused, Variant, VariantId,
};
use proptest::prelude::*;

use crate::fixture::{personal, terms};

fn id(text: &str) -> RuleId {
    RuleId::parse(text).expect("an id")
}

fn everybody(id: &str, priority: i32) -> PersonalizationRule {
    personal(id, priority, When::default(), 1.0)
}

fn with(rules: &[PersonalizationRule]) -> HandleRules {
    rules.iter().fold(HandleRules::default(), |all, rule| all.upsert(rule.clone()).expect("few").after)
}

fn ids(rules: &HandleRules) -> Vec<&str> {
    rules.rules().map(|rule| rule.id.as_str()).collect()
}

#[test]
fn rules_stand_in_the_order_they_are_looked_at() {
    let rules = with(&[everybody("cc", 100), everybody("aa", 100), everybody("bb", -1), everybody("dd", 7)]);
    assert_eq!((ids(&rules), rules.revision), (vec!["bb", "dd", "aa", "cc"], Revision(4)));
    let moved = rules.upsert(everybody("cc", -2)).expect("few").after;
    assert_eq!((ids(&moved), moved.revision), (vec!["cc", "bb", "dd", "aa"], Revision(5)));
}

#[test]
fn what_changes_nothing_is_no_change() {
    let rules = with(&[everybody("aa", 1)]);
    let same = rules.upsert(everybody("aa", 1)).expect("few");
    assert_eq!((same.after, same.items), (rules.clone(), vec![]));
    assert_eq!(rules.set_contexts(Contexts::default()).items, []);
    assert_eq!(rules.reorder(&[id("aa")]).expect("it is there").after.revision, Revision(2), "it is at 1");
    let tens = with(&[everybody("aa", 10), everybody("bb", 20)]);
    assert_eq!(tens.reorder(&[id("aa"), id("bb")]).expect("all of them").items, []);
}

#[test]
fn a_rule_that_is_not_there_cannot_be_taken_away() {
    let rules = with(&[everybody("aa", 1), everybody("bb", 2)]);
    assert_eq!(rules.delete(&id("cc")), Err(RulesRefused::NoSuchRule(id("cc"))));
    let left = rules.delete(&id("aa")).expect("it is there");
    assert_eq!((ids(&left.after), left.items), (vec!["bb"], vec![RulesItem::RuleGone(id("aa"))]));
}

#[test]
fn an_order_names_each_rule_once_or_every_fault_is_told() {
    let rules = with(&[everybody("aa", 1), everybody("bb", 2), everybody("cc", 3)]);
    let order = ["cc", "aa", "bb"].map(id);
    let write = rules.reorder(&order).expect("all of them");
    assert_eq!(ids(&write.after), ["cc", "aa", "bb"]);
    let priorities: Vec<_> = write.after.rules().map(|rule| rule.priority.number()).collect();
    assert_eq!(priorities, [10, 20, 30]);
    let faults = rules.reorder(&["cc", "xx", "cc"].map(id)).expect_err("not an order");
    assert_eq!(
        faults,
        [
            RulesRefused::NoSuchRule(id("xx")),
            RulesRefused::NamedTwice(id("cc")),
            RulesRefused::NotNamed(id("aa")),
            RulesRefused::NotNamed(id("bb")),
        ]
    );
    let long: Vec<_> = (0..=HandleRules::MAX).map(|number| id(&format!("r{number}"))).collect();
    assert_eq!(rules.reorder(&long), Err(vec![RulesRefused::TooMany]));
}

#[test]
fn a_handle_has_bounds() {
    let items = |count: usize, rule: &dyn Fn(usize) -> PersonalizationRule| {
        let items: Vec<_> = (0..count).map(|number| RulesItem::Rule(rule(number))).collect();
        HandleRules::restore(Revision(1), items)
    };
    let full = items(HandleRules::MAX, &|number| everybody(&format!("r{number}"), 1));
    assert_eq!(full.upsert(everybody("one-more", 1)), Err(RulesRefused::TooMany));
    assert!(full.upsert(everybody("r7", 2)).is_ok(), "one that is there may change");

    let countries: Vec<_> = ('A'..='Z')
        .flat_map(|one| ('A'..='Z').map(move |two| format!("{one}{two}")))
        .filter_map(|code| Country::parse(&code).ok())
        .take(200)
        .collect();
    let all_over = || When::default().countries(countries.iter().copied()).expect("all fit");
    let full = items(50, &|number| personal(&format!("r{number}"), 1, all_over(), 1.0));
    let one = When::default().devices([Device::Bot]).expect("few");
    assert_eq!(full.upsert(personal("one-more", 1, one, 1.0)), Err(RulesRefused::TooManyValues));

    let long = Metadata::of(&format!(r#"{{"a":"{}"}}"#, "x".repeat(4_000))).expect("short enough");
    let heavy = |number: usize| {
        let rule = everybody(&format!("r{number}"), 1);
        PersonalizationRule { variant: Variant { metadata: Some(long.clone()), ..rule.variant }, ..rule }
    };
    assert!(items(255, &heavy).upsert(heavy(255)).is_ok());
    assert_eq!(items(262, &heavy).upsert(heavy(262)), Err(RulesRefused::TooMuchText));
}

#[test]
fn a_change_keeps_what_it_does_not_mention() {
    let variant = everybody("aa", 1).variant;
    let new = RuleChange { variant: Some(variant.clone()), ..RuleChange::default() };
    let rules = HandleRules::default();
    assert_eq!(
        rules.change(id("aa"), RuleChange::default(), Mode::Merge),
        Err(RulesRefused::VariantRequired)
    );
    let made = rules.change(id("aa"), new, Mode::Merge).expect("few").after;
    let usual = PersonalizationRule { priority: Priority::default(), ..everybody("aa", 1) };
    assert_eq!(made.rule(&id("aa")), Some(&usual));

    let when = When::default().devices([Device::Bot]).expect("few");
    let share = Allocation::of(0.5).expect("a share");
    let set = RuleChange {
        enabled: Field::Set(false),
        when: Field::Set(when.clone()),
        allocation: Field::Set(share),
        ..RuleChange::default()
    };
    let changed = made.change(id("aa"), set, Mode::Merge).expect("few").after;
    let expected = PersonalizationRule { enabled: false, when, allocation: share, ..usual.clone() };
    assert_eq!(changed.rule(&id("aa")), Some(&expected));

    let cleared = RuleChange { enabled: Field::Clear, when: Field::Clear, ..RuleChange::default() };
    let cleared = changed.change(id("aa"), cleared, Mode::Merge).expect("few").after;
    assert_eq!(cleared.rule(&id("aa")), Some(&PersonalizationRule { allocation: share, ..usual.clone() }));

    let refused = changed.change(id("aa"), RuleChange::default(), Mode::Replace);
    assert_eq!(refused, Err(RulesRefused::VariantRequired), "what is replaced is told anew");
    let replaced = RuleChange { variant: Some(variant), ..RuleChange::default() };
    let replaced = changed.change(id("aa"), replaced, Mode::Replace).expect("few").after;
    assert_eq!(replaced.rule(&id("aa")), Some(&usual));
}

#[test]
fn an_origin_is_what_browsers_say() {
    for (text, origin) in [
        ("https://Shop.Example.com", "https://shop.example.com"),
        ("https://example.com/", "https://example.com"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("https://example.com:443", "https://example.com"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ] {
        assert_eq!(Origin::parse(text).as_ref().map(Origin::as_str), Ok(origin), "{text}");
    }
    for (text, fault) in [
        ("null", OriginFault::Null),
        ("*", OriginFault::Malformed),
        ("https://*.example.com", OriginFault::Malformed),
        ("example.com", OriginFault::Malformed),
        ("", OriginFault::Malformed),
        ("https://exa mple.com", OriginFault::Malformed),
        ("ftp://example.com", OriginFault::Scheme),
        ("file:///etc", OriginFault::Scheme),
        ("https://example.com/a", OriginFault::More),
        ("https://example.com?", OriginFault::More),
        ("https://example.com/#", OriginFault::More),
        ("https://me@example.com", OriginFault::More),
        ("https://@example.com", OriginFault::More),
    ] {
        assert_eq!(Origin::parse(text), Err(fault), "{text}");
    }
}

#[test]
fn origins_are_let_in_exactly_and_once() {
    let origin = |text: &str| Origin::parse(text).expect("an origin");
    let contexts =
        Contexts::of(["https://a.example", "https://b.example", "https://A.example"].map(origin), true);
    let contexts = contexts.expect("few");
    assert_eq!(contexts.origins().len(), 2);
    assert!(contexts.lets_in("https://a.example"));
    for other in ["http://a.example", "https://a.example:8443", "https://a.example.org", "null", ""] {
        assert!(!contexts.lets_in(other), "{other}");
    }
    assert!(Contexts::of((0..=100).map(|at| origin(&format!("https://s{at}.example"))), true).is_err());
}

#[test]
fn what_was_kept_under_another_name_is_refused() {
    let kept = RulesItem::Rule(everybody("aa", 1)).plain();
    let contexts = RulesItem::Contexts(Contexts::default()).plain();
    for (name, body) in [
        ("rule:bb", kept.body.clone()),
        ("rule:A", None),
        ("contexts", kept.body),
        ("contexts", None),
        ("rule:aa", contexts.body.clone()),
        ("other", contexts.body),
    ] {
        let item = PlainItem { name: name.to_owned(), body };
        assert!(item.clone().item().is_err(), "{item:?}");
    }
}

fn variants() -> impl Strategy<Value = Variant> {
    let text = prop::option::of("[ -~ä€]{1,40}");
    ("[A-Za-z0-9_.-]{1,64}", text.clone(), text, any::<bool>(), any::<bool>()).prop_map(
        |(id, title, cta, leads, told)| Variant {
            id: VariantId::parse(&id).expect("an id"),
            title: title.map(|text| Title::parse(&text).expect("a title")),
            cta: cta.map(|text| Cta::parse(&text).expect("a line")),
            destination: leads.then(|| WebUrl::parse("https://e.com/?a=%25#b").expect("an address")),
            metadata: told.then(|| Metadata::of(r#"{"a":[1,null,"ä"]}"#).expect("short")),
        },
    )
}

fn items() -> impl Strategy<Value = RulesItem> {
    let rule = (
        "[a-d]{2}",
        any::<bool>(),
        -3..3_i32,
        prop::collection::vec("[a-c]{1,3}", 0..4),
        0..=100_u32,
        variants(),
    );
    let rule = rule.prop_map(|(id, enabled, priority, sources, share, variant)| {
        let sources: Vec<_> = sources.iter().map(String::as_str).collect();
        let when = When::default().sources(terms(&sources)).expect("few");
        let rule = personal(&id, priority, when, f64::from(share) / 100.0);
        RulesItem::Rule(PersonalizationRule { enabled, variant, ..rule })
    });
    prop_oneof![
        4 => rule,
        1 => "[a-d]{2}".prop_map(|text| RulesItem::RuleGone(id(&text))),
        1 => any::<bool>().prop_map(|append| {
            let origin = Origin::parse("https://a.example").expect("an origin");
            RulesItem::Contexts(Contexts::of([origin], append).expect("few"))
        }),
    ]
}

proptest! {
    #[test]
    fn what_is_kept_reads_back(item in items()) {
        prop_assert_eq!(item.plain().item(), Ok(item));
    }

    #[test]
    fn the_newest_item_of_each_name_is_all_that_counts(all in prop::collection::vec(items(), 0..20)) {
        let whole = HandleRules::restore(Revision(9), all.clone());
        let name = |item: &RulesItem| item.plain().name;
        let newest: Vec<_> = all
            .iter()
            .enumerate()
            .filter(|(at, item)| !all[at + 1..].iter().any(|later| name(later) == name(item)))
            .map(|(_, item)| item.clone())
            .collect();
        prop_assert_eq!(&HandleRules::restore(Revision(9), newest.iter().rev().cloned()), &whole);
        prop_assert_eq!(HandleRules::restore(Revision(9), newest), whole);
    }
}
