use std::net::{IpAddr, Ipv4Addr};

use http::StatusCode;
use lp_application::{Limits, PlanRules, Rate};
use lp_http_api::ClientAddr;
use lp_testkit::SandboxOptions;
use serde_json::json;

use crate::api::{Api, LINKS};

async fn limited() -> Api {
    let rate = Rate { per_second: 2, burst: 3 };
    let limits = Some(Limits { actor: rate, address: rate });
    Api::with(SandboxOptions { limits, ..SandboxOptions::default() }).await
}

#[tokio::test]
async fn replies_tell_what_is_left() {
    let api = limited().await;
    let reply = api.get(LINKS).await;
    assert_eq!(reply.header("ratelimit-policy"), Some("\"default\";q=3;w=2"));
    assert_eq!(reply.header("ratelimit"), Some("\"default\";r=2;t=1"));
    let refused = api.get(&format!("{LINKS}?limit=0")).await;
    assert_eq!(refused.header("ratelimit"), Some("\"default\";r=1;t=1"), "a faulty call counts");
}

#[tokio::test]
async fn too_many_calls_are_told_when_to_come_back() {
    let api = limited().await;
    for _ in 0..3 {
        assert_eq!(api.get(LINKS).await.status, StatusCode::OK);
    }
    let reply = api.get(LINKS).await;
    assert_eq!(reply.refused(429, "rate_limited")["retryAfterMs"], 500);
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(reply.header("ratelimit"), Some("\"default\";r=0;t=2"));
}

#[tokio::test]
async fn public_routes_are_limited_by_the_address_that_the_server_names() {
    let api = limited().await;
    let from = |last: u8| {
        let address = ClientAddr(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
        api.anonymous("GET", "/v2/system/health").extension(address).send()
    };
    for _ in 0..3 {
        assert_eq!(from(1).await.status, StatusCode::OK);
    }
    from(1).await.refused(429, "rate_limited");
    assert_eq!(from(2).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_limits_nothing_is_told_of_them() {
    let api = Api::new().await;
    let reply = api.get(LINKS).await;
    assert_eq!((reply.header("ratelimit"), reply.header("ratelimit-policy")), (None, None));
}

/// Signs the owner in; the account may write once a day.
async fn once_a_day(limits: Option<Limits>) -> (Api, String) {
    let plans = PlanRules { enterprise_writes: Some(1), ..PlanRules::default() };
    let api = Api::with(SandboxOptions { plans, limits, ..SandboxOptions::default() }).await;
    let signed_in = api.sandbox.sign_in().await;
    let jwt = format!("Bearer {}", signed_in["accessToken"].as_str().expect("a token"));
    (api, jwt)
}

#[tokio::test]
async fn no_writes_left_today_is_told_beside_the_bucket() {
    for (limits, bucket) in [(None, ""), (Some(Limits::default()), ", \"default\";q=2000;w=20")] {
        let (api, jwt) = once_a_day(limits).await;
        let put = async || {
            let call = api.anonymous("PUT", "/v2/handles/hello/links/one").header("authorization", &jwt);
            call.json(json!({ "destinationUrl": "https://example.com" })).await
        };
        assert_eq!(put().await.status, StatusCode::CREATED);
        let reply = put().await;
        let body = reply.refused(429, "rate_limited");
        assert_eq!(
            (&body["limits"], &body["usage"]["writesToday"]),
            (&json!({ "writesPerDay": 1 }), &json!(1))
        );
        assert_eq!(reply.header("retry-after"), Some("86400"));
        assert_eq!(reply.headers.get_all("ratelimit").iter().count(), 1);
        let policy = format!("\"writes\";q=1;w=86400{bucket}");
        assert_eq!(reply.header("ratelimit-policy"), Some(policy.as_str()));
        let state = reply.header("ratelimit").expect("what is left");
        assert!(state.starts_with("\"writes\";r=0;t=86400"), "{state}");
        assert_eq!(state.contains("\"default\";r="), !bucket.is_empty(), "{state}");
    }
}

#[tokio::test]
async fn too_many_attempts_to_sign_in_are_told_like_too_many_calls() {
    let api =
        Api::with(SandboxOptions { limits: Some(Limits::default()), ..SandboxOptions::default() }).await;
    let attempt = async || {
        let login = json!({ "email": "owner@example.com", "password": "guess" });
        let address = ClientAddr(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
        api.anonymous("POST", "/v2/auth/login").extension(address).json(login).await
    };
    for _ in 0..10 {
        attempt().await.refused(401, "invalid_credentials");
    }
    let reply = attempt().await;
    reply.refused(429, "rate_limited");
    assert_eq!(reply.header("ratelimit-policy"), Some("\"attempts\";q=10;w=600, \"default\";q=500;w=10"));
    let state = reply.header("ratelimit").expect("what is left");
    assert!(state.starts_with("\"attempts\";r=0;t=60, \"default\";r="), "{state}");
    assert_eq!(reply.header("retry-after"), Some("60"));
}
