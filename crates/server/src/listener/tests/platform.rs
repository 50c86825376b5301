//! The platform itself behind the listener.

use link_platform::{Bootstrap, Platform};
use serde_json::Value;

use super::*;

#[tokio::test]
async fn a_body_that_trickles_is_told_so_by_every_surface() {
    let platform = Platform::builder().in_memory().build().await.expect("a platform in memory");
    let made = platform.bootstrap(Bootstrap::new("me@example.com", "correct horse", "hello")).await;
    let token = made.expect("an account").pat.expect("a token");
    let service = platform.service();
    let limits = Limits { body: Pace { window: SHORT, bytes: 100 }, ..patient() };
    let running = Running::serving(limits, None, move |peer| service.facing(peer)).await;
    for (request, content_type) in [
        ("PUT /v2/public/handles/hello/links/launch", "application/json"),
        ("POST /v2/public/handles/hello/links/bulk-import", "text/csv"),
        ("POST /mcp/hello/mcp", "application/json"),
    ] {
        let mut stream = running.connect().await;
        let head = format!(
            "{request} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: {content_type}\r\ncontent-length: 1000\r\n\r\n{{"
        );
        send(&mut stream, &head).await;
        let reply = rest(&mut stream).await.expect("it is closed");
        let reply = String::from_utf8_lossy(&reply);
        let (head, body) = reply.split_once("\r\n\r\n").expect("an answer");
        assert!(head.starts_with("HTTP/1.1 408 "), "{request}: {reply}");
        let body: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body["error"], "request_timeout", "{request}: {reply}");
        assert!(body["requestId"].is_string(), "{request}: {reply}");
    }
    assert_eq!(running.counts.of(Cut::ShedBody), 3);
    running.stop().await;
    platform.stop().await;
}
