use axum::body::Body;
use futures_util::stream;
use http::StatusCode;
use serde_json::json;

use crate::api::{Api, LINKS, Reply, faults};

const GOOD: &str = r#"{"destinationUrl":"https://example.com/"}"#;

async fn put(api: &Api, content_type: &str, body: impl Into<Body>) -> Reply {
    api.call("PUT", &format!("{LINKS}/launch")).text(content_type, body).send().await
}

#[tokio::test]
async fn json_comes_under_any_of_its_types() {
    let api = Api::new().await;
    let types = [
        "application/json",
        "APPLICATION/JSON; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
        "application/merge-patch+json",
    ];
    for content_type in types {
        assert!(put(&api, content_type, GOOD).await.status.is_success(), "{content_type}");
    }
}

#[tokio::test]
async fn another_type_is_refused() {
    let api = Api::new().await;
    for content_type in [
        "text/plain",
        "application/json; charset=latin1",
        "application/jsonx",
        "",
        "application/x-www-form-urlencoded",
    ] {
        put(&api, content_type, GOOD).await.refused(415, "unsupported_media_type");
    }
    let untyped = api.call("PUT", &format!("{LINKS}/launch")).body(GOOD).send().await;
    untyped.refused(415, "unsupported_media_type");
    let twice = api.call("PUT", &format!("{LINKS}/launch")).header("content-type", "application/json");
    twice.text("text/plain", GOOD).send().await.refused(415, "unsupported_media_type");
}

#[tokio::test]
async fn what_is_not_one_json_object_is_refused() {
    let api = Api::new().await;
    let deep = format!("{}1{}", r#"{"a":"#.repeat(40), "}".repeat(40));
    let bodies = ["{", "[]", "null", "\"text\"", "{}{}", " ", "{\"title\":NaN}", "\u{feff}{}", deep.as_str()];
    for body in bodies {
        put(&api, "application/json", body.to_owned()).await.refused(400, "invalid_payload");
    }
    put(&api, "application/json", b"{\"title\":\"\xff\"}".to_vec()).await.refused(400, "invalid_payload");
    put(&api, "application/json", "{\"title\":\"\\ud800\"}").await.refused(400, "invalid_payload");
}

#[tokio::test]
async fn keys_that_stand_twice_are_named_as_they_were_sent() {
    let api = Api::new().await;
    let body = r#"{"title":"a","title":"b","tags":[{"x":1,"x":2}]}"#;
    let reply = put(&api, "application/json", body).await;
    let twice = [("/title", "duplicate_key"), ("/tags/0/x", "duplicate_key")];
    assert_eq!(reply.faulty("invalid_payload"), faults(&twice));
}

#[tokio::test]
async fn faults_point_into_the_body_that_was_sent() {
    let api = Api::new().await;
    let reply = put(&api, "application/json", r#"{"destinationUrl":"javascript:alert(1)"}"#).await;
    assert_eq!(
        reply.faulty("invalid_destination_url"),
        faults(&[("/destinationUrl", "invalid_destination_url")])
    );
    assert!(reply.json()["message"].as_str().is_some_and(|text| text.starts_with("/destinationUrl: ")));

    let body = r#"{"titel":"x","enabled":"yes","tags":[1],"a/b~c":1}"#;
    let mut named = put(&api, "application/json", body).await.faulty("validation_error");
    named.sort();
    let expected = [
        ("/a~1b~0c", "unknown_field"),
        ("/enabled", "wrong_type"),
        ("/tags/0", "wrong_type"),
        ("/titel", "unknown_field"),
    ];
    assert_eq!(named, faults(&expected));
}

#[tokio::test]
async fn faults_of_the_path_keep_their_place_beside_those_of_the_body() {
    let api = Api::new().await;
    let reply = api.call("PUT", &format!("{LINKS}/_no")).json(json!({ "titel": "x" })).await;
    let mut named = reply.faulty("validation_error");
    named.sort();
    assert_eq!(named, faults(&[("/slug", "invalid_slug"), ("/titel", "unknown_field")]));
}

#[tokio::test]
async fn an_absent_body_is_an_absent_argument() {
    let api = Api::new().await;
    let checked = api.call("POST", &format!("{LINKS}/health-check")).send().await;
    assert_eq!(checked.status, StatusCode::OK);
    let reply = api.call("PUT", &format!("{LINKS}/launch")).send().await;
    assert_eq!(reply.faulty("validation_error"), faults(&[("", "required")]));
    assert_eq!(reply.json()["message"], "the body: is missing");
}

#[tokio::test]
async fn a_body_where_none_has_a_meaning_is_not_looked_at() {
    let api = Api::new().await;
    put(&api, "application/json", GOOD).await;
    let reply = api.call("DELETE", &format!("{LINKS}/launch")).text("text/plain", "nonsense").send().await;
    assert_eq!(reply.json()["deleted"], true);
}

#[tokio::test]
async fn too_large_a_body_is_refused_whether_it_says_so_or_not() {
    let api = Api::new().await;
    let large = format!(r#"{{"title":"{}"}}"#, "x".repeat(5000));
    put(&api, "application/json", large.clone()).await.refused(413, "payload_too_large");
    let pieces =
        large.into_bytes().chunks(100).map(<[u8]>::to_vec).map(Ok::<_, std::io::Error>).collect::<Vec<_>>();
    let chunked = Body::from_stream(stream::iter(pieces));
    put(&api, "application/json", chunked).await.refused(413, "payload_too_large");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let api = Api::new().await;
    let pieces = [Ok(GOOD.as_bytes().to_vec()), Err(std::io::Error::other("gone"))];
    let reply = put(&api, "application/json", Body::from_stream(stream::iter(pieces))).await;
    reply.refused(400, "invalid_payload");
    api.get(&format!("{LINKS}/launch")).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_body_whose_sender_was_too_slow_for_the_server_is_late_and_not_faulty() {
    let api = Api::new().await;
    let late = |begun: &str| {
        let late = std::io::Error::new(std::io::ErrorKind::TimedOut, "too slow");
        Body::from_stream(stream::iter([Ok(begun.to_owned()), Err(late)]))
    };
    put(&api, "application/json", late(GOOD)).await.refused(408, "request_timeout");
    let import = || api.call("POST", &format!("{LINKS}/bulk-import"));
    import().text("text/csv", late("slug,dest")).send().await.refused(408, "request_timeout");
    let rows = "slug,destinationUrl\none,https://example.com/1\n";
    let told = import().text("text/csv", late(rows)).send().await;
    assert_eq!(told.status, StatusCode::OK);
    assert!(told.text().contains("request_timeout"), "{}", told.text());
}
