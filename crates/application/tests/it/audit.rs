//! The audit as its readers see it, and what the gate tells it.

use std::time::Duration;

use lp_access::Pat;
use lp_application::{Accepts, Answer, Credential, Reply, Request, Surface};
use lp_core::Handle;
use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::{error, value};

async fn events(sandbox: &Sandbox, query: Value) -> Vec<Value> {
    let page = value(sandbox.call("system_audit_events", json!({ "payload": query })).await);
    page["events"].as_array().expect("a list").clone()
}

async fn call_with(sandbox: &Sandbox, token: &str, operation: &str, arguments: Value) -> Answer<Reply> {
    sandbox.app.call(sandbox.request(operation, arguments, Credential::Bearer(token.to_owned()))).await
}

async fn put(sandbox: &Sandbox, slug: &str) {
    let payload = json!({ "destinationUrl": "https://example.com" });
    value(sandbox.call("links_upsert", json!({ "slug": slug, "payload": payload })).await);
}

fn told(events: &[Value], keys: &[&str]) -> Vec<String> {
    let line =
        |event: &Value| keys.iter().map(|key| event[*key].to_string().replace('"', "")).collect::<Vec<_>>();
    events.iter().map(|event| line(event).join(" ")).collect()
}

#[tokio::test]
async fn what_was_done_is_listed_newest_first() {
    let sandbox = Sandbox::new().await;
    put(&sandbox, "one").await;
    sandbox.clock.advance(Duration::from_secs(5));
    put(&sandbox, "two").await;
    let list = events(&sandbox, json!({})).await;
    assert_eq!(
        told(&list[..2], &["operation", "target", "outcome", "times"]),
        ["links_upsert two DONE 1", "links_upsert one DONE 1",]
    );
    let newest = &list[0];
    let token = Pat::parse(&sandbox.pat).expect("a token").id;
    assert_eq!(newest["actor"], json!(format!("token:{token}")));
    assert_eq!((&newest["surface"], &newest["requestId"]), (&json!("embedded"), &json!("test")));
    assert_eq!((&newest["at"], &newest["code"]), (&json!("2026-01-01T00:00:05.000Z"), &Value::Null));
    assert_eq!(newest["hash"].as_str().map(str::len), Some(64));
    assert!(list.last().is_some_and(|first| first["seq"] == json!(1)), "the first of all entries is missing");
}

#[tokio::test]
async fn filters_narrow_and_pages_meet() {
    let sandbox = Sandbox::new().await;
    for slug in ["a1", "a2", "a3", "a4", "a5"] {
        sandbox.clock.advance(Duration::from_secs(1));
        put(&sandbox, slug).await;
    }
    let of = async |query: Value| told(&events(&sandbox, query).await, &["target"]).join(" ");
    let upserts = || json!({ "operation": "links_upsert" });
    assert_eq!(of(upserts()).await, "a5 a4 a3 a2 a1");
    assert_eq!(of(json!({ "target": "a2" })).await, "a2");
    assert_eq!(of(json!({ "from": "2026-01-01T00:00:02Z", "to": "2026-01-01T00:00:04Z" })).await, "a3 a2");
    assert_eq!(of(json!({ "surface": "mcp" })).await, "");
    let mut seen = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let query = json!({ "operation": "links_upsert", "limit": 2, "cursor": cursor });
        let page = value(sandbox.call("system_audit_events", json!({ "payload": query })).await);
        seen.extend(told(page["events"].as_array().expect("a list"), &["target"]));
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen.join(" "), "a5 a4 a3 a2 a1");
    for payload in [json!({ "cursor": "bDEuMg" }), json!({ "limit": 0 }), json!({ "outcome": "MAYBE" })] {
        let refused = error(sandbox.call("system_audit_events", json!({ "payload": payload })).await);
        assert_eq!(refused.code.status(), 400, "{payload}");
    }
}

#[tokio::test]
async fn refusals_are_found_with_their_code_and_number() {
    let sandbox = Sandbox::new().await;
    let reader = sandbox.pat_with(&["links.read"]).await;
    for _ in 0..3 {
        error(call_with(&sandbox, &reader, "links_delete", json!({ "slug": "a" })).await);
    }
    sandbox.app.audit_refusals().await.expect("written");
    let refused = events(&sandbox, json!({ "outcome": "REFUSED" })).await;
    assert_eq!(
        told(&refused, &["operation", "code", "times", "target", "requestId"]),
        ["links_delete insufficient_scope 3 null null"]
    );
}

#[tokio::test]
async fn a_token_that_is_refused_shows_in_its_own_handle_and_in_no_other() {
    let sandbox = Sandbox::new().await;
    let foreign = sandbox.other("acme").await;
    // Of another handle, on REST and on MCP.
    for accepts in [Accepts::Pat, Accepts::Connector] {
        let request = sandbox.request("links_list", json!({}), Credential::Bearer(foreign.clone()));
        let surface = if accepts == Accepts::Pat { Surface::Rest } else { Surface::Mcp };
        error(sandbox.app.call(Request { accepts, surface, ..request }).await);
    }
    // With a wrong secret.
    let (id, _) = foreign.split_once('.').expect("a token");
    let guessed = format!("{id}.{}", "a".repeat(52));
    error(call_with(&sandbox, &guessed, "links_list", json!({})).await);
    sandbox.app.audit_refusals().await.expect("written");
    assert_eq!(events(&sandbox, json!({ "outcome": "REFUSED" })).await, [] as [Value; 0]);
    let request = sandbox.request(
        "system_audit_events",
        json!({ "payload": { "outcome": "REFUSED" } }),
        Credential::Bearer(foreign),
    );
    let theirs = value(sandbox.app.call(Request { bound: Some("acme".to_owned()), ..request }).await);
    let mut theirs =
        told(theirs["events"].as_array().expect("a list"), &["surface", "operation", "code", "times"]);
    theirs.sort();
    assert_eq!(
        theirs,
        [
            "embedded links_list invalid_token 1",
            "mcp links_list invalid_token 1",
            "rest links_list not_found 1",
        ]
    );
}

#[tokio::test]
async fn a_stranger_who_is_refused_shows_in_the_installations_chain() {
    let sandbox = Sandbox::new().await;
    sandbox.other("acme").await;
    let signed_in = sandbox.sign_in().await;
    let token = signed_in["accessToken"].as_str().expect("a text");
    let request = sandbox.request("links_list", json!({}), Credential::Bearer(token.to_owned()));
    let request = Request { bound: Some("acme".to_owned()), accepts: Accepts::Jwt, ..request };
    assert_eq!(error(sandbox.app.call(request).await).code.name(), "not_found");
    sandbox.app.audit_refusals().await.expect("written");
    let acme = Handle::parse("acme").expect("a handle");
    for (space, refusals) in [(acme, 0), (Handle::installation(), 1)] {
        let records = lp_ports::AuditReader::audit(&sandbox.store, &space, 0, 100).await.expect("the audit");
        let refused = records.iter().filter(|record| record.entry.operation == "links_list");
        assert_eq!(refused.count(), refusals, "in {space}");
    }
}

#[tokio::test]
async fn reading_the_audit_takes_its_scope_or_an_operator() {
    let sandbox = Sandbox::new().await;
    let narrow = sandbox.pat_with(&["system.usage.read"]).await;
    let refused = error(call_with(&sandbox, &narrow, "system_audit_events", json!({})).await);
    assert_eq!(refused.code.name(), "insufficient_scope");
    let alias = sandbox.pat_with(&["audit.read"]).await;
    value(call_with(&sandbox, &alias, "system_audit_events", json!({})).await);
    let signed_in = sandbox.sign_in().await;
    let token = signed_in["accessToken"].as_str().expect("a text");
    value(sandbox.call_as(token, "system_audit_events", json!({})).await);
}
