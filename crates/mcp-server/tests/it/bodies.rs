use http::{Method, StatusCode};
use lp_mcp_server::Options;
use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::client::Client;

#[tokio::test]
async fn a_body_that_is_not_one_strict_message_is_refused_with_its_faults() {
    let sandbox = Sandbox::new().await;
    let client = Client::new(&sandbox);
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"links_list","arguments":{}1{}}}}}"#,
        "[".repeat(80),
        "]".repeat(80)
    );
    let bodies: [(&[u8], i64); 9] = [
        (b"", -32700),
        (b"{", -32700),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"tools/list\"}", -32700),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", -32700),
        (deep.as_bytes(), -32700),
        (b"[]", -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1}", -32600),
        (b"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", -32600),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", -32600),
    ];
    for (body, code) in bodies {
        let answer = client.send(Method::POST, body).await;
        let shown = String::from_utf8_lossy(body);
        assert_eq!(
            (answer.status, answer.rpc_code()),
            (StatusCode::BAD_REQUEST, code),
            "{shown}: {}",
            answer.text
        );
        assert!(answer.json["error"]["data"]["requestId"].is_string(), "{}", answer.text);
    }
    let twice =
        client.send(Method::POST, r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":1,"a":2}}"#).await;
    assert_eq!(twice.json["error"]["data"]["fields"][0]["pointer"], "/params/a");
    assert_eq!(twice.json["error"]["data"]["fields"][0]["code"], "duplicate_key");
}

#[tokio::test]
async fn parameters_that_do_not_fit_their_method_are_invalid() {
    let sandbox = Sandbox::new().await;
    for params in [json!({}), json!({ "name": 7 }), json!({ "name": "links_list", "arguments": [] })] {
        let answer = Client::new(&sandbox).legacy("tools/call", params.clone()).await;
        assert_eq!((answer.status, answer.rpc_code()), (StatusCode::OK, -32602), "{params}: {}", answer.text);
    }
    let unknown = Client::new(&sandbox).call("no_such_tool", json!({})).await;
    assert_eq!((unknown.status, unknown.rpc_code()), (StatusCode::OK, -32602));
    let hidden = Client::new(&sandbox).call("platform_health", json!({})).await;
    assert_eq!(hidden.rpc_code(), -32602, "a row that is no tool is not called");
    let paged = Client::new(&sandbox).legacy("tools/list", json!({ "cursor": "x" })).await;
    assert_eq!(paged.rpc_code(), -32602);
}

#[tokio::test]
async fn a_call_without_an_id_is_no_call() {
    let sandbox = Sandbox::new().await;
    let message = json!({ "jsonrpc": "2.0", "method": "tools/call",
        "params": { "name": "links_upsert", "arguments": crate::client::launch() } });
    let answer = Client::new(&sandbox).post(&message).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let listed = Client::new(&sandbox).call("links_get", json!({ "slug": "launch" })).await;
    assert_eq!(listed.refused().0, 404);
}

#[tokio::test]
async fn a_large_body_is_refused_and_one_at_the_limit_is_not() {
    let sandbox = Sandbox::new().await;
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string();
    let options = Options { body_bytes: message.len(), ..Options::default() };
    let client = Client::with(&sandbox, options);
    assert_eq!(client.send(Method::POST, message.clone()).await.status, StatusCode::OK);
    let answer = client.send(Method::POST, format!("{message} ")).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.json["error"], "payload_too_large");
}

#[tokio::test]
async fn another_content_type_is_refused_and_any_accept_that_takes_json_is_not() {
    let sandbox = Sandbox::new().await;
    let answer = Client::new(&sandbox).header("content-type", "text/plain").legacy("ping", json!({})).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(answer.json["error"], "unsupported_media_type");
    for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
        let client = Client::new(&sandbox).header("content-type", content_type);
        assert_eq!(client.legacy("ping", json!({})).await.status, StatusCode::OK, "{content_type}");
    }
    for accept in ["*/*", "application/json", "text/html, application/*;q=0.5"] {
        let answer = Client::new(&sandbox).header("accept", accept).legacy("ping", json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{accept}");
        assert_eq!(answer.header("content-type"), "application/json");
    }
    let answer = Client::new(&sandbox).header("accept", "text/html").legacy("ping", json!({})).await;
    assert_eq!((answer.status, answer.rpc_code()), (StatusCode::NOT_ACCEPTABLE, -32600));
}

#[tokio::test]
async fn ids_come_back_as_they_were_sent() {
    let sandbox = Sandbox::new().await;
    for id in [json!(0), json!(-7), json!("a b"), json!(i64::MAX)] {
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": "ping" });
        let answer = Client::new(&sandbox).post(&message).await;
        assert_eq!(
            answer.json,
            json!({ "jsonrpc": "2.0", "id": id, "result": Value::Object(serde_json::Map::new()) })
        );
    }
}
