use axum::body::Body;
use futures_util::stream;
use http::StatusCode;
use lp_application::Credential;
use serde_json::json;

use crate::api::{Api, faults};
use crate::rows::catalogue;

const HOME: &str = "/v2/public/handles/hello";

#[tokio::test]
async fn path_query_and_body_become_one_object() {
    let api = Api::of(catalogue()).await;
    let uri = format!("{HOME}/things/a?replace=true&ratio=0.5&labels=1&labels=2");
    let reply = api.call("PUT", &uri).json(json!({ "title": "A" })).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let seen =
        json!({ "slug": "a", "payload": { "title": "A" }, "replace": true, "ratio": 0.5, "labels": [1, 2] });
    assert_eq!(reply.json()["seen"], seen);
    let reply =
        api.call("PUT", &format!("{HOME}/things/import?labels=7&replace=1&ratio=x")).json(json!({})).await;
    let named = reply.faulty("validation_error");
    assert_eq!(named, faults(&[("/replace", "wrong_type"), ("/ratio", "wrong_type")]));
}

#[tokio::test]
async fn a_stream_takes_so_many_bytes_and_no_more() {
    let api = Api::of(catalogue()).await;
    let post = || api.call("POST", &format!("{HOME}/things/import"));
    let reply = post().text("text/csv", "0123456789").send().await;
    assert_eq!(reply.json(), json!({ "contentType": "text/csv", "file": null, "bytes": 10 }));
    post().text("text/csv", "0123456789a").send().await.refused(413, "payload_too_large");
    let pieces = ["01234", "56789", "a"].map(Ok::<_, std::io::Error>);
    let chunked = Body::from_stream(stream::iter(pieces));
    post().text("text/csv", chunked).send().await.refused(413, "payload_too_large");
    post().text("application/x-ndjson", "{}").send().await.refused(415, "unsupported_media_type");
}

#[tokio::test]
async fn a_public_row_answers_nobody_in_particular() {
    let api = Api::of(catalogue()).await;
    let reply = api.anonymous("GET", "/v2/tracking/context/ctx1.a.b?verbose=true").send().await;
    assert_eq!(reply.json()["seen"], json!({ "token": "ctx1.a.b", "verbose": true }));
    let reply = api.anonymous("GET", "/v2/tracking/context/x?utm_source=mail&_=1").send().await;
    assert_eq!(reply.json()["seen"]["token"], "x", "what the public appends is nobody's fault");
    let reply = api.anonymous("GET", "/v2/tracking/context/x?verbose=maybe").send().await;
    assert_eq!(reply.faulty("validation_error"), faults(&[("/verbose", "wrong_type")]));
}

#[tokio::test]
async fn two_tools_share_one_route_whose_fields_are_the_body() {
    let api = Api::of(catalogue()).await;
    let post = |query: &str| api.call("POST", &format!("{HOME}/deployments{query}"));
    let reply = post("").json(json!({ "html": "<p>" })).await;
    assert_eq!(reply.json()["seen"], json!({ "html": "<p>", "files": null }));
    let reply = post("").json(json!({ "files": "x" })).await;
    assert_eq!(reply.faulty("validation_error"), faults(&[("/files", "wrong_type")]));
    let reply = post("?html=a").json(json!({ "html": "b" })).await;
    assert_eq!(reply.faulty("validation_error"), faults(&[("/html", "duplicate_key")]));
    post("").json(json!({ "handle": "other" })).await.refused(403, "handle_mismatch");
    assert_eq!(post("").send().await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_body_where_none_belongs_may_be_empty() {
    let api = Api::of(catalogue()).await;
    let post = || api.call("POST", &format!("{HOME}/deployments/dep_1/activate"));
    assert_eq!(post().send().await.json()["seen"]["id"], "dep_1");
    assert_eq!(post().json(json!({})).await.status, StatusCode::OK);
    let reply = post().json(json!({ "force": true })).await;
    assert_eq!(reply.faulty("validation_error"), faults(&[("/force", "unknown_field")]));
    let reply = post().json(json!({ "id": "dep_2" })).await;
    assert_eq!(reply.faulty("validation_error"), faults(&[("/id", "duplicate_key")]));
}

#[tokio::test]
async fn an_upload_goes_to_its_signed_address_and_nowhere_else() {
    let api = Api::of(catalogue()).await;
    let bearer = Credential::Bearer(api.sandbox.pat.clone());
    let asked = api.sandbox.request("site_upload", json!({ "file": "index.html" }), bearer);
    let signed = api.sandbox.app.sign(asked).await.result.expect("a signed address");
    assert_eq!(signed.method, "PUT");
    let path = signed.url.strip_prefix("http://localhost:8080").expect("our own address").to_owned();
    let reply = api.anonymous("PUT", &path).text("text/html", "<p>").send().await;
    assert_eq!(reply.json(), json!({ "contentType": "text/html", "file": "index.html", "bytes": 3 }));
    api.anonymous("PUT", &path).text("image/png", "x").send().await.refused(415, "unsupported_media_type");
    let bare = format!("{HOME}/uploads");
    api.anonymous("PUT", &bare).text("text/html", "<p>").send().await.refused(401, "missing_bearer_token");
    api.call("PUT", &bare).text("text/html", "<p>").send().await.refused(401, "invalid_token");
    let foreign = path.replace("/hello/", "/other/");
    api.anonymous("PUT", &foreign).text("text/html", "<p>").send().await.refused(401, "invalid_token");
}

#[tokio::test]
async fn a_stream_that_fails_in_the_middle_breaks_off() {
    let api = Api::of(catalogue()).await;
    let status = api.call("GET", &format!("{HOME}/things/broken")).send_broken().await;
    assert_eq!(status, StatusCode::OK);
    let head = api.call("HEAD", &format!("{HOME}/things/broken")).send().await;
    assert_eq!(head.header("content-disposition"), Some("attachment; filename=\"a_b__.txt\""));
}
