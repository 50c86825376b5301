//! Wants of scope that are told by HTTP.

use http::StatusCode;
use lp_mcp_server::{Options, ScopeChallenge};
use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::client::{Answer, Client, launch};

const METADATA: &str = "http://hello.mcp.localhost:8080/.well-known/oauth-protected-resource/mcp";

fn by_http(sandbox: &Sandbox) -> Client {
    Client::with(sandbox, Options { scope_challenge: ScopeChallenge::Http, ..Options::default() })
}

/// The access token of an app with these scopes.
async fn app(sandbox: &Sandbox, scopes: &[&str]) -> String {
    let (_, tokens) = sandbox.connector(scopes).await;
    tokens["access_token"].as_str().expect("a token").to_owned()
}

/// The answer as it would be without any status.
fn refused(answer: &Answer) -> (&Value, &Value) {
    let body = &answer.json["result"]["structuredContent"];
    assert_eq!(answer.json["result"]["isError"], true, "{}", answer.text);
    (&body["body"]["error"], &body["body"]["requiredScope"])
}

#[tokio::test]
async fn an_app_is_told_with_status_403_and_all_that_the_call_needs() {
    let sandbox = Sandbox::new().await;
    let token = app(&sandbox, &["mcp.connect", "skills.read", "links.read"]).await;
    let client = || by_http(&sandbox).token(&token);
    let params = json!({ "name": "links_upsert", "arguments": launch() });
    for answer in
        [client().legacy("tools/call", params.clone()).await, client().modern("tools/call", params).await]
    {
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
        assert_eq!(refused(&answer), (&json!("insufficient_scope"), &json!("links.write")));
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Bearer error=\"insufficient_scope\""), "{challenge}");
        assert!(challenge.contains("scope=\"mcp.connect links.write\""), "{challenge}");
        assert!(challenge.ends_with(&format!("resource_metadata=\"{METADATA}\"")), "{challenge}");
    }
    let may = client().call("links_list", json!({})).await;
    assert_eq!((may.status, may.header("www-authenticate")), (StatusCode::OK, ""));
}

#[tokio::test]
async fn other_refusals_keep_their_form() {
    let sandbox = Sandbox::new().await;
    let token = app(&sandbox, &["mcp.connect", "skills.read", "links.read", "links.write"]).await;
    let client = by_http(&sandbox).token(&token);
    for (tool, arguments, code) in [
        ("links_get", json!({ "slug": "nowhere" }), "not_found"),
        ("links_upsert", json!({ "slug": "_", "payload": {} }), "invalid_slug"),
    ] {
        let answer = client.call(tool, arguments).await;
        assert_eq!((answer.status, refused(&answer).0), (StatusCode::OK, &json!(code)), "{tool}");
        assert_eq!(answer.header("www-authenticate"), "");
    }
}

#[tokio::test]
async fn a_method_beyond_its_scopes_is_told_so_too() {
    let sandbox = Sandbox::new().await;
    let token = app(&sandbox, &["mcp.connect", "links.read"]).await;
    let answer = by_http(&sandbox).token(&token).legacy("tools/list", json!({})).await;
    assert_eq!((answer.status, answer.rpc_code()), (StatusCode::FORBIDDEN, 403));
    let challenge = answer.header("www-authenticate");
    assert!(challenge.contains("scope=\"mcp.connect skills.read\""), "{challenge}");
}

#[tokio::test]
async fn a_personal_token_and_whoever_did_not_ask_for_it_are_told_in_the_envelope() {
    let sandbox = Sandbox::new().await;
    let pat = sandbox.pat_with(&["mcp.connect", "links.read"]).await;
    let token = app(&sandbox, &["mcp.connect", "links.read"]).await;
    for (client, way) in [
        (by_http(&sandbox).token(&pat), "a personal token"),
        (by_http(&sandbox).anonymous().header("x-api-key", &pat), "the same as a key"),
        (Client::new(&sandbox).token(&token), "the usual setting"),
    ] {
        let answer = client.call("links_upsert", launch()).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (StatusCode::OK, ""), "{way}");
        assert_eq!(refused(&answer), (&json!("insufficient_scope"), &json!("links.write")), "{way}");
        let listed = client.legacy("tools/list", json!({})).await;
        assert_eq!((listed.status, listed.rpc_code()), (StatusCode::OK, 403), "{way}");
    }
}
