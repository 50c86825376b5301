use proptest::prelude::*;

use crate::api::{Api, LINKS, faults};

#[tokio::test]
async fn text_becomes_what_the_schema_takes() {
    let api = Api::new().await;
    assert!(api.get(&format!("{LINKS}?limit=1&q=a+b%26c")).await.status.is_success());
    for (query, code) in [
        ("limit=abc", "wrong_type"),
        ("limit=1.5", "wrong_type"),
        ("limit=", "wrong_type"),
        ("limit", "wrong_type"),
        ("limit=0", "too_small"),
        ("limit=501", "too_large"),
        ("limit=99999999999999999999", "wrong_type"),
    ] {
        let reply = api.get(&format!("{LINKS}?{query}")).await;
        assert_eq!(reply.faulty("validation_error"), faults(&[("/limit", code)]), "{query}");
    }
}

#[tokio::test]
async fn every_faulty_parameter_is_named_at_once() {
    let api = Api::new().await;
    let reply = api.get(&format!("{LINKS}?limit=abc&sort=up&tag=%0A")).await;
    let mut named = reply.faulty("validation_error");
    named.sort();
    assert_eq!(
        named,
        faults(&[("/limit", "wrong_type"), ("/sort", "unknown_field"), ("/tag", "invalid_text")])
    );
}

#[tokio::test]
async fn a_parameter_that_is_not_well_encoded_is_named() {
    let api = Api::new().await;
    let reply = api.get(&format!("{LINKS}?q=%ff&tag=%2&limit=5&%zz=1")).await;
    let expected = [("/q", "invalid_encoding"), ("/tag", "invalid_encoding"), ("/%zz", "invalid_encoding")];
    assert_eq!(reply.faulty("validation_error"), faults(&expected));
}

#[tokio::test]
async fn a_parameter_may_be_said_once_and_in_one_place() {
    let api = Api::new().await;
    let reply = api.get(&format!("{LINKS}?limit=1&limit=2")).await;
    assert_eq!(reply.faulty("validation_error"), faults(&[("/limit", "duplicate_key")]));
    let reply = api.get(&format!("{LINKS}/launch?slug=other")).await;
    assert_eq!(reply.faulty("validation_error"), faults(&[("/slug", "duplicate_key")]));
    let reply = api.call("PUT", &format!("{LINKS}/launch?payload=x")).json(serde_json::json!({})).await;
    assert_eq!(reply.faulty("validation_error"), faults(&[("/payload", "duplicate_key")]));
    let reply = api.call("POST", &format!("{LINKS}/bulk-import?contentType=text/csv"));
    let reply = reply.text("text/csv", "slug\n").send().await;
    assert_eq!(reply.faulty("validation_error"), faults(&[("/contentType", "duplicate_key")]));
}

#[tokio::test]
async fn another_handle_in_the_query_is_a_mismatch() {
    let api = Api::new().await;
    assert!(api.get(&format!("{LINKS}?handle=hello")).await.status.is_success());
    api.get(&format!("{LINKS}?handle=other")).await.refused(403, "handle_mismatch");
}

#[tokio::test]
async fn a_query_under_an_argument_is_named_as_it_was_sent() {
    let api = Api::new().await;
    let path = "/v2/public/handles/hello/analytics";
    assert_eq!(api.get(&format!("{path}?period=30d")).await.json()["period"], "30d");
    assert_eq!(api.get(path).await.json()["period"], "7d");
    let mut named = api.get(&format!("{path}?period=soon&query=x")).await.faulty("validation_error");
    named.sort();
    assert_eq!(named, faults(&[("/period", "invalid_period"), ("/query", "unknown_field")]));
    let slug = api.get(&format!("{path}?slug=a%20b")).await;
    assert_eq!(slug.faulty("invalid_slug"), faults(&[("/slug", "invalid_slug")]));
    assert!(slug.json()["message"].as_str().is_some_and(|text| text.starts_with("/slug: ")));
}

#[tokio::test]
async fn a_bad_cursor_is_refused_by_its_own_code() {
    let api = Api::new().await;
    for cursor in ["x", "bDEuLi4u", "%20", "r1", ""] {
        let reply = api.get(&format!("{LINKS}?cursor={cursor}")).await;
        assert_eq!(reply.faulty("invalid_cursor"), faults(&[("/cursor", "invalid_cursor")]), "{cursor}");
    }
}

#[test]
fn no_query_and_no_path_makes_it_fail() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let api = runtime.block_on(Api::new());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let parts = ("[!$%&'()*+,;=:@a-zA-Z0-9._~/-]{0,40}", "[!$%&'()*+,;=:@a-zA-Z0-9._~/?-]{0,60}");
    runner
        .run(&parts, |(path, query)| {
            let reply = runtime.block_on(api.get(&format!("{LINKS}/{path}?{query}&limit=1")));
            prop_assert!(reply.status.as_u16() < 500);
            prop_assert!(reply.header("x-request-id").is_some());
            Ok(())
        })
        .expect("every request is answered");
}
