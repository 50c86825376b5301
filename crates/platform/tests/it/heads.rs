//! What HEAD is answered, wherever it is sent.

use http::header::{CONTENT_LENGTH, HOST};
use http::{Method, Request, Response, StatusCode};
use link_platform::{Body, Peer, Platform};
use tower::ServiceExt;

async fn ask(platform: &Platform, method: Method, host: &str, path: &str) -> Response<Vec<u8>> {
    let request = Request::builder().method(method).uri(path).header(HOST, host);
    let request = request.extension(Peer(([127, 0, 0, 1], 1).into())).body(Body::empty());
    let answered = platform.service().oneshot(request.expect("a request")).await;
    let (head, body) = answered.unwrap_or_else(|never| match never {}).into_parts();
    let body = axum::body::to_bytes(body, 1_000_000).await.expect("a body");
    Response::from_parts(head, body.to_vec())
}

#[tokio::test]
async fn a_head_has_no_body_whatever_the_answer_is() {
    let platform = Platform::builder().in_memory().build().await.expect("a platform in memory");
    let hosts = [
        "localhost",
        "hello.localhost",
        "hello.mcp.localhost",
        "app.localhost",
        "elsewhere.example",
        "no host",
    ];
    let paths = [
        "/",
        "/nothing",
        "/_edge/no/thing",
        "/mcp",
        "/v2/docs",
        "/v2/nothing",
        "/v2/system/health",
        "/readyz",
    ];
    // What was looked up once is answered from memory.
    for host in hosts.iter().chain(&hosts) {
        for path in paths {
            let head = ask(&platform, Method::HEAD, host, path).await;
            assert!(head.body().is_empty(), "{host}{path}: {head:?}");
        }
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_head_says_how_long_the_answer_would_be() {
    let platform = Platform::builder().in_memory().build().await.expect("a platform in memory");
    for (host, path, status) in [
        ("elsewhere.example", "/", StatusCode::NOT_FOUND),
        ("localhost", "/healthz", StatusCode::OK),
        ("localhost", "/v2/docs", StatusCode::OK),
    ] {
        let whole = ask(&platform, Method::GET, host, path).await;
        let head = ask(&platform, Method::HEAD, host, path).await;
        assert_eq!((whole.status(), head.status()), (status, status), "{host}{path}");
        let length = head.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        assert_eq!(length, Some(&*whole.body().len().to_string()), "{host}{path}");
    }
    platform.stop().await;
}
