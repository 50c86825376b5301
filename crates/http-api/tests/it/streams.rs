use axum::body::Body;
use futures_util::stream;
use http::StatusCode;
use lp_application::Credential;
use serde_json::json;

use crate::api::{Api, LINKS, faults};

const ROWS: &str = "slug,destinationUrl\none,https://example.com/1\ntwo,https://example.com/2\n";

#[tokio::test]
async fn an_export_is_a_file_of_its_type() {
    let api = Api::new().await;
    let reply = api.get(&format!("{LINKS}/export?format=ndjson")).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"links-hello.ndjson\""));
    assert!(reply.header("x-request-id").is_some());
    api.get(&format!("{LINKS}/export?format=xml")).await.refused(400, "validation_error");
}

#[tokio::test]
async fn a_qr_code_is_a_picture_that_browsers_show() {
    let api = Api::new().await;
    let link = json!({ "destinationUrl": "https://example.com" });
    api.call("PUT", &format!("{LINKS}/Launch")).json(link).await;
    let svg = api.get(&format!("{LINKS}/launch/qr")).await;
    assert_eq!(svg.status, StatusCode::OK, "{}", svg.text());
    assert_eq!(svg.header("content-type"), Some("image/svg+xml"));
    assert_eq!(svg.header("content-disposition"), Some("inline; filename=\"hello-Launch.svg\""));
    assert_eq!(svg.header("cache-control"), Some("no-store"));
    assert_eq!(svg.header("x-content-type-options"), Some("nosniff"));
    assert!(svg.text().starts_with("<svg "), "{}", svg.text());

    let query = "format=png&size=100&margin=2&color=%237a0000&background=transparent&errorLevel=H";
    let png = api.get(&format!("{LINKS}/launch/qr?{query}")).await;
    assert_eq!(png.header("content-type"), Some("image/png"));
    assert_eq!(png.header("content-disposition"), Some("inline; filename=\"hello-Launch.png\""));
    assert!(png.bytes.starts_with(b"\x89PNG\r\n"));

    let bad =
        api.get(&format!("{LINKS}/launch/qr?size=9&margin=x&color=red&background=%23fff&errorLevel=m")).await;
    let mut named = bad.faulty("validation_error");
    named.sort();
    let expected = [
        ("/background", "invalid_color"),
        ("/color", "invalid_color"),
        ("/errorLevel", "unknown_value"),
        ("/margin", "wrong_type"),
        ("/size", "too_small"),
    ];
    assert_eq!(named, faults(&expected));
    api.get(&format!("{LINKS}/absent/qr")).await.refused(404, "not_found");
}

#[tokio::test]
async fn an_import_answers_row_by_row() {
    let api = Api::new().await;
    let path = format!("{LINKS}/bulk-import");
    let dry =
        api.call("POST", &format!("{path}?dryRun=true")).text("text/csv; charset=utf-8", ROWS).send().await;
    assert_eq!(dry.status, StatusCode::OK);
    assert_eq!(api.get(LINKS).await.json()["links"], json!([]));
    let done = api.call("POST", &path).text("text/csv", ROWS).send().await;
    assert_eq!(done.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(done.text().lines().count(), 3, "{}", done.text());
    assert_eq!(api.get(LINKS).await.json()["links"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn bytes_of_another_type_are_refused() {
    let api = Api::new().await;
    let path = format!("{LINKS}/bulk-import");
    for content_type in ["application/json", "text/csv; charset=utf-16", ""] {
        let reply = api.call("POST", &path).text(content_type, ROWS).send().await;
        assert!(
            reply.refused(415, "unsupported_media_type")["message"]
                .as_str()
                .is_some_and(|text| text.contains("text/csv"))
        );
    }
    api.call("POST", &path).body(ROWS).send().await.refused(415, "unsupported_media_type");
}

#[tokio::test]
async fn a_signed_address_is_a_credential_of_its_own() {
    let api = Api::new().await;
    let mut request =
        api.sandbox.request("links_export", json!({}), Credential::Bearer(api.sandbox.pat.clone()));
    request.arguments.insert("format".to_owned(), json!("ndjson"));
    let signed = api.sandbox.app.sign(request).await.result.expect("a signed address");
    let path = signed.url.strip_prefix("http://localhost:8080").expect("our own address").to_owned();
    let reply = api.anonymous(signed.method, &path).send().await;
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"), "{}", reply.text());
    api.call("GET", &path).send().await.refused(401, "invalid_token");
    api.anonymous("GET", &format!("{path}&grant=g1.x.y")).send().await.refused(401, "invalid_token");
    api.anonymous("GET", &format!("{path}x")).send().await.refused(401, "invalid_token");
    let elsewhere = path.replace("/public/handles/", "/handles/");
    api.anonymous("GET", &elsewhere).send().await.refused(401, "missing_bearer_token");
}

#[tokio::test]
async fn rows_before_a_break_are_told() {
    let api = Api::new().await;
    let pieces = [Ok(ROWS.as_bytes().to_vec()), Err(std::io::Error::other("gone"))];
    let body = Body::from_stream(stream::iter(pieces));
    let reply = api.call("POST", &format!("{LINKS}/bulk-import")).text("text/csv", body).send().await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.text().contains("invalid_payload"), "{}", reply.text());
}
