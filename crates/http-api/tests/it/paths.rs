use http::StatusCode;
use serde_json::json;

use crate::api::{Api, LINKS};

#[tokio::test]
async fn a_path_nobody_has_is_not_found_in_json() {
    let api = Api::new().await;
    for path in [
        "/",
        "/v2",
        "/v2/links",
        "/v2/public/handles/hello/links/",
        "/v2//public/handles/hello/links",
        "/favicon.ico",
    ] {
        api.get(path).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_path_that_is_not_utf_8_is_not_found() {
    let api = Api::new().await;
    for tail in ["%ff", "%c3%28", "%", "%4", "%zz", "%ED%A0%80"] {
        api.get(&format!("{LINKS}/{tail}")).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_faulty_path_parameter_is_named() {
    let api = Api::new().await;
    for tail in ["a%20b", "%00", "a%2Fb", &"x".repeat(65), "%F0%9F%90%9F"] {
        let reply = api.get(&format!("{LINKS}/{tail}")).await;
        assert_eq!(reply.faulty("invalid_slug"), crate::api::faults(&[("/slug", "invalid_slug")]));
    }
}

#[tokio::test]
async fn percent_encoding_does_not_make_another_path() {
    let api = Api::new().await;
    api.call("PUT", &format!("{LINKS}/launch"))
        .json(json!({ "destinationUrl": "https://example.com/" }))
        .await;
    let reply = api.get("/v2/public/handles/%68ello/l%69nks/l%61unch").await;
    assert_eq!(reply.json()["slug"], "launch");
}

#[tokio::test]
async fn an_unknown_handle_is_not_found() {
    let api = Api::new().await;
    for handle in ["other", "HELLO", "a", "no--no", "%00"] {
        api.get(&format!("/v2/public/handles/{handle}/links")).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn another_method_is_refused_with_those_there_are() {
    let api = Api::new().await;
    let reply = api.call("DELETE", LINKS).send().await;
    reply.refused(405, "method_not_allowed");
    assert_eq!(reply.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
    let reply = api.call("BREW", &format!("{LINKS}/launch")).send().await;
    reply.refused(405, "method_not_allowed");
    assert_eq!(reply.header("allow"), Some("GET, HEAD, PUT, PATCH, DELETE, OPTIONS"));
}

#[tokio::test]
async fn options_tells_the_methods_without_a_credential() {
    let api = Api::new().await;
    let reply = api.anonymous("OPTIONS", LINKS).send().await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(reply.header("allow"), Some("GET, HEAD, POST, OPTIONS"));
    assert!(reply.bytes.is_empty());
    assert!(reply.header("x-request-id").is_some());
    api.anonymous("OPTIONS", "/v2/nothing").send().await.refused(404, "not_found");
}

#[tokio::test]
async fn head_answers_as_get_without_its_body() {
    let api = Api::new().await;
    let get = api.get(LINKS).await;
    let head = api.call("HEAD", LINKS).send().await;
    assert_eq!(head.status, StatusCode::OK);
    assert!(head.bytes.is_empty());
    assert_eq!(head.header("content-type"), get.header("content-type"));
    assert_eq!(head.header("content-length"), Some(get.bytes.len().to_string().as_str()));
    let head = api.anonymous("HEAD", LINKS).send().await;
    assert_eq!((head.status, head.bytes.len()), (StatusCode::UNAUTHORIZED, 0));
    let head = api.call("HEAD", &format!("{LINKS}/export")).send().await;
    assert_eq!(head.header("content-type"), Some("text/csv"));
    let head = api.call("HEAD", &format!("{LINKS}/health-check")).send().await;
    assert_eq!(head.status, StatusCode::NOT_FOUND, "GET links/{{slug}} has it: there is no such link");
}

#[tokio::test]
async fn a_literal_path_hides_no_method_of_a_parametric_one() {
    let api = Api::new().await;
    for slug in ["export", "bulk-import", "health-check"] {
        let path = format!("{LINKS}/{slug}");
        let made = api.call("PUT", &path).json(json!({ "destinationUrl": "https://example.com/" })).await;
        assert_eq!(made.status, StatusCode::CREATED);
        assert_eq!(made.json()["slug"], slug);
        let changed = api.call("PATCH", &path).json(json!({ "title": "Kept" })).await;
        assert_eq!(changed.json()["title"], "Kept");
        let history = api.get(&format!("{path}/history")).await;
        assert_eq!(history.json()["revisions"].as_array().map(Vec::len), Some(2));
    }
    assert_eq!(api.get(&format!("{LINKS}/export")).await.header("content-type"), Some("text/csv"));
    assert_eq!(api.get(&format!("{LINKS}/health-check")).await.json()["title"], "Kept");
    assert_eq!(api.call("DELETE", &format!("{LINKS}/export")).send().await.json()["deleted"], true);
    let reply = api.call("POST", &format!("{LINKS}/export")).send().await;
    reply.refused(405, "method_not_allowed");
    assert_eq!(reply.header("allow"), Some("GET, HEAD, PUT, PATCH, DELETE, OPTIONS"));
}
