//! Clicks explained later: what the edge decided is what deciding again says.

use std::net::IpAddr;

use lp_application::Code;
use lp_edge::{Client, Edge};
use lp_testkit::{Sandbox, fixtures};
use serde_json::{Value, json};

use crate::decisions::{ask, world};
use crate::fixture::VISITOR;

/// Visits, counts the click, and explains it; beside that where the visitor was sent.
async fn visited(
    sandbox: &Sandbox,
    edge: &Edge,
    target: &str,
    headers: &[(&str, &str)],
    client: Client,
) -> (String, String) {
    let reply = ask(edge, target, headers, client).await;
    let newest = sandbox.clicks();
    let click = newest.last().expect("a click").clone();
    let id = click.id.to_string();
    sandbox.keep(vec![click]).await;
    (id, reply.header("location").unwrap_or_default().to_owned())
}

async fn explained(sandbox: &Sandbox, id: &str) -> Value {
    let reply = sandbox.call("links_explain_click", json!({ "clickId": id })).await;
    reply.result.expect("it is explained").value
}

fn steps(explanation: &Value) -> Vec<String> {
    let step = |step: &Value| {
        let id = step["ruleId"].as_str().unwrap_or_default();
        format!("{} {id} {}", step["step"].as_str().unwrap_or_default(), step["matched"])
    };
    explanation["trace"].as_array().expect("a trace").iter().map(step).collect()
}

#[tokio::test]
async fn a_click_is_explained_by_the_link_of_then() {
    let rules = json!([
        { "id": "us", "priority": 1, "when": { "countryIn": ["US"] }, "destinationUrl": "https://e.com/us" },
        { "id": "half", "priority": 2, "trafficAllocation": 0.5, "destinationUrl": "https://e.com/half" },
    ]);
    let (sandbox, edge) = world(json!({ "routingRules": rules, "queryPassThrough": "off" })).await;
    let vouched = Client { address: VISITOR, vouched: true };
    let german = Client::from(IpAddr::from([203, 0, 113, 7]));
    let mut seen = Vec::new();
    for (client, headers) in [
        (vouched, vec![("cf-ipcountry", "US"), ("cf-region-code", "CA"), ("accept-language", "en-US")]),
        (german, vec![("cookie", "_lp_vid=a"), ("referer", "https://t.co/")]),
        (german, vec![("cookie", "_lp_vid=b")]),
        (german, vec![("cookie", "_lp_vid=c")]),
        (Client::from(VISITOR), vec![]),
    ] {
        seen.push(visited(&sandbox, &edge, "/go?utm_campaign=x", &headers, client).await);
    }
    // All of it is something else now.
    let payload = json!({ "destinationUrl": "https://e.org/", "routingRules": [], "enabled": false });
    let changed = sandbox.call("links_upsert", json!({ "slug": "go", "payload": payload })).await;
    changed.result.expect("it is changed");
    for (id, went) in &seen {
        let explanation = explained(&sandbox, id).await;
        assert_eq!(explanation["resolvedUrl"], json!(went), "{explanation}");
        assert_eq!((&explanation["linkRevision"], &explanation["unknown"]), (&json!(1), &json!([])));
        assert_eq!(explanation["fallback"], json!(explanation["ruleApplied"].is_null()));
        let last = steps(&explanation).pop().expect("a step");
        let expected = match explanation["ruleApplied"].as_str() {
            Some(rule) => format!("rule {rule} true"),
            None => "default  true".to_owned(),
        };
        assert_eq!(last, expected);
    }
    let first = explained(&sandbox, &seen[0].0).await;
    let visitor = json!({
        "country": "US", "region": "CA", "device": "UNKNOWN", "os": null, "browser": null, "language": "en",
        "source": "direct", "campaign": "x", "segments": [],
    });
    assert_eq!((&first["visitor"], &first["events"][1]), (&visitor, &json!("link.routed")));
    let second = explained(&sandbox, &seen[1].0).await;
    assert_eq!(
        (&second["visitor"]["source"], &second["visitor"]["segments"]),
        (&json!("social"), &json!(["returning"]))
    );
}

#[tokio::test]
async fn a_click_is_explained_by_the_rules_of_then_and_tells_its_events() {
    let (sandbox, edge) = world(json!({ "queryPassThrough": "off" })).await;
    let rule = |to: &str| json!({ "ruleId": "everybody", "payload": { "variant": { "id": "b", "destinationUrl": to } } });
    let upsert = "tracking_upsert_personalization_rule";
    let carries = json!({ "slug": "go", "payload": { "appendContext": true } });
    sandbox.call("links_upsert", carries).await.result.expect("it is set");
    sandbox.call(upsert, rule("https://e.com/first")).await.result.expect("it is made");
    let (id, _) = visited(&sandbox, &edge, "/go", &[], Client::from(VISITOR)).await;
    sandbox.call(upsert, rule("https://e.com/second")).await.result.expect("it is changed");
    sandbox
        .call("tracking_delete_personalization_rule", json!({ "ruleId": "everybody" }))
        .await
        .result
        .expect("it is gone");
    let explanation = explained(&sandbox, &id).await;
    assert_eq!(explanation["resolvedUrl"], "https://e.com/first");
    assert_eq!(
        (&explanation["rulesRevision"], &explanation["ruleApplied"]),
        (&json!(1), &json!("everybody"))
    );
    assert_eq!((&explanation["variant"], &explanation["fallback"]), (&json!("b"), &json!(false)));
    assert_eq!(steps(&explanation).last().map(String::as_str), Some("personalization everybody true"));
    let events = ["link.clicked", "link.routed", "link.context_created", "personalization.resolved"];
    assert_eq!(explanation["events"], json!(events));
}

#[tokio::test]
async fn a_click_of_before_facts_were_kept_says_what_is_unknown() {
    let (sandbox, edge) = world(json!({})).await;
    ask(&edge, "/go", &[], VISITOR).await;
    let mut click = sandbox.clicks().pop().expect("a click");
    click.facts = lp_application::Facts::default();
    let id = click.id.to_string();
    sandbox.keep(vec![click]).await;
    let explanation = explained(&sandbox, &id).await;
    for name in ["linkRevision", "resolvedUrl", "ruleApplied"] {
        assert!(explanation[name].is_null(), "{name}");
        assert!(explanation["unknown"].as_array().expect("a list").contains(&json!(name)), "{name}");
    }
    assert_eq!((&explanation["fallback"], &explanation["trace"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn a_click_of_nobody_and_of_another_handle_are_not_found() {
    let (sandbox, edge) = world(json!({})).await;
    ask(&edge, "/go", &[], VISITOR).await;
    let mut click = sandbox.clicks().pop().expect("a click");
    click.handle = fixtures::other_handle();
    let theirs = click.id.to_string();
    sandbox.keep(vec![click]).await;
    for id in [theirs.as_str(), "clk_06dq5ry9v5qk1h3mzt8n2w4c7g"] {
        let answer = sandbox.call("links_explain_click", json!({ "clickId": id })).await;
        assert_eq!(answer.result.expect_err("there is none").code, Code::NOT_FOUND);
    }
    let answer = sandbox.call("links_explain_click", json!({ "clickId": "clk_1" })).await;
    assert_eq!(answer.result.expect_err("it is none").code, Code::VALIDATION);
}

#[tokio::test]
async fn a_click_of_a_link_for_so_many_visits_was_one_of_them() {
    let (sandbox, edge) = world(json!({ "maxClicks": 1 })).await;
    let (id, went) = visited(&sandbox, &edge, "/go", &[], Client::from(VISITOR)).await;
    let explanation = explained(&sandbox, &id).await;
    assert_eq!(explanation["resolvedUrl"], json!(went));
    let trace = explanation["trace"].as_array().expect("a trace");
    let limit = trace.iter().find(|step| step["step"] == "limit").expect("a limit");
    assert_eq!(
        (&limit["matched"], &limit["explanation"], &limit["maxClicks"], limit.get("left")),
        (&json!(true), &json!("the link is for 1 clicks, and there were some left"), &json!(1), None)
    );
}
