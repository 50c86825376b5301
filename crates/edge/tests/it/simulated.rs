//! Rules tried on visits that were: what is foretold is what comes true.

use std::time::Duration;

use lp_application::Code;
use lp_edge::{Client, Edge};
use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::decisions::{ask, world};
use crate::fixture::VISITOR;

/// Twelve visits of people by a third each from the US, with a cookie, and with neither; and one robot.
async fn visited(sandbox: &Sandbox, edge: &Edge) -> Vec<String> {
    let vouched = Client { address: VISITOR, vouched: true };
    let mut went = Vec::new();
    for turn in 0..12 {
        let cookie = format!("_lp_vid=visitor{turn}");
        let headers = match turn % 3 {
            0 => vec![("cf-ipcountry", "US")],
            1 => vec![("cookie", cookie.as_str())],
            _ => vec![],
        };
        sandbox.clock.advance(Duration::from_secs(1));
        let reply = ask(edge, "/go", &headers, vouched).await;
        went.push(reply.header("location").unwrap_or_default().to_owned());
    }
    ask(edge, "/go", &[("user-agent", "curl/8.5.0"), ("cf-ipcountry", "US")], vouched).await;
    let clicks = sandbox.clicks();
    sandbox.keep(clicks).await;
    went
}

async fn simulated(sandbox: &Sandbox, rule: &str, payload: Value) -> Value {
    let arguments = json!({ "ruleId": rule, "payload": payload });
    let reply = sandbox.call("tracking_simulate_personalization_rule", arguments).await;
    reply.result.expect("it is tried").value
}

#[tokio::test]
async fn what_is_foretold_of_a_rule_comes_true_when_it_is_saved() {
    let (sandbox, edge) = world(json!({ "appendContext": false })).await;
    let before = visited(&sandbox, &edge).await;
    let variant = json!({ "id": "b", "destinationUrl": "https://e.com/us" });
    let rule = json!({ "when": { "countryIn": ["US"] }, "variant": variant });
    let foretold = simulated(&sandbox, "us", rule.clone()).await;
    let expected = json!({
        "ruleId": "us", "visits": 12, "matched": 4, "moved": 4, "share": 0.3333,
        "bySlug": [{ "slug": "go", "moved": 4 }],
        "byDestination": [{ "from": "https://e.com/own", "to": "https://e.com/us", "visits": 4 }],
        "undecidable": 0,
    });
    assert_eq!(foretold, expected);
    assert_eq!(visited(&sandbox, &edge).await, before, "nothing was saved");
    let saved = json!({ "ruleId": "us", "payload": rule });
    sandbox.call("tracking_upsert_personalization_rule", saved).await.result.expect("it is saved");
    let after = visited(&sandbox, &edge).await;
    assert_eq!(before.iter().zip(&after).filter(|(was, is)| was != is).count(), 4);
    // Of the rule that is there: taking it away moves them back, whichever rule decided when they came.
    let off = simulated(&sandbox, "us", json!({ "enabled": false, "visits": 12 })).await;
    assert_eq!((&off["visits"], &off["matched"], &off["moved"]), (&json!(12), &json!(0), &json!(4)));
    let same = simulated(&sandbox, "us", json!({})).await;
    assert_eq!((&same["visits"], &same["matched"], &same["moved"]), (&json!(36), &json!(12), &json!(0)));
}

#[tokio::test]
async fn lots_are_drawn_as_for_the_visitors_themselves_and_where_nobody_can_tell_it_is_said() {
    let (sandbox, edge) = world(json!({ "appendContext": false })).await;
    visited(&sandbox, &edge).await;
    let variant = json!({ "id": "b", "destinationUrl": "https://e.com/half" });
    let rule = json!({ "trafficAllocation": 0.5, "variant": variant });
    let foretold = simulated(&sandbox, "half", rule.clone()).await;
    assert_eq!(foretold["undecidable"], 4, "of those who came back no key was kept, as no lot was drawn");
    let saved = json!({ "ruleId": "half", "payload": rule });
    sandbox.call("tracking_upsert_personalization_rule", saved).await.result.expect("it is saved");
    let after = visited(&sandbox, &edge).await;
    let strangers = after.iter().enumerate().filter(|(turn, _)| turn % 3 != 1);
    let moved = strangers.filter(|(_, went)| went.ends_with("/half")).count();
    assert_eq!(foretold["moved"], json!(moved));
    let again = simulated(&sandbox, "half", json!({ "enabled": false, "visits": 12 })).await;
    let all = after.iter().filter(|went| went.ends_with("/half")).count();
    assert_eq!((&again["undecidable"], &again["moved"]), (&json!(0), &json!(all)), "now the keys are kept");
}

#[tokio::test]
async fn visits_of_links_that_are_gone_cannot_be_decided_and_bad_rules_are_refused() {
    let (sandbox, edge) = world(json!({})).await;
    let none = simulated(&sandbox, "us", json!({ "variant": { "id": "b" } })).await;
    assert_eq!((&none["visits"], &none["share"]), (&json!(0), &json!(0.0)));
    visited(&sandbox, &edge).await;
    sandbox.call("links_delete", json!({ "slug": "go" })).await.result.expect("it is deleted");
    let gone = simulated(&sandbox, "us", json!({ "variant": { "id": "b" }, "visits": 5 })).await;
    assert_eq!((&gone["visits"], &gone["undecidable"]), (&json!(5), &json!(5)));
    for payload in [
        json!({}),
        json!({ "variant": { "id": "b" }, "visits": 0 }),
        json!({ "variant": { "id": "b" }, "visits": 10_001 }),
        json!({ "variant": { "id": "b" }, "when": { "equals": ["US"] } }),
    ] {
        let arguments = json!({ "ruleId": "us", "payload": payload });
        let answer = sandbox.call("tracking_simulate_personalization_rule", arguments).await;
        assert_eq!(answer.result.expect_err("it is refused").code, Code::VALIDATION);
    }
}
