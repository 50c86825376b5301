//! What is kept of a visit with its click.

use std::net::IpAddr;

use lp_edge::Client;
use lp_testkit::Sandbox;
use serde_json::json;

use crate::decisions::{ask, world};
use crate::fixture::VISITOR;

/// The facts of the clicks since the last call, each as one line.
fn kept(sandbox: &Sandbox) -> Vec<String> {
    let mut lines = Vec::new();
    for click in sandbox.clicks() {
        let facts = &click.facts;
        let country = facts.country.map(|country| country.to_string()).unwrap_or_default();
        let region = facts.region.map(|region| region.to_string()).unwrap_or_default();
        let language = facts.language.map(|language| language.to_string()).unwrap_or_default();
        let revision = facts.link_revision.map_or(0, |revision| revision.0);
        let (source, campaign, rule, returning) =
            (&facts.source, &facts.campaign, &facts.rule, facts.returning);
        assert_eq!((click.id.instant(), facts.rules_revision), (click.at, None));
        lines
            .push(format!("{country}-{region} {language} {source}|{campaign} {rule}@{revision} {returning}"));
    }
    lines
}

#[tokio::test]
async fn a_plain_link_keeps_where_visitors_come_from_and_in_which_language() {
    let (sandbox, edge) = world(json!({})).await;
    let german = Client::from(IpAddr::from([203, 0, 113, 7]));
    let vouched = Client { address: VISITOR, vouched: true };
    let us = [("cf-ipcountry", "us"), ("cf-region-code", "ca")];
    for (client, target, headers, expected) in [
        (german, "/go", &[("accept-language", "fr;q=0.5, de-CH, en;q=0.9")][..], "DE-BY de direct| @1 false"),
        (vouched, "/go?utm_source=Mail&utm_campaign=a%20b", &us, "US-CA  Mail|a b @1 false"),
        (Client::from(VISITOR), "/go", &us, "-  direct| @1 false"),
        (vouched, "/go", &us[..1], "US-  direct| @1 false"),
        (german, "/go", &us[1..], "DE-BY  direct| @1 false"),
        (
            german,
            "/go",
            &[("referer", "https://t.co/x"), ("cookie", "a=b; _lp_vid=abc")],
            "DE-BY  social| @1 true",
        ),
    ] {
        ask(&edge, target, headers, client).await;
        assert_eq!(kept(&sandbox), [expected], "{target} {headers:?}");
    }
    let long = format!("/go?ref={}", "%C3%A9".repeat(120));
    ask(&edge, &long, &[], VISITOR).await;
    assert_eq!(kept(&sandbox), [format!("-  {}| @1 false", "é".repeat(100))]);
}

#[tokio::test]
async fn the_rule_that_chose_is_kept_and_the_key_only_where_a_lot_was_drawn() {
    let rules = json!([
        { "id": "half", "trafficAllocation": 0.5, "destinationUrl": "https://e.com/half", "when": { "sourceIn": ["lot"] } },
        { "id": "mail", "destinationUrl": "https://e.com/mail", "when": { "sourceIn": ["mail"] } },
    ]);
    let (sandbox, edge) = world(json!({ "routingRules": rules, "campaignId": "cmp_spring" })).await;
    ask(&edge, "/go?ref=mail", &[("cookie", "_lp_vid=abc")], VISITOR).await;
    assert_eq!(kept(&sandbox), ["-  mail|cmp_spring mail@1 true"]);
    for (target, cookie, key) in [
        ("/go?ref=mail", "_lp_vid=abc", ""),
        ("/go?ref=lot", "_lp_vid=abc", "abc"),
        ("/go?ref=lot&utm_campaign=autumn", "_lp_vid=abcd", "abcd"),
    ] {
        ask(&edge, target, &[("cookie", cookie)], VISITOR).await;
        assert_eq!(sandbox.clicks()[0].facts.key, key, "{target}");
    }
    ask(&edge, "/go?ref=lot", &[], VISITOR).await;
    assert_eq!(sandbox.clicks()[0].facts.key.len(), 16, "of a stranger: a hash that is another one tomorrow");
}
