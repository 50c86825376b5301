use std::net::{IpAddr, Ipv4Addr};

use http::StatusCode;
use lp_application::{Limits, Rate};
use lp_http_api::ClientAddr;
use lp_testkit::SandboxOptions;

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
