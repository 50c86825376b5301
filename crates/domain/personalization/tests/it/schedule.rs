//! When a link leads anywhere, and what late visitors get.

use lp_core::{Timestamp, WebUrl};
use lp_links::{ControlsChange, Field, LinkChange, RedirectStatus, Tracking, TrackingValue, Utm};
use lp_personalization::{Asks, Choice, Closed, Decision, Policy, Visitor, compile};

use crate::fixture::{chosen, controlled, link, rule, ruled};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn coming(millis: i64) -> Visitor<'static> {
    Visitor { at: at(millis), ..Visitor::UNKNOWN }
}

#[test]
fn a_link_leads_from_its_start_until_the_earlier_of_end_and_expiry() {
    for (end, expiry, why) in [(200, 300, "Ended"), (300, 200, "Expired")] {
        let route = controlled(ControlsChange {
            start: Field::Set(at(100)),
            end: Field::Set(at(end)),
            expiry: Field::Set(at(expiry)),
            ..ControlsChange::default()
        });
        assert!(route.asks().has(Asks::TIME));
        for (when, expected) in [(99, "NotStarted"), (100, "own"), (199, "own"), (200, why), (999, why)] {
            assert_eq!(chosen(&route, &coming(when)), expected, "{when}");
        }
    }
}

#[test]
fn late_visitors_go_to_the_fallback_with_302_and_without_tracking() {
    let controls = ControlsChange {
        start: Field::Set(at(100)),
        end: Field::Set(at(200)),
        fallback: Field::Set(WebUrl::parse("https://e.com/over").expect("an address")),
        tracking: Field::Set(
            Tracking::default().with(Utm::Source, TrackingValue::parse("x").expect("a value")),
        ),
        ..ControlsChange::default()
    };
    let permanent = Field::Set(RedirectStatus::MovedPermanently);
    let change = LinkChange { redirect_status: permanent, controls, ..LinkChange::default() };
    let route = compile(&link("https://e.com/own", change));
    let Decision::Redirect(redirect) = route.decide(Policy::none(), &coming(200)) else {
        panic!("there is a fallback")
    };
    assert_eq!((redirect.status, redirect.choice), (RedirectStatus::Found, Choice::Fallback(Closed::Ended)));
    assert_eq!(redirect.location(Some("a=1")), "https://e.com/over?a=1");
    assert_eq!(
        route.decide(Policy::none(), &coming(99)),
        Decision::Closed(Closed::NotStarted),
        "it is for late visitors"
    );
}

#[test]
fn destinations_get_the_parameters_of_the_link_in_place_of_their_own() {
    let value = |text: &str| TrackingValue::parse(text).expect("a value");
    let tracking =
        Tracking::default().with(Utm::Campaign, value("größer & so")).with(Utm::Source, value("mail"));
    let controls = ControlsChange { tracking: Field::Set(tracking), ..ControlsChange::default() };
    let own = "https://e.com/?a=1&utm_source=x#top";
    let route = compile(&link(own, LinkChange { controls, ..LinkChange::default() }));
    let Decision::Redirect(redirect) = route.decide(Policy::none(), &Visitor::UNKNOWN) else {
        panic!("the link is open")
    };
    assert_eq!(
        redirect.location(Some("b=2")),
        "https://e.com/?a=1&utm_source=mail&utm_campaign=gr%C3%B6%C3%9Fer+%26+so&b=2#top"
    );
}

#[test]
fn what_nobody_asks_for_need_not_be_known() {
    let plain = compile(&link("https://e.com/own", LinkChange::default()));
    assert_eq!(plain.asks(), Asks::NOTHING);
    let for_all = ruled(vec![rule("all", 1, lp_links::When::default(), 1.0)]);
    assert_eq!(for_all.asks(), Asks::NOTHING);
    let some = ruled(vec![rule("some", 1, lp_links::When::default(), 0.5)]);
    assert!(some.asks().has(Asks::KEY) && !some.asks().has(Asks::COUNTRY));
}
