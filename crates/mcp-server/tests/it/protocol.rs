use http::{Method, StatusCode};
use lp_testkit::Sandbox;
use serde_json::json;

use crate::client::{Client, LEGACY, MODERN, launch, modern};

#[tokio::test]
async fn the_handshake_agrees_on_the_revision_that_the_client_asks_for() {
    let sandbox = Sandbox::new().await;
    for (asked, agreed) in [
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2024-11-05", "2025-11-25"),
        ("2099-01-01", "2025-11-25"),
    ] {
        let params = json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let answer = Client::new(&sandbox).legacy("initialize", params).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let result = &answer.json["result"];
        assert_eq!(result["protocolVersion"], agreed, "asked for {asked}");
        assert_eq!(result["serverInfo"]["name"], "link-platform");
        assert_eq!(result["serverInfo"]["title"], "Link Platform");
        assert_eq!(result["capabilities"], json!({ "tools": {} }));
        assert!(result["instructions"].as_str().is_some_and(|text| text.contains("links_upsert")));
        assert_eq!(answer.header("mcp-session-id"), "", "there are no sessions");
    }
    let answer =
        Client::new(&sandbox).post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::ACCEPTED, ""));
}

#[tokio::test]
async fn a_legacy_client_may_call_without_a_handshake() {
    let sandbox = Sandbox::new().await;
    for version in [None, Some(LEGACY), Some("2025-11-25")] {
        let mut client = Client::new(&sandbox);
        if let Some(version) = version {
            client = client.header("mcp-protocol-version", version);
        }
        let listed = client.legacy("tools/list", json!({})).await;
        assert!(listed.json["result"]["tools"].is_array(), "{version:?}: {}", listed.text);
        assert!(listed.json["result"].get("resultType").is_none());
        let called = client.call("links_list", json!({})).await;
        assert_eq!(called.structured()["handle"], "hello");
        assert_eq!(client.legacy("ping", json!({})).await.json["result"], json!({}));
    }
}

#[tokio::test]
async fn a_client_without_parameters_is_answered() {
    let sandbox = Sandbox::new().await;
    let client = Client::new(&sandbox);
    for method in ["tools/list", "ping"] {
        let answer = client.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": method })).await;
        assert!(answer.json.get("result").is_some(), "{}", answer.text);
    }
}

#[tokio::test]
async fn the_newest_revision_discovers_lists_and_calls() {
    let sandbox = Sandbox::new().await;
    let found = Client::new(&sandbox).modern("server/discover", json!({})).await;
    let result = &found.json["result"];
    let versions = json!(["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]);
    assert_eq!(result["supportedVersions"], versions, "{}", found.text);
    assert_eq!((&result["ttlMs"], &result["cacheScope"]), (&json!(300_000), &json!("public")));
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["capabilities"], json!({ "tools": {} }));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "link-platform");

    let listed = Client::new(&sandbox).modern("tools/list", json!({})).await;
    let result = &listed.json["result"];
    assert_eq!(
        (&result["ttlMs"], &result["cacheScope"]),
        (&json!(300_000), &json!("public")),
        "{}",
        listed.text
    );
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "link-platform");

    let params = json!({ "name": "links_upsert", "arguments": launch() });
    let called = Client::new(&sandbox).modern("tools/call", params).await;
    assert_eq!(called.structured()["slug"], "launch");
    assert_eq!(called.json["result"]["resultType"], "complete");
    assert_eq!(called.json["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "link-platform");
}

#[tokio::test]
async fn headers_that_contradict_the_body_are_refused() {
    let sandbox = Sandbox::new().await;
    let message = modern("tools/call", json!({ "name": "links_list", "arguments": {} }));
    let right = || {
        let client = Client::new(&sandbox).header("mcp-protocol-version", MODERN);
        client.header("mcp-method", "tools/call").header("mcp-name", "links_list")
    };
    assert_eq!(right().post(&message).await.status, StatusCode::OK);
    for wrong in [
        right().header("mcp-method", "tools/list"),
        right().header("mcp-name", "links_upsert"),
        right().header("mcp-protocol-version", LEGACY),
        Client::new(&sandbox).header("mcp-protocol-version", MODERN),
        Client::new(&sandbox),
    ] {
        let answer = wrong.post(&message).await;
        assert_eq!((answer.status, answer.rpc_code()), (StatusCode::BAD_REQUEST, -32020), "{}", answer.text);
    }
}

#[tokio::test]
async fn an_unknown_revision_is_told_which_ones_there_are() {
    let sandbox = Sandbox::new().await;
    let mut message = modern("tools/list", json!({}));
    message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let client = Client::new(&sandbox).header("mcp-protocol-version", "2099-01-01");
    let answer = client.header("mcp-method", "tools/list").post(&message).await;
    assert_eq!((answer.status, answer.rpc_code()), (StatusCode::BAD_REQUEST, -32022), "{}", answer.text);
    assert!(answer.json["error"]["data"]["supported"].as_array().expect("versions").contains(&json!(MODERN)));

    let client = Client::new(&sandbox).header("mcp-protocol-version", "1999-01-01");
    let answer = client.legacy("tools/list", json!({})).await;
    assert_eq!((answer.status, answer.rpc_code()), (StatusCode::BAD_REQUEST, -32600), "{}", answer.text);
    assert_eq!(answer.json["id"], 1);
}

#[tokio::test]
async fn metadata_that_the_newest_revision_demands_must_be_there() {
    let sandbox = Sandbox::new().await;
    let mut message = modern("tools/list", json!({}));
    let meta = message["params"]["_meta"].as_object_mut().expect("metadata");
    meta.shift_remove("io.modelcontextprotocol/clientCapabilities");
    let client = Client::new(&sandbox).header("mcp-protocol-version", MODERN);
    let answer = client.header("mcp-method", "tools/list").post(&message).await;
    assert_eq!((answer.status, answer.rpc_code()), (StatusCode::BAD_REQUEST, -32602), "{}", answer.text);
}

#[tokio::test]
async fn what_the_server_does_not_offer_is_an_unknown_method() {
    let sandbox = Sandbox::new().await;
    let methods =
        ["resources/list", "resources/templates/list", "prompts/list", "logging/setLevel", "no/such"];
    for method in methods {
        let params = if method == "logging/setLevel" { json!({ "level": "info" }) } else { json!({}) };
        let answer = Client::new(&sandbox).legacy(method, params.clone()).await;
        assert_eq!((answer.status, answer.rpc_code()), (StatusCode::OK, -32601), "{method}: {}", answer.text);
        let answer = Client::new(&sandbox).modern(method, params).await;
        assert_eq!((answer.status, answer.rpc_code()), (StatusCode::NOT_FOUND, -32601), "{method}");
    }
}

#[tokio::test]
async fn the_newest_revision_has_no_handshake_and_no_ping() {
    let sandbox = Sandbox::new().await;
    for method in ["initialize", "ping"] {
        let answer = Client::new(&sandbox).modern(method, json!({})).await;
        assert_eq!((answer.status, answer.rpc_code()), (StatusCode::NOT_FOUND, -32601), "{}", answer.text);
    }
    let answer = Client::new(&sandbox).legacy("initialize", json!({})).await;
    assert_eq!((answer.status, answer.rpc_code()), (StatusCode::OK, -32602), "{}", answer.text);
}

#[tokio::test]
async fn only_post_is_taken() {
    let sandbox = Sandbox::new().await;
    for method in [Method::GET, Method::DELETE, Method::HEAD, Method::PUT, Method::OPTIONS] {
        let answer = Client::new(&sandbox).send(method.clone(), "").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.header("allow"), "POST");
        assert_eq!(answer.json["error"], "method_not_allowed");
    }
}

#[tokio::test]
async fn every_reply_carries_a_request_id() {
    let sandbox = Sandbox::new().await;
    let client = || Client::new(&sandbox).header("x-request-id", "my-id.1");
    for answer in [
        client().legacy("ping", json!({})).await,
        client().anonymous().legacy("ping", json!({})).await,
        client().send(Method::GET, "").await,
        client().send(Method::POST, "{").await,
        client().header("origin", "https://evil.example").legacy("ping", json!({})).await,
    ] {
        assert_eq!(answer.header("x-request-id"), "my-id.1", "{}", answer.text);
    }
    let called = client().call("links_get", json!({ "slug": "absent" })).await;
    assert_eq!(called.refused().1["requestId"], "my-id.1");
    let unfit = Client::new(&sandbox).header("x-request-id", "has spaces").legacy("ping", json!({})).await;
    let id = unfit.header("x-request-id");
    assert!(!id.is_empty() && id != "has spaces", "{id}");
}
