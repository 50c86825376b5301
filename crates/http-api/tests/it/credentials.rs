use http::StatusCode;

use crate::api::{Api, LINKS};

const REALM: &str = "Bearer realm=\"link-platform\"";

#[tokio::test]
async fn without_a_credential_the_challenge_names_no_error() {
    let api = Api::new().await;
    let reply = api.anonymous("GET", LINKS).send().await;
    reply.refused(401, "missing_bearer_token");
    assert_eq!(reply.header("www-authenticate"), Some(REALM));
}

#[tokio::test]
async fn without_a_credential_nothing_else_is_looked_at() {
    let api = Api::new().await;
    let put = api.anonymous("PUT", &format!("{LINKS}/launch?a=%ff")).text("text/plain", "x".repeat(5000));
    put.send().await.refused(401, "missing_bearer_token");
    let import = api.anonymous("POST", &format!("{LINKS}/bulk-import")).text("text/plain", "x");
    import.send().await.refused(401, "missing_bearer_token");
}

#[tokio::test]
async fn a_malformed_credential_is_an_invalid_token() {
    let api = Api::new().await;
    for value in ["Basic aGk6aG8=", "Bearer", "Bearer ", "Bearer a b", "patv1_x", ""] {
        let reply = api.anonymous("GET", LINKS).header("authorization", value).send().await;
        reply.refused(401, "invalid_token");
        assert_eq!(
            reply.header("www-authenticate"),
            Some(format!("{REALM}, error=\"invalid_token\"").as_str())
        );
    }
    let reply = api.anonymous("GET", LINKS).raw_header("authorization", b"Bearer \xc3\xa9").send().await;
    reply.refused(401, "invalid_token");
    let reply = api.anonymous("GET", LINKS).raw_header("x-api-key", b"\xff").send().await;
    reply.refused(401, "invalid_token");
    let reply = api.anonymous("GET", LINKS).header("authorization", "Bearer patv1_nonsense").send().await;
    reply.refused(401, "invalid_token_format");
}

#[tokio::test]
async fn a_token_comes_in_either_header() {
    let api = Api::new().await;
    let pat = api.sandbox.pat.clone();
    for scheme in ["bearer", "BEARER"] {
        let reply =
            api.anonymous("GET", LINKS).header("authorization", &format!("{scheme} {pat}")).send().await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    let reply = api.anonymous("GET", LINKS).header("x-api-key", &pat).send().await;
    assert_eq!(reply.status, StatusCode::OK);
    let reply = api.call("GET", LINKS).header("x-api-key", &pat).send().await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn two_different_tokens_are_refused() {
    let api = Api::new().await;
    let other = api.sandbox.pat_with(&["links.read"]).await;
    api.call("GET", LINKS).header("x-api-key", &other).send().await.refused(401, "invalid_token");
    api.call("GET", LINKS)
        .header("authorization", &format!("Bearer {other}"))
        .send()
        .await
        .refused(401, "invalid_token");
}

#[tokio::test]
async fn a_missing_scope_is_named_in_body_and_challenge() {
    let api = Api::new().await;
    let pat = api.sandbox.pat_with(&["links.read"]).await;
    let put = api.anonymous("PUT", &format!("{LINKS}/launch")).header("x-api-key", &pat);
    let reply = put.json(serde_json::json!({ "destinationUrl": "https://example.com/" })).await;
    assert_eq!(reply.refused(403, "insufficient_scope")["requiredScope"], "links.write");
    let challenge = format!("{REALM}, error=\"insufficient_scope\", scope=\"links.write\"");
    assert_eq!(reply.header("www-authenticate"), Some(challenge.as_str()));
}

#[tokio::test]
async fn a_token_of_the_wrong_kind_or_handle_opens_nothing() {
    let api = Api::new().await;
    api.get("/v2/handles/hello/links").await.refused(401, "invalid_token");
    let foreign = api.sandbox.other("other").await;
    let reply = api.anonymous("GET", LINKS).header("x-api-key", &foreign).send().await;
    reply.refused(404, "not_found");
}

#[tokio::test]
async fn a_public_route_looks_at_no_credential() {
    let api = Api::new().await;
    let reply =
        api.anonymous("GET", "/v2/system/health").header("authorization", "Basic nonsense").send().await;
    assert_eq!(reply.json()["healthy"], true);
}
