use lp_application::contexts::Context;
use lp_application::{Kind, Operation, Stream, catalogue};
use lp_mcp_server::tools_document;
use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::client::{Answer, Client, launch};

#[tokio::test]
async fn the_list_is_the_document() {
    let sandbox = Sandbox::new().await;
    let listed = Client::new(&sandbox).legacy("tools/list", json!({})).await;
    let result = &listed.json["result"];
    assert_eq!(result["tools"].to_string(), tools_document(&catalogue())["tools"].to_string());
    assert!(result.get("nextCursor").is_none());
}

fn schema(tool: &str) -> jsonschema::Validator {
    let document = tools_document(&catalogue());
    let tools = document["tools"].as_array().expect("tools");
    let found = tools.iter().find(|other| other["name"] == tool).expect("a tool");
    jsonschema::validator_for(&found["outputSchema"]).expect("a schema")
}

fn fits(tool: &str, answer: &Answer) {
    let value = answer.structured();
    let faults: Vec<_> = schema(tool).iter_errors(value).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{tool}: {faults:?} in {value}");
}

/// What a visitor of `launch` carries on.
fn context(sandbox: &Sandbox) -> Context<'static> {
    Context {
        at: sandbox.app.now(),
        click: None,
        handle: "hello",
        slug: "launch",
        source: "direct",
        campaign: "",
        rule: "",
        variant: "",
        segment: "",
    }
}

/// Arguments with which every tool succeeds, in this order.
fn good() -> Vec<(&'static str, Value)> {
    let again = json!({ "slug": "launch", "payload": { "title": "Launch" } });
    vec![
        ("links_upsert", launch()),
        ("links_update", again),
        ("links_create", json!({ "payload": { "destinationUrl": "https://example.com/other" } })),
        ("links_get", json!({ "slug": "launch" })),
        ("links_list", json!({ "limit": 1 })),
        ("links_history", json!({ "slug": "launch" })),
        ("links_rollback", json!({ "slug": "launch", "payload": { "revision": 1 } })),
        ("links_route_preview", json!({ "slug": "launch" })),
        ("links_health_check", json!({})),
        ("links_qr", json!({ "slug": "launch" })),
        ("routing_update_context_origins", json!({ "payload": { "origins": ["https://shop.example.com"] } })),
        ("routing_list_context_origins", json!({})),
        ("links_delete", json!({ "slug": "launch" })),
        ("links_export", json!({})),
        ("links_import", json!({})),
        (
            "tracking_upsert_personalization_rule",
            json!({ "ruleId": "vip", "payload": { "variant": { "id": "a", "metadata": { "n": 1 } } } }),
        ),
        ("tracking_list_personalization_rules", json!({})),
        ("tracking_reorder_personalization_rules", json!({ "payload": { "ruleIds": ["vip"] } })),
        ("tracking_delete_personalization_rule", json!({ "ruleId": "vip" })),
        ("analytics_get", json!({})),
        ("system_audit_events", json!({})),
        ("system_usage_meters", json!({})),
        ("system_health", json!({})),
    ]
}

#[tokio::test]
async fn every_answer_fits_the_schema_of_its_tool() {
    let sandbox = Sandbox::new().await;
    let client = Client::new(&sandbox);
    let mut called = Vec::new();
    for (tool, arguments) in good() {
        let answer = client.call(tool, arguments).await;
        assert_ne!(answer.json["result"]["isError"], json!(true), "{tool}: {}", answer.text);
        fits(tool, &answer);
        called.push(tool);
    }
    client.call("links_upsert", launch()).await;
    let click = sandbox.visited("launch").await.to_string();
    let answer = client.call("links_explain_click", json!({ "clickId": click })).await;
    assert_eq!(answer.structured()["slug"], "launch");
    fits("links_explain_click", &answer);
    called.push("links_explain_click");
    let ctx = sandbox.app.contexts().mint(&context(&sandbox));
    let answer = client.call("tracking_resolve_context", json!({ "ctx": ctx })).await;
    assert_eq!(answer.structured()["slug"], "launch");
    fits("tracking_resolve_context", &answer);
    called.push("tracking_resolve_context");
    called.sort_unstable();
    let rows = catalogue();
    let mut all: Vec<_> = rows.operations().iter().filter(|row| row.tool).map(|row| row.name).collect();
    all.sort_unstable();
    assert_eq!(called, all, "every tool is called");
}

#[tokio::test]
async fn every_refusal_fits_the_schema_of_its_tool_too() {
    let sandbox = Sandbox::new().await;
    let client = Client::new(&sandbox);
    let rows = catalogue();
    for row in rows.operations().iter().filter(|row| row.tool) {
        let answer = client.call(row.name, json!({ "surprise": 1 })).await;
        assert_eq!(answer.refused().0, 400, "{}", row.name);
        fits(row.name, &answer);
    }
}

#[tokio::test]
async fn a_stream_s_schema_names_its_content_types() {
    let rows = catalogue();
    let streams: Vec<&Operation> =
        rows.operations().iter().filter(|row| row.tool && row.kind != Kind::Json).collect();
    assert!(!streams.is_empty());
    for row in streams {
        let Kind::Stream(Stream { consumes, produces, .. }) = row.kind else { continue };
        let known = consumes.first().or(produces.first()).expect("a type");
        let wrong = json!({ "url": "u", "method": "GET", "contentTypes": ["image/gif"], "expiresAt": "t", "expiresInSec": 1 });
        assert!(!schema(row.name).is_valid(&wrong), "{}", row.name);
        let right = json!({ "url": "u", "method": "GET", "contentTypes": [known], "expiresAt": "t", "expiresInSec": 1 });
        assert!(schema(row.name).is_valid(&right), "{}", row.name);
    }
}
