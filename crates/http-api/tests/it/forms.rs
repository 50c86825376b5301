//! Forms, clients beside them, and refusals in the words of OAuth.

use http::StatusCode;
use serde_json::{Value, json};

use crate::api::{Api, Reply};
use crate::rows::catalogue;

const FORM: &str = "application/x-www-form-urlencoded";

async fn api() -> Api {
    Api::of(catalogue()).await
}

async fn post(api: &Api, form: &str) -> Reply {
    api.anonymous("POST", "/oauth/token").text(FORM, form.to_owned()).send().await
}

/// Posts with an `Authorization` header.
async fn shown(api: &Api, authorization: &str, form: &str) -> Reply {
    let call = api.anonymous("POST", "/oauth/token").header("authorization", authorization);
    call.text(FORM, form.to_owned()).send().await
}

/// Checks that the call was refused so, as OAuth has it; gives the faults.
#[track_caller]
fn refused(reply: &Reply, status: u16, word: &str) -> Vec<(String, String)> {
    let body = reply.json();
    assert_eq!((reply.status.as_u16(), body["error"].as_str()), (status, Some(word)), "{body}");
    assert!(body["error_description"].as_str().is_some_and(|said| !said.is_empty()), "{body}");
    assert_eq!(body["requestId"].as_str(), reply.header("x-request-id"));
    assert_eq!(body.get("message"), None);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let fields = body["fields"].as_array().into_iter().flatten();
    fields.map(|fault| (text(&fault["pointer"]), text(&fault["code"]))).collect()
}

fn one(pointer: &str, code: &str) -> Vec<(String, String)> {
    crate::api::faults(&[(pointer, code)])
}

#[tokio::test]
async fn the_fields_of_a_form_become_texts() {
    let api = api().await;
    for path in ["/oauth/token", "/token"] {
        let call = api.anonymous("POST", path);
        let reply = call.text(FORM, "grant_type=a+b%2Bc&scope=1&client_id=true").send().await;
        assert_eq!(reply.status, StatusCode::OK);
        let seen = json!({ "grant_type": "a b+c", "scope": "1", "client_id": "true" });
        assert_eq!(reply.json()["seen"], seen);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
    let typed = api.anonymous("POST", "/token").text(&format!("{FORM}; charset=UTF-8"), "grant_type=a");
    assert_eq!(typed.send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_empty_is_absent_and_what_is_unknown_is_ignored_however_often_it_comes() {
    let api = api().await;
    let reply = post(&api, "scope=&grant_type=a&scope=b&audience=x&audience=y&=z&client_id").await;
    assert_eq!(reply.json()["seen"], json!({ "grant_type": "a", "scope": "b" }));
    assert_eq!(
        refused(&post(&api, "grant_type=").await, 400, "invalid_request"),
        one("/grant_type", "required")
    );
}

#[tokio::test]
async fn a_field_that_comes_twice_is_refused_and_so_is_a_fault_of_its_encoding() {
    let api = api().await;
    let twice = post(&api, "grant_type=a&scope=x&scope=x").await;
    assert_eq!(refused(&twice, 400, "invalid_request"), one("/scope", "duplicate_key"));
    let broken = post(&api, "grant_type=%zz").await;
    assert_eq!(refused(&broken, 400, "invalid_request"), one("/grant_type", "invalid_encoding"));
    let raw = api.anonymous("POST", "/token").text(FORM, b"grant_type=\xff".to_vec()).send().await;
    refused(&raw, 400, "invalid_request");
}

#[tokio::test]
async fn parameters_in_the_address_are_not_looked_at() {
    let api = api().await;
    let call = api.anonymous("POST", "/oauth/token?grant_type=b&client_secret=s&%zz");
    let reply = call.text(FORM, "grant_type=a").send().await;
    assert_eq!(reply.json()["seen"], json!({ "grant_type": "a" }));
    let reply = api.anonymous("POST", "/oauth/token?grant_type=b").send().await;
    assert_eq!(refused(&reply, 400, "invalid_request"), one("/grant_type", "required"));
}

#[tokio::test]
async fn another_type_of_body_is_refused_and_so_is_a_large_one() {
    let api = api().await;
    for sent in ["application/json", "text/plain", "application/x-www-form-urlencoded; charset=latin1"] {
        let reply = api.anonymous("POST", "/oauth/token").text(sent, "grant_type=a").send().await;
        refused(&reply, 415, "invalid_request");
    }
    refused(&api.anonymous("POST", "/oauth/token").body("grant_type=a").send().await, 415, "invalid_request");
    refused(&post(&api, &format!("grant_type={}", "x".repeat(5_000))).await, 413, "invalid_request");
}

#[tokio::test]
async fn a_client_shows_itself_in_the_header_form_urlencoded() {
    let api = api().await;
    // https%3A%2F%2Fa.example%2Fc:p%25+w%3A
    let basic = "Basic aHR0cHMlM0ElMkYlMkZhLmV4YW1wbGUlMkZjOnAlMjUrdyUzQQ==";
    let seen = json!({ "grant_type": "a", "client_id": "https://a.example/c", "client_secret": "p% w:" });
    assert_eq!(shown(&api, basic, "grant_type=a").await.json()["seen"], seen);
    let unpadded = basic.trim_end_matches('=').replace("Basic", "bAsIc ");
    assert_eq!(shown(&api, &unpadded, "grant_type=a").await.json()["seen"], seen);
    let same = "grant_type=a&client_id=https%3A%2F%2Fa.example%2Fc&client_secret=p%25+w%3A";
    assert_eq!(shown(&api, basic, same).await.json()["seen"], seen);
    // id:
    let seen = json!({ "grant_type": "a", "client_id": "id" });
    assert_eq!(shown(&api, "Basic aWQ6", "grant_type=a").await.json()["seen"], seen);
}

#[tokio::test]
async fn a_header_and_a_form_that_contradict_each_other_are_refused() {
    let api = api().await;
    // id:secret
    let basic = "Basic aWQ6c2VjcmV0";
    let reply = shown(&api, basic, "grant_type=a&client_id=other&client_secret=secret").await;
    assert_eq!(refused(&reply, 400, "invalid_request"), one("/client_id", "contradiction"));
    let reply = shown(&api, basic, "grant_type=a&client_id=id&client_secret=other").await;
    assert_eq!(refused(&reply, 400, "invalid_request"), one("/client_secret", "contradiction"));
    let call = api.anonymous("POST", "/oauth/token").header("authorization", basic);
    let twice = call.header("authorization", "Basic aWQ6b3RoZXI=").text(FORM, "grant_type=a").send().await;
    refused(&twice, 400, "invalid_request");
}

#[tokio::test]
async fn a_malformed_header_is_an_invalid_client_and_one_of_another_scheme_is_ignored() {
    let api = api().await;
    // "id", ":secret", "%zz:s", bytes that are no text
    for credentials in ["", " ", " !", " aWQ=", " OnNlY3JldA==", " JXp6OnM=", " /zo="] {
        let reply = shown(&api, &format!("Basic{credentials}"), "grant_type=a").await;
        refused(&reply, 401, "invalid_client");
        assert_eq!(reply.header("www-authenticate"), Some("Basic realm=\"link-platform\""), "{credentials}");
    }
    for other in ["Bearer x", "Bearer patv1_nonsense", "Digest y", ""] {
        assert_eq!(shown(&api, other, "grant_type=a").await.status, StatusCode::OK, "{other}");
    }
}

#[tokio::test]
async fn refusals_have_the_words_of_oauth_and_the_status_that_they_have_everywhere() {
    let api = api().await;
    for (code, status, word) in [
        ("invalid_client", 401, "invalid_client"),
        ("invalid_grant", 400, "invalid_grant"),
        ("authorization_pending", 400, "authorization_pending"),
        ("conflict", 409, "invalid_request"),
        ("invalid_payload", 400, "invalid_request"),
        ("rate_limited", 429, "temporarily_unavailable"),
        ("service_unavailable", 503, "temporarily_unavailable"),
        ("internal_error", 500, "server_error"),
    ] {
        let reply = post(&api, &format!("grant_type={code}")).await;
        assert!(refused(&reply, status, word).is_empty());
        assert_eq!(reply.json()["error_description"], "not 'this' time");
        assert_eq!(reply.header("www-authenticate").is_some(), status == 401, "{code}");
    }
}

#[tokio::test]
async fn a_lenient_row_drops_what_it_does_not_know_and_says_what_is_wrong_with_the_rest() {
    let api = api().await;
    let register = |body: Value| api.anonymous("POST", "/oauth/register?utm_source=x").json(body);
    let body = json!({
        "redirect_uris": ["https://a.example/cb"], "client_name#de": "Hallo", "jwks": { "keys": [] }, "handle": 1,
    });
    let reply = register(body).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    assert_eq!(
        reply.json()["seen"],
        json!({ "redirect_uris": ["https://a.example/cb"], "client_name": null })
    );
    let reply = register(json!({ "redirect_uris": "x", "software_id": 1 })).await;
    assert_eq!(refused(&reply, 400, "invalid_client_metadata"), one("/redirect_uris", "wrong_type"));
    let broken = api.anonymous("POST", "/oauth/register").text("application/json", "{").send().await;
    refused(&broken, 400, "invalid_client_metadata");
}

#[tokio::test]
async fn an_empty_body_lacks_what_is_demanded() {
    let api = api().await;
    let reply = api.anonymous("POST", "/oauth/token").send().await;
    assert_eq!(refused(&reply, 400, "invalid_request"), one("/grant_type", "required"));
}
