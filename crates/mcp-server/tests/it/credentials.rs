use http::{Method, StatusCode};
use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const HOST: &str = "http://hello.mcp.localhost:8080/.well-known/oauth-protected-resource/mcp";

fn challenged(answer: &Answer, code: &str, metadata: &str, sent: bool) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.text);
    assert_eq!(answer.json["error"], code, "{}", answer.text);
    assert!(answer.json["requestId"].is_string());
    let error = if sent { ", error=\"invalid_token\"" } else { "" };
    let scope = "mcp.connect skills.read";
    assert_eq!(
        answer.header("www-authenticate"),
        format!("Bearer resource_metadata=\"{metadata}\", scope=\"{scope}\"{error}")
    );
}

fn requests() -> [(&'static str, Value); 5] {
    [
        (
            "initialize",
            json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } }),
        ),
        ("ping", json!({})),
        ("tools/list", json!({})),
        ("tools/call", json!({ "name": "links_list", "arguments": {} })),
        ("tools/call", json!({ "name": "no_such_tool" })),
    ]
}

#[tokio::test]
async fn without_a_credential_every_request_is_challenged() {
    let sandbox = Sandbox::new().await;
    for (method, params) in requests() {
        let answer = Client::new(&sandbox).anonymous().legacy(method, params.clone()).await;
        challenged(&answer, "missing_bearer_token", HOST, false);
        let answer = Client::new(&sandbox).anonymous().modern(method, params).await;
        challenged(&answer, "missing_bearer_token", HOST, false);
    }
    let unread = Client::new(&sandbox).anonymous().send(Method::POST, "{").await;
    challenged(&unread, "missing_bearer_token", HOST, false);
}

#[tokio::test]
async fn a_bad_credential_is_challenged_and_named() {
    let sandbox = Sandbox::new().await;
    let foreign = sandbox.other("other").await;
    let last = if sandbox.pat.ends_with('0') { '1' } else { '0' };
    let unknown = format!("{}{last}", &sandbox.pat[..sandbox.pat.len() - 1]);
    for (method, params) in requests() {
        for (token, code) in [
            ("patv1_broken", "invalid_token_format"),
            ("eyJhbGciOiJub25lIn0.e30.", "invalid_token"),
            (unknown.as_str(), "invalid_token"),
            (foreign.as_str(), "invalid_token"),
        ] {
            let answer = Client::new(&sandbox).token(token).legacy(method, params.clone()).await;
            challenged(&answer, code, HOST, true);
        }
        let basic = Client::new(&sandbox).anonymous().header("authorization", "Basic aGk6aGk=");
        challenged(&basic.legacy(method, params).await, "invalid_token", HOST, true);
    }
}

#[tokio::test]
async fn the_challenge_names_the_address_that_was_asked() {
    let sandbox = Sandbox::new().await;
    for (path, bound, metadata) in [
        ("/mcp", Some("hello"), HOST),
        (
            "/mcp/hello/mcp",
            Some("hello"),
            "http://localhost:8080/.well-known/oauth-protected-resource/mcp/hello/mcp",
        ),
        ("/mcp", None, "http://localhost:8080/.well-known/oauth-protected-resource/mcp"),
    ] {
        let answer = Client::new(&sandbox).at(path, bound).anonymous().legacy("ping", json!({})).await;
        challenged(&answer, "missing_bearer_token", metadata, false);
    }
}

#[tokio::test]
async fn the_credential_may_stand_in_x_api_key_but_not_two_that_differ() {
    let sandbox = Sandbox::new().await;
    let key = Client::new(&sandbox).anonymous().header("x-api-key", &sandbox.pat);
    assert_eq!(key.call("links_list", json!({})).await.structured()["handle"], "hello");
    let both = Client::new(&sandbox).header("x-api-key", &sandbox.pat);
    assert_eq!(both.call("links_list", json!({})).await.structured()["handle"], "hello");
    let differ = Client::new(&sandbox).header("x-api-key", "another");
    challenged(&differ.legacy("ping", json!({})).await, "invalid_token", HOST, true);
}

#[tokio::test]
async fn an_address_without_a_handle_takes_the_token_s_own() {
    let sandbox = Sandbox::new().await;
    let foreign = sandbox.other("other").await;
    let client = Client::new(&sandbox).at("/mcp", None);
    assert_eq!(client.call("links_list", json!({})).await.structured()["handle"], "hello");
    assert_eq!(client.call("links_list", json!({ "handle": "hello" })).await.structured()["handle"], "hello");
    let answer = client.call("links_list", json!({ "handle": "other" })).await;
    let (status, body) = answer.refused();
    assert_eq!((status, &body["error"]), (401, &json!("invalid_token")));
    let client = Client::new(&sandbox).at("/mcp", None).token(&foreign);
    assert_eq!(client.call("links_list", json!({})).await.structured()["handle"], "other");
}

#[tokio::test]
async fn on_a_bound_address_another_handle_is_a_mismatch() {
    let sandbox = Sandbox::new().await;
    let client = Client::new(&sandbox);
    assert_eq!(client.call("links_list", json!({ "handle": "hello" })).await.structured()["handle"], "hello");
    let answer = client.call("links_list", json!({ "handle": "other" })).await;
    let (status, body) = answer.refused();
    assert_eq!((status, &body["error"]), (403, &json!("handle_mismatch")));
    assert!(answer.json["result"].get("_meta").is_none(), "no credential would help");
}

#[tokio::test]
async fn an_address_that_names_no_possible_handle_is_not_found() {
    let sandbox = Sandbox::new().await;
    for handle in ["A", "a--b", "mcp", "x\"y"] {
        for client in [Client::new(&sandbox), Client::new(&sandbox).anonymous()] {
            let answer = client.at("/mcp", Some(handle)).legacy("tools/list", json!({})).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{handle}");
            assert_eq!(answer.json["error"], "not_found");
        }
    }
    let answer = Client::new(&sandbox).at("/mcp", Some("unknown")).legacy("tools/list", json!({})).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "whether a handle exists is not told");
}
