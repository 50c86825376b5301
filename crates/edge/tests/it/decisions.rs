//! Who is sent where: what the edge finds out about a visitor, what it remembers, and what late visitors get.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use lp_application::{Countries, Country, Loaded, Region, Territory};
use lp_edge::{Client, Edge, Entrance, RouteTable, Whereabouts};
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::fixture::{Reply, Rig, VISITOR, asked, linked, route};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 Safari/604.1";
const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) Safari/537.36";

/// Knows one network.
struct Atlas;

impl Countries for Atlas {
    fn territory_of(&self, address: IpAddr) -> Option<Territory> {
        let known = matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 203);
        let country = Country::parse("DE").expect("a country");
        known.then(|| Territory { country, region: Region::parse("BY").ok() })
    }
}

pub(crate) async fn world(payload: Value) -> (Sandbox, Edge) {
    let table = Arc::new(RouteTable::default());
    let options = SandboxOptions { listener: Some(table.clone()), ..SandboxOptions::default() };
    let sandbox = Sandbox::with(options).await;
    let whereabouts = Whereabouts {
        header: Some(HeaderName::from_static("cf-ipcountry")),
        region_header: Some(HeaderName::from_static("cf-region-code")),
        countries: Some(Arc::new(Atlas)),
        agents: None,
    };
    let edge = Edge::new(&sandbox.app, table, whereabouts);
    let mut payload = payload;
    payload["destinationUrl"] = "https://e.com/own".into();
    payload["appendContext"] = false.into();
    let made = sandbox.call("links_upsert", json!({ "slug": "go", "payload": payload })).await;
    made.result.expect("the link is made");
    (sandbox, edge)
}

pub(crate) async fn ask(
    edge: &Edge,
    target: &str,
    headers: &[(&str, &str)],
    client: impl Into<Client>,
) -> Reply {
    Reply::of(edge.visit(Entrance::Host("hello"), &asked("GET", target, headers), client).await).await
}

async fn went(edge: &Edge, target: &str, headers: &[(&str, &str)]) -> String {
    let reply = ask(edge, target, headers, VISITOR).await;
    reply.header("location").unwrap_or_default().trim_start_matches("https://e.com/").to_owned()
}

fn rule(id: &str, when: &Value) -> Value {
    json!({ "id": id, "when": when, "destinationUrl": format!("https://e.com/{id}") })
}

#[tokio::test]
async fn device_source_and_campaign_are_found_in_the_request() {
    let rules = [
        rule("a-spring", &json!({ "campaignIn": ["spring"] })),
        rule("b-mail", &json!({ "sourceIn": ["newsletter"] })),
        rule("c-social", &json!({ "sourceIn": ["social"] })),
        rule("d-direct-phone", &json!({ "sourceIn": ["direct"], "deviceIn": ["MOBILE"] })),
    ];
    let (_, edge) = world(json!({ "routingRules": rules, "queryPassThrough": "off" })).await;
    for (target, headers, expected) in [
        ("/go?utm_campaign=SPRING", &[][..], "a-spring"),
        ("/go?utm_source=Newsletter", &[], "b-mail"),
        ("/go?ref=news%6Cetter", &[], "b-mail"),
        ("/go", &[("referer", "https://t.co/x")], "c-social"),
        ("/go?ref=elsewhere", &[("referer", "https://t.co/x")], "own"),
        ("/go", &[("user-agent", PHONE)], "d-direct-phone"),
        ("/go", &[("user-agent", DESKTOP)], "own"),
        ("/go", &[("user-agent", PHONE), ("referer", "https://www.google.de/")], "own"),
    ] {
        assert_eq!(went(&edge, target, headers).await, expected, "{target} {headers:?}");
    }
}

#[tokio::test]
async fn the_campaign_of_the_link_stands_where_the_visitor_names_none() {
    let rules = [rule("launch", &json!({ "campaignIn": ["cmp_launch"] }))];
    let (_, edge) =
        world(json!({ "routingRules": rules, "campaignId": "cmp_launch", "queryPassThrough": "off" })).await;
    assert_eq!(went(&edge, "/go", &[]).await, "launch");
    assert_eq!(went(&edge, "/go?utm_campaign=other", &[]).await, "own");
}

#[tokio::test]
async fn a_country_is_named_by_a_trusted_proxy_or_found_by_the_address() {
    let rules =
        [rule("german", &json!({ "countryIn": ["DE"] })), rule("us", &json!({ "countryIn": ["us"] }))];
    let (_, edge) = world(json!({ "routingRules": rules })).await;
    let german: IpAddr = "203.0.113.7".parse().expect("an address");
    let us = [("cf-ipcountry", "US")];
    for (client, headers, expected) in [
        (Client::from(VISITOR), &[][..], "own"),
        (Client::from(VISITOR), &us, "own"),
        (Client { address: VISITOR, vouched: true }, &us, "us"),
        (Client { address: german, vouched: true }, &us, "us"),
        (Client { address: german, vouched: true }, &[("cf-ipcountry", "XX")], "german"),
        (Client { address: german, vouched: true }, &[], "german"),
        (Client::from(german), &us, "german"),
    ] {
        let reply = ask(&edge, "/go", headers, client).await;
        assert_eq!(
            reply.header("location"),
            Some(&*format!("https://e.com/{expected}")),
            "{client:?} {headers:?}"
        );
    }
}

#[tokio::test]
async fn whoever_was_allotted_is_remembered_and_allotted_the_same() {
    let mut half = rule("half", &json!({}));
    half["trafficAllocation"] = 0.5.into();
    let (sandbox, edge) = world(json!({ "routingRules": [half] })).await;
    let mut allotted = 0;
    for number in 0..200 {
        let agent = format!("{DESKTOP} {number}");
        let reply = ask(&edge, "/go", &[("user-agent", &agent)], VISITOR).await;
        let first = reply.header("location").expect("a location").to_owned();
        let cookie = reply.header("set-cookie").expect("a cookie");
        let (cookie, attributes) = cookie.split_once("; ").expect("attributes");
        assert_eq!(attributes, "Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax");
        allotted += usize::from(first.ends_with("half"));
        // Another browser, another day: the cookie alone says who it is.
        sandbox.clock.advance(Duration::from_hours(1));
        let both = format!("theme=dark; {cookie}");
        let again = ask(&edge, "/go", &[("user-agent", PHONE), ("cookie", &both)], VISITOR).await;
        assert_eq!(again.header("location"), Some(&*first));
        assert_eq!(again.header("set-cookie"), None);
        let key = cookie.strip_prefix("_lp_vid=").expect("our name");
        let tried = json!({ "slug": "go", "payload": { "visitorKey": key } });
        let preview = sandbox.call("links_route_preview", tried).await.result.expect("a preview").value;
        assert_eq!(preview["resolvedUrl"], *first);
    }
    assert!((60..140).contains(&allotted), "{allotted}");
}

#[tokio::test]
async fn nobody_is_remembered_who_forbids_it_or_where_nothing_was_drawn() {
    let mut half = rule("half", &json!({ "deviceIn": ["MOBILE"] }));
    half["trafficAllocation"] = 0.5.into();
    let (_, edge) = world(json!({ "routingRules": [half, rule("rest", &json!({}))] })).await;
    for (headers, remembered) in [
        (&[("user-agent", PHONE)][..], true),
        (&[("user-agent", PHONE), ("dnt", "0")], true),
        (&[("user-agent", PHONE), ("dnt", "1")], false),
        (&[("user-agent", PHONE), ("sec-gpc", "1")], false),
        (&[("user-agent", DESKTOP)], false),
    ] {
        let reply = ask(&edge, "/go", headers, VISITOR).await;
        assert_eq!(reply.header("set-cookie").is_some(), remembered, "{headers:?}");
    }
    for strange in ["_lp_vid=", "_lp_vid=a b", "_lp_vid=%41", "x_lp_vid=a", "_lp_vid"] {
        let reply = ask(&edge, "/go", &[("user-agent", PHONE), ("cookie", strange)], VISITOR).await;
        assert!(reply.header("set-cookie").is_some(), "{strange}");
    }
    let longer = format!("_lp_vid={}", "a".repeat(65));
    let reply = ask(&edge, "/go", &[("user-agent", PHONE), ("cookie", &longer)], VISITOR).await;
    assert!(reply.header("set-cookie").is_some());
}

#[tokio::test]
async fn whoever_brings_the_cookie_is_returning() {
    let (_, edge) =
        world(json!({ "routingRules": [rule("back", &json!({ "segmentIn": ["Returning"] }))] })).await;
    assert_eq!(went(&edge, "/go", &[]).await, "own");
    assert_eq!(went(&edge, "/go", &[("cookie", "_lp_vid=abc")]).await, "back");
}

#[tokio::test]
async fn a_link_opens_and_ends_by_the_clock_without_anybody_touching_it() {
    let payload =
        json!({ "scheduledStartAt": "2026-01-01T01:00:00Z", "scheduledEndAt": "2026-01-01T02:00:00Z" });
    let (sandbox, edge) = world(payload).await;
    assert_eq!(ask(&edge, "/go", &[], VISITOR).await.status, 404);
    sandbox.clock.advance(Duration::from_hours(1));
    assert_eq!(ask(&edge, "/go", &[], VISITOR).await.status, 302);
    sandbox.clock.advance(Duration::from_hours(1));
    let ended = ask(&edge, "/go", &[("accept", "text/html")], VISITOR).await;
    assert_eq!((ended.status, ended.body.contains("This link has ended.")), (410, true));
    let fallback =
        json!({ "slug": "go", "payload": { "fallbackUrl": "https://e.com/over", "redirectStatus": 301 } });
    sandbox.call("links_upsert", fallback).await.result.expect("written");
    let late = ask(&edge, "/go", &[], VISITOR).await;
    assert_eq!((late.status, late.header("location")), (302, Some("https://e.com/over")));
}

#[tokio::test]
async fn who_comes_late_is_no_click() {
    let sandbox = Sandbox::new().await;
    let payload = json!({
        "destinationUrl": "https://e.com/own", "expiresAt": "2026-01-01T00:00:00Z", "fallbackUrl": "https://e.com/over",
    });
    let rig = Rig::new();
    let over =
        Loaded { revision: linked(1).await.revision, route: Some(route(&sandbox, "go", payload).await) };
    rig.store.put("hello/go", over);
    let (edge, clicks) = rig.edge();
    assert_eq!(went(&edge, "/go", &[]).await, "over");
    assert!(clicks.seen.lock().expect("no poison").is_empty());
}
