use http::StatusCode;
use serde_json::json;

use crate::api::{Api, LINKS};

#[tokio::test]
async fn what_was_made_is_201_and_what_was_changed_is_200() {
    let api = Api::new().await;
    let path = format!("{LINKS}/launch");
    let made = api.call("PUT", &path).json(json!({ "destinationUrl": "https://example.com/" })).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let changed = api.call("PUT", &path).json(json!({ "title": "Launch" })).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.json()["destinationUrl"], "https://example.com/");
    let reset = api.call("PUT", &format!("{path}?replace=true"));
    let reset = reset.json(json!({ "destinationUrl": "https://example.com/" })).await;
    assert_eq!(reset.json()["title"], serde_json::Value::Null);
}

#[tokio::test]
async fn no_reply_is_kept_or_guessed_at() {
    let api = Api::new().await;
    for reply in [api.get(LINKS).await, api.get("/nowhere").await, api.call("PUT", LINKS).send().await] {
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn the_callers_request_id_is_kept_where_it_is_plain() {
    let api = Api::new().await;
    let longest = "x".repeat(128);
    for id in ["a", "Trace_1.2-3", longest.as_str()] {
        for path in [LINKS, "/nowhere", "/v2/docs", "/v2/openapi.json"] {
            let reply = api.call("GET", path).header("x-request-id", id).send().await;
            assert_eq!(reply.header("x-request-id"), Some(id));
        }
    }
    for id in ["", "a b", "a\"b", &"x".repeat(129)] {
        let reply = api.call("GET", "/nowhere").header("x-request-id", id).send().await;
        let body = reply.refused(404, "not_found");
        assert_ne!(body["requestId"], id);
        assert!(body["requestId"].as_str().is_some_and(|id| id.len() > 10));
    }
    let reply = api.call("GET", LINKS).raw_header("x-request-id", b"\xff").send().await;
    assert!(reply.header("x-request-id").is_some());
}

#[tokio::test]
async fn a_repeat_under_its_key_is_answered_alike() {
    let api = Api::new().await;
    let create = |url: &str| {
        let body = json!({ "destinationUrl": url });
        api.call("POST", LINKS).header("idempotency-key", "k-1").json(body)
    };
    let first = create("https://example.com/a").await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (StatusCode::CREATED, None));
    let again = create("https://example.com/a").await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (StatusCode::CREATED, Some("true")));
    assert_eq!(again.json(), first.json());
    create("https://example.com/b").await.refused(409, "idempotency_conflict");
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let api = Api::new().await;
    let body = || json!({ "destinationUrl": "https://example.com/" });
    for key in ["", "a b", &"x".repeat(129)] {
        let reply = api.call("POST", LINKS).header("idempotency-key", key).json(body()).await;
        assert_eq!(reply.faulty("validation_error")[0].0, "/Idempotency-Key");
    }
    let reply = api.call("POST", LINKS).raw_header("idempotency-key", b"\xff").json(body()).await;
    assert_eq!(reply.faulty("validation_error")[0].0, "/Idempotency-Key");
    let twice = api.call("POST", LINKS).header("idempotency-key", "a").header("idempotency-key", "b");
    assert_eq!(twice.json(body()).await.faulty("validation_error")[0].0, "/Idempotency-Key");
    assert_eq!(api.get(LINKS).await.json()["links"], json!([]));
}
