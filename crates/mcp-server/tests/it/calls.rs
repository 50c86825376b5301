use lp_application::{Limits, Rate};
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::client::{Client, launch};

#[tokio::test]
async fn an_upsert_answers_the_link_as_the_documentation_has_it() {
    let sandbox = Sandbox::new().await;
    let answer = Client::new(&sandbox).call("links_upsert", launch()).await;
    let link = answer.structured();
    assert_eq!(
        (&link["slug"], &link["destinationUrl"]),
        (&json!("launch"), &json!("https://example.com/launch"))
    );
    assert_ne!(answer.json["result"]["isError"], json!(true));
    let keys: Vec<_> = link.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys[..2], ["slug", "destinationUrl"], "the order is the application's own");
    let reply = sandbox.call("links_get", json!({ "slug": "launch" })).await.result.expect("a link");
    assert_eq!(&reply.value, link);
}

#[tokio::test]
async fn bad_arguments_are_a_result_that_names_every_fault() {
    let sandbox = Sandbox::new().await;
    let arguments = json!({ "payload": { "title": 7 }, "surprise": 1 });
    let answer = Client::new(&sandbox).call("links_upsert", arguments).await;
    let (status, body) = answer.refused();
    assert_eq!((status, &body["error"]), (400, &json!("validation_error")));
    let mut pointers: Vec<_> =
        body["fields"].as_array().expect("fields").iter().map(|fault| fault["pointer"].as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, [Some("/payload/title"), Some("/slug"), Some("/surprise")]);
    let of_handle = Client::new(&sandbox).call("links_list", json!({ "handle": 7 })).await;
    assert_eq!(of_handle.refused().1["fields"][0]["pointer"], "/handle");
}

#[tokio::test]
async fn absent_and_null_arguments_are_none() {
    let sandbox = Sandbox::new().await;
    for params in [json!({ "name": "links_list" }), json!({ "name": "links_list", "arguments": null })] {
        let answer = Client::new(&sandbox).legacy("tools/call", params).await;
        assert_eq!(answer.structured()["handle"], "hello");
    }
}

#[tokio::test]
async fn a_repeat_under_one_key_is_answered_the_same_and_done_once() {
    let sandbox = Sandbox::new().await;
    let create = |key: Value, url: &str| {
        json!({
            "name": "links_create",
            "arguments": { "payload": { "destinationUrl": url } },
            "_meta": { "link-platform/idempotencyKey": key },
        })
    };
    let client = Client::new(&sandbox);
    let first = client.legacy("tools/call", create(json!("one"), "https://example.com/a")).await;
    let again = client.legacy("tools/call", create(json!("one"), "https://example.com/a")).await;
    assert_eq!(first.structured(), again.structured());
    assert!(first.json["result"].get("_meta").is_none());
    assert_eq!(again.json["result"]["_meta"]["link-platform/replayed"], true);
    let other = client.legacy("tools/call", create(json!("one"), "https://example.com/b")).await;
    assert_eq!(other.refused().1["error"], "idempotency_conflict");
    for key in [json!(7), json!(null), json!(""), json!("has spaces")] {
        let answer = client.legacy("tools/call", create(key.clone(), "https://example.com/c")).await;
        let (status, body) = answer.refused();
        assert_eq!(status, 400, "{key}");
        assert_eq!(body["fields"][0]["pointer"], "/_meta/link-platform~1idempotencyKey", "{body}");
    }
    let listed = client.call("links_list", json!({})).await;
    let made = listed.structured()["links"].as_array().expect("links").iter();
    assert_eq!(made.filter(|link| link["destinationUrl"] == "https://example.com/a").count(), 1);
    assert!(!listed.text.contains("https://example.com/c"));
}

#[tokio::test]
async fn a_caller_that_calls_too_often_is_told_when_to_go_on() {
    let rate = Rate { per_second: 1, burst: 1 };
    let limits = Some(Limits { actor: rate, address: rate });
    let sandbox = Sandbox::with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    let client = Client::new(&sandbox);
    client.call("links_list", json!({})).await.structured();
    let answer = client.call("links_list", json!({})).await;
    let (status, body) = answer.refused();
    assert_eq!((status, &body["error"]), (429, &json!("rate_limited")));
    assert!(body["retryAfterMs"].as_u64().is_some_and(|wait| wait > 0), "{body}");
}

#[tokio::test]
async fn a_stream_answers_a_signed_address() {
    let sandbox = Sandbox::new().await;
    for (tool, arguments, method, types) in [
        ("links_export", json!({}), "GET", json!(["text/csv", "application/x-ndjson"])),
        ("links_import", json!({}), "POST", json!(["text/csv", "application/x-ndjson"])),
        ("links_qr", json!({ "slug": "launch" }), "GET", json!(["image/svg+xml", "image/png"])),
    ] {
        let answer = Client::new(&sandbox).call(tool, arguments).await;
        let address = answer.structured();
        let keys: Vec<_> = address.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["url", "method", "contentTypes", "expiresAt", "expiresInSec"]);
        let url = address["url"].as_str().expect("an address");
        assert!(url.starts_with("http://localhost:8080/v2/public/handles/hello/links/"), "{url}");
        assert_eq!((&address["method"], &address["contentTypes"]), (&json!(method), &types));
        assert_eq!(address["expiresInSec"], 900);
        assert!(!url.contains(&sandbox.pat));
    }
    let refused = Client::new(&sandbox).call("links_export", json!({ "format": "xml" })).await;
    assert_eq!(refused.refused().0, 400);
}
