//! Where visitors go.

mod attribution;
mod context;
mod fixture;
mod handle_rules;
mod policy;
mod rules;
mod schedule;

use lp_links::{Field, LinkChange, QueryPassThrough, RedirectStatus};
use lp_personalization::{Closed, Decision, Policy, Redirect, Visitor, compile};
use proptest::prelude::*;
use url::form_urlencoded;

use crate::fixture::link;

fn location(url: &str, mode: QueryPassThrough, query: &str) -> String {
    redirected(url, mode, |redirect| redirect.location(Some(query)))
}

/// The same with a context token.
fn carried(url: &str, mode: QueryPassThrough, query: &str, token: &str) -> String {
    redirected(url, mode, |redirect| redirect.location_with(Some(query), token))
}

fn redirected(url: &str, mode: QueryPassThrough, write: impl Fn(&Redirect<'_>) -> String) -> String {
    let route = compile(&link(url, LinkChange { query: Field::Set(mode), ..LinkChange::default() }));
    let Decision::Redirect(redirect) = route.decide(Policy::none(), &Visitor::UNKNOWN) else {
        panic!("the link is open")
    };
    write(&redirect)
}

#[test]
fn a_context_goes_before_the_fragment_and_in_place_of_others() {
    use QueryPassThrough::{Append, Off, Override};
    for (url, mode, query, expected) in [
        ("https://e.com/a", Append, "", "https://e.com/a?ctx=T"),
        ("https://e.com", Append, "", "https://e.com?ctx=T"),
        ("https://e.com/a?b=2#f", Append, "x=1", "https://e.com/a?b=2&x=1&ctx=T#f"),
        ("https://e.com/a?ctx=mine#f", Off, "ctx=theirs", "https://e.com/a?ctx=T#f"),
        ("https://e.com/a?b=1&ctx=mine&c=2", Append, "ctx=theirs&y", "https://e.com/a?b=1&c=2&y&ctx=T"),
        ("https://e.com/a?ctx&b=1", Override, "%63tx=theirs&b=2", "https://e.com/a?b=2&ctx=T"),
        ("https://e.com/a?ctxs=1&CTX=2", Append, "c", "https://e.com/a?ctxs=1&CTX=2&c&ctx=T"),
    ] {
        assert_eq!(carried(url, mode, query, "T"), expected, "{url} {mode:?} {query}");
    }
    assert_eq!(
        location("https://e.com/a?ctx=mine", Append, "ctx=theirs"),
        "https://e.com/a?ctx=mine&ctx=theirs"
    );
}

#[test]
fn a_visitor_goes_to_the_destination() {
    let route = compile(&link("https://example.com/a", LinkChange::default()));
    let Decision::Redirect(redirect) = route.decide(Policy::none(), &Visitor::UNKNOWN) else {
        panic!("the link is open")
    };
    assert_eq!(
        (redirect.location(None).as_str(), redirect.status),
        ("https://example.com/a", RedirectStatus::Found)
    );
    assert_eq!((redirect.rule(), redirect.drawn), (None, false));
}

#[test]
fn a_disabled_link_is_closed() {
    let route = compile(&link(
        "https://example.com",
        LinkChange { enabled: Field::Set(false), ..LinkChange::default() },
    ));
    let mut steps = Vec::new();
    let decision =
        route.explain(Policy::none(), &Visitor::UNKNOWN, &mut |step| steps.push(format!("{step:?}")));
    assert_eq!(decision, Decision::Closed(Closed::Disabled));
    assert_eq!(steps, ["Switch { on: false }"]);
}

#[test]
fn a_query_is_appended_replaced_or_dropped() {
    use QueryPassThrough::{Append, Off, Override};
    for (url, mode, query, expected) in [
        ("https://e.com/a", Append, "x=1", "https://e.com/a?x=1"),
        ("https://e.com/a?b=2", Append, "x=1&y", "https://e.com/a?b=2&x=1&y"),
        ("https://e.com/a?b=2#f", Append, "b=3", "https://e.com/a?b=2&b=3#f"),
        ("https://e.com/a?b=2&c=4#f", Override, "b=3", "https://e.com/a?c=4&b=3#f"),
        ("https://e.com/a?b=2", Override, "%62=3", "https://e.com/a?%62=3"),
        ("https://e.com/a?b=2", Override, "", "https://e.com/a?b=2"),
        ("https://e.com/a?b=2", Off, "x=1", "https://e.com/a?b=2"),
        ("https://e.com", Append, "&&x=1&", "https://e.com?x=1"),
    ] {
        assert_eq!(location(url, mode, query), expected, "{url} {mode:?} {query}");
    }
}

/// The rule of overriding as one would say it: each own parameter is looked for among the visitor's.
fn overridden(url: &str, query: &str) -> String {
    let (base, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let (path, own) = base.split_once('?').unwrap_or((base, ""));
    let name = |pair: &str| form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned());
    let theirs: Vec<_> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    let ours = own.split('&').filter(|pair| !pair.is_empty());
    let ours = ours.filter(|pair| !theirs.iter().any(|other| name(other) == name(pair)));
    let pairs: Vec<_> = ours.chain(theirs.iter().copied()).collect();
    let mark = if pairs.is_empty() { "" } else { "?" };
    format!("{path}{mark}{}{fragment}", pairs.join("&"))
}

/// Pair by pair this would take a thousand times as long, which no test needs a watch to notice.
#[test]
fn the_longest_query_overrides_the_longest_destination() {
    let url = format!("https://e.com/?{}", "a&".repeat(2_040));
    let query = "b&".repeat(32_768);
    let location = location(&url, QueryPassThrough::Override, &query);
    assert_eq!(location, format!("{url}{}", query.trim_end_matches('&')));
}

fn parameters() -> impl Strategy<Value = String> {
    prop::collection::vec("(a|b|%61|%62|A|c\\+|=|)(=[a-c?]{0,2})?", 0..6).prop_map(|pairs| pairs.join("&"))
}

fn modes() -> impl Strategy<Value = QueryPassThrough> {
    prop_oneof![Just(QueryPassThrough::Append), Just(QueryPassThrough::Override), Just(QueryPassThrough::Off)]
}

proptest! {
    #[test]
    fn a_location_can_always_stand_in_a_header(query in "\\PC{0,60}", mode in modes(), fragment in "(#[a-z]{0,5})?") {
        let location = location(&format!("https://example.com/p?a=1&b=2{fragment}"), mode, &query);
        prop_assert!(location.bytes().all(|b| b.is_ascii_graphic()));
        prop_assert!(location.ends_with(&fragment));
        prop_assert!(location.starts_with("https://example.com/p"));
    }

    #[test]
    fn a_context_is_carried_once_and_changes_nothing_else(
        own in parameters(), query in parameters(), mode in modes(), fragment in "(#[a-z]{0,5})?",
    ) {
        let plain = location(&format!("https://e.com/p?z=1&{own}"), mode, &query);
        let url = format!("https://e.com/p?z=1&ctx=old&{own}{fragment}");
        let query = format!("{query}&ctx=theirs");
        let (kept, ctx) = (carried(&url, mode, &query, "T"), format!("&ctx=T{fragment}"));
        let rest = kept.strip_suffix(&ctx).ok_or_else(|| TestCaseError::fail(kept.clone()))?;
        let pairs = |url: &str| url.split(['?', '&']).filter(|pair| !pair.is_empty()).map(ToOwned::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(pairs(rest), pairs(&plain));
    }

    #[test]
    fn overriding_replaces_exactly_the_named_parameters(
        own in parameters(), query in parameters(), fragment in "(#[a-z]{0,5})?",
    ) {
        let url = format!("https://e.com/p?{own}{fragment}");
        prop_assert_eq!(location(&url, QueryPassThrough::Override, &query), overridden(&url, &query));
    }
}
