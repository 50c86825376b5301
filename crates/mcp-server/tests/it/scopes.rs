use http::StatusCode;
use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::client::{Client, launch};

#[tokio::test]
async fn a_tool_beyond_the_token_s_scopes_is_a_result_that_names_the_scope() {
    let sandbox = Sandbox::new().await;
    let token = sandbox.pat_with(&["mcp.connect", "links.read"]).await;
    let answer = Client::new(&sandbox).token(&token).call("links_upsert", launch()).await;
    let (status, body) = answer.refused();
    assert_eq!((status, &body["error"]), (403, &json!("insufficient_scope")));
    assert_eq!(body["requiredScope"], "links.write");
    let challenge = answer.json["result"]["_meta"]["mcp/www_authenticate"][0].as_str().expect("a challenge");
    assert!(challenge.starts_with("Bearer error=\"insufficient_scope\""), "{challenge}");
    assert!(challenge.contains("scope=\"mcp.connect links.write\""), "{challenge}");
    let metadata =
        "resource_metadata=\"http://hello.mcp.localhost:8080/.well-known/oauth-protected-resource/mcp\"";
    assert!(challenge.contains(metadata), "{challenge}");
}

#[tokio::test]
async fn a_token_that_may_not_connect_is_told_so_by_every_method() {
    let sandbox = Sandbox::new().await;
    let token = sandbox.pat_with(&["links.read", "skills.read"]).await;
    let client = || Client::new(&sandbox).token(&token);
    let called = client().call("links_list", json!({})).await;
    let (status, body) = called.refused();
    assert_eq!((status, &body["requiredScope"]), (403, &json!("mcp.connect")));

    let initialize = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    for (method, params) in [("initialize", initialize), ("ping", json!({})), ("tools/list", json!({}))] {
        refused(&client().legacy(method, params).await, "mcp.connect");
    }
    refused(&client().modern("server/discover", json!({})).await, "mcp.connect");
    let told = client().post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    assert_eq!((told.status, &told.json["error"]), (StatusCode::FORBIDDEN, &json!("insufficient_scope")));
}

#[tokio::test]
async fn the_list_of_tools_needs_a_scope_of_its_own_but_calls_do_not() {
    let sandbox = Sandbox::new().await;
    let token = sandbox.pat_with(&["mcp.connect", "links.read"]).await;
    let client = Client::new(&sandbox).token(&token);
    refused(&client.legacy("tools/list", json!({})).await, "skills.read");
    assert_eq!(client.call("links_list", json!({})).await.structured()["handle"], "hello");
    assert_eq!(client.legacy("ping", json!({})).await.json["result"], json!({}));
}

#[tokio::test]
async fn the_list_of_tools_does_not_depend_on_the_caller() {
    let sandbox = Sandbox::new().await;
    let narrow = sandbox.pat_with(&["mcp.connect", "skills.read"]).await;
    let all = Client::new(&sandbox).legacy("tools/list", json!({})).await;
    let few = Client::new(&sandbox).token(&narrow).legacy("tools/list", json!({})).await;
    assert_eq!(all.json["result"], few.json["result"]);
}

fn refused(answer: &crate::client::Answer, scope: &str) {
    assert_eq!((answer.status, answer.rpc_code()), (StatusCode::OK, 403), "{}", answer.text);
    let data = &answer.json["error"]["data"];
    assert_eq!((&data["error"], &data["requiredScope"]), (&json!("insufficient_scope"), &Value::from(scope)));
}
