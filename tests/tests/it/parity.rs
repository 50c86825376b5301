//! The same calls in the same order on four surfaces, each on a store of its own: the same values, the same refusals.

use std::collections::BTreeSet;

use e2e::{Answer, Workspace, cli, embedded, mcp, rest};
use link_platform::{Actor, Auth, Builder, Config, Credential, Kind, Need, catalogue};
use serde_json::{Value, json};

/// Calls that between them use every JSON row of a handle, with what succeeds and what is refused.
fn calls() -> Vec<(&'static str, Value)> {
    [about_links_and_all(), about_rules()].concat()
}

fn about_rules() -> Vec<(&'static str, Value)> {
    vec![
        (
            "tracking_upsert_personalization_rule",
            json!({ "ruleId": "vip", "payload": {
                "when": { "segmentIn": ["vip"] }, "trafficAllocation": 0.5,
                "variant": { "id": "a", "destinationUrl": "https://example.com/vip", "metadata": { "n": 1.5 } },
            } }),
        ),
        ("tracking_upsert_personalization_rule", json!({ "ruleId": "vip", "payload": { "priority": null } })),
        ("tracking_upsert_personalization_rule", json!({ "ruleId": "new", "payload": {} })),
        (
            "tracking_upsert_personalization_rule",
            json!({ "ruleId": "V", "payload": { "equals": 1, "trafficAllocation": 1.5, "variant": { "id": "" } } }),
        ),
        ("tracking_list_personalization_rules", json!({})),
        ("tracking_list_personalization_rules", json!({ "revision": 1 })),
        ("tracking_list_personalization_rules", json!({ "revision": 7 })),
        ("tracking_reorder_personalization_rules", json!({ "payload": { "ruleIds": ["vip"] } })),
        ("tracking_reorder_personalization_rules", json!({ "payload": { "ruleIds": ["x1", "x1"] } })),
        (
            "links_route_preview",
            json!({ "slug": "made", "payload": { "segments": ["vip"], "visitorKey": "b" } }),
        ),
        ("tracking_delete_personalization_rule", json!({ "ruleId": "vip" })),
        ("tracking_delete_personalization_rule", json!({ "ruleId": "vip" })),
    ]
}

fn about_links_and_all() -> Vec<(&'static str, Value)> {
    vec![
        (
            "links_create",
            json!({ "payload": { "slug": "made", "destinationUrl": "https://example.com/made" } }),
        ),
        (
            "links_create",
            json!({ "payload": { "slug": "made", "destinationUrl": "https://example.com/made" } }),
        ),
        ("links_create", json!({ "payload": { "slug": "m?de", "title": 7 } })),
        (
            "links_upsert",
            json!({ "slug": "launch", "payload": { "destinationUrl": "https://example.com/launch", "title": "Launch", "tags": ["a", "b"] } }),
        ),
        ("links_upsert", json!({ "slug": "launch", "payload": { "enabled": false, "title": null } })),
        (
            "links_upsert",
            json!({ "slug": "launch", "replace": true, "payload": { "destinationUrl": "https://example.com/2" } }),
        ),
        (
            "links_upsert",
            json!({ "slug": "launch", "payload": {
                "expiresAt": "2099-01-01T00:00:00Z", "campaignId": "cmp_launch", "tracking": { "utmTerm": "ä" },
                "routingRules": [{
                    "id": "mobile-us", "when": { "countryIn": ["us"], "deviceIn": ["mobile"] },
                    "destinationUrl": "https://example.com/m", "trafficAllocation": 0.25,
                }],
            } }),
        ),
        (
            "links_upsert",
            json!({ "slug": "launch", "payload": { "routingRules": [{ "id": "x", "when": { "equals": 1 } }] } }),
        ),
        ("links_upsert", json!({ "slug": "bad", "payload": { "destinationUrl": "javascript:alert(1)" } })),
        (
            "links_upsert",
            json!({ "slug": "bad", "payload": { "destinationUrl": 5, "nonsense": [], "position": -4 } }),
        ),
        ("links_update", json!({ "slug": "launch", "payload": { "title": "Again", "redirectStatus": 308 } })),
        ("links_update", json!({ "slug": "absent", "payload": { "title": "Again" } })),
        ("links_get", json!({ "slug": "LAUNCH" })),
        ("links_get", json!({ "slug": "_no" })),
        ("links_list", json!({})),
        ("links_list", json!({ "limit": 1 })),
        ("links_list", json!({ "limit": 0 })),
        ("links_list", json!({ "cursor": "bm9wZQ" })),
        ("links_list", json!({ "tag": "a", "q": "example" })),
        ("links_history", json!({ "slug": "launch", "limit": 2 })),
        ("links_history", json!({ "slug": "absent" })),
        (
            "links_route_preview",
            json!({ "slug": "launch", "payload": { "country": "US", "device": "mobile", "visitorKey": "a" } }),
        ),
        ("links_route_preview", json!({ "slug": "launch", "payload": { "device": "toaster" } })),
        ("links_route_preview", json!({ "slug": "launch" })),
        ("links_health_check", json!({ "payload": { "slugs": ["absent"] } })),
        ("links_health_check", json!({ "payload": { "slugs": "launch" } })),
        ("links_delete", json!({ "slug": "launch" })),
        ("links_delete", json!({ "slug": "launch" })),
        ("links_rollback", json!({ "slug": "launch", "payload": { "revision": 1 } })),
        ("links_rollback", json!({ "slug": "launch", "payload": { "revision": 99 } })),
        ("tracking_resolve_context", json!({ "ctx": "ctx1.AAAA.AAAA" })),
        ("tracking_resolve_context", json!({ "handle": "hello" })),
        (
            "routing_update_context_origins",
            json!({ "payload": { "origins": ["HTTPS://Shop.Example.com:443/", "http://localhost:3000"], "appendContext": false } }),
        ),
        (
            "routing_update_context_origins",
            json!({ "payload": { "origins": ["https://e.com/path", "null", "*", "ftp://e.com", "https://me@e.com"] } }),
        ),
        ("routing_list_context_origins", json!({})),
        ("analytics_get", json!({ "query": { "period": "7d", "slug": "launch" } })),
        ("analytics_get", json!({ "query": { "period": "7 days" } })),
        ("analytics_get", json!({})),
        ("links_explain_click", json!({ "clickId": "clk_06dq5ry9v5qk1h3mzt8n2w4c7g" })),
        ("links_explain_click", json!({ "clickId": "clk_1" })),
        ("system_audit_events", json!({ "payload": { "limit": 2, "operation": "links_upsert" } })),
        ("system_audit_events", json!({ "payload": { "limit": 0, "cursor": "bDEuMg" } })),
        ("system_usage_meters", json!({})),
        ("system_usage_meters", json!({ "payload": { "surprise": 1 } })),
        ("system_health", json!({})),
        ("system_health", json!({ "surprise": 1 })),
    ]
}

#[tokio::test]
async fn every_row_says_the_same_on_every_surface() {
    let rows = catalogue();
    let called: BTreeSet<_> = calls().into_iter().map(|(name, _)| name).collect();
    let speaking =
        rows.operations().iter().filter(|row| row.kind == Kind::Json && row.tool).map(|row| row.name);
    assert_eq!(called, speaking.collect(), "every JSON row is called");

    let (on_rest, rest_pat) = Workspace::bootstrapped().await;
    let (on_mcp, mcp_pat) = Workspace::bootstrapped().await;
    let (on_cli, _) = Workspace::bootstrapped().await;
    let (within, _) = Workspace::bootstrapped().await;
    let rest_server = on_rest.serve().await;
    let mcp_server = on_mcp.serve().await;
    let platform = Builder::from(Config::local(&within.data(), 8080)).open().await.expect("a platform");

    for (name, arguments) in calls() {
        let row = rows.find(name).expect("a row");
        let by_program =
            embedded(&platform, row, "hello", Credential::Known(Actor::Operator), &arguments).await;
        // What is for everybody has no mount for tokens.
        let (auth, token) =
            if row.need == Need::Public { (Auth::Public, None) } else { (Auth::Pat, Some(&*rest_pat)) };
        let by_rest = rest(&rest_server, row, auth, "hello", token, &arguments).await;
        let by_mcp = mcp(&mcp_server, row, "hello", Some(&mcp_pat), &arguments).await;
        let by_cli = cli(&on_cli, row, "hello", &arguments).await;
        let expected = plain(&by_program);
        assert_eq!(plain(&by_mcp), expected, "MCP: {name} {arguments}");
        assert_eq!(plain(&by_cli), expected, "CLI: {name} {arguments}");
        assert_eq!(plain(&by_rest), expected, "REST: {name} {arguments}");
        assert_eq!(by_rest.status, by_program.status, "{name} {arguments}");
    }
    platform.stop().await;
}

/// What must be equal: everything but instants, who acted, request ids and ports; of faults, where REST has the
/// payload as its body, the pointer into the payload.
fn plain(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    if let Some(error) = body.get("error").cloned() {
        let fields: BTreeSet<String> = body["fields"].as_array().into_iter().flatten().map(fault).collect();
        return json!({ "error": error, "fields": fields });
    }
    blur(&mut body);
    body
}

fn fault(field: &Value) -> String {
    let pointer = field["pointer"].as_str().expect("a pointer");
    let inner =
        pointer.strip_prefix("/payload").or_else(|| pointer.strip_prefix("/query")).unwrap_or(pointer);
    format!("{inner} {}", field["code"])
}

/// What says when, by whom and on which way, and what is made of that.
const BLURRED: [&str; 10] = [
    "createdAt",
    "updatedAt",
    "at",
    "actor",
    "surface",
    "requestId",
    "hash",
    "shortUrl",
    "freshness",
    "nextCursor",
];

fn blur(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                if BLURRED.contains(&key.as_str()) {
                    *value = Value::Null;
                }
                blur(value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(blur),
        _ => {}
    }
}
