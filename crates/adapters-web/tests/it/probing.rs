//! What a probe calls what it meets.

use std::sync::Arc;
use std::time::Duration;

use lp_adapters_web::{Guard, Outbound, Policy, Timeouts, WebProber};
use lp_core::WebUrl;
use lp_ports::{HealthProbe, Probe, ProbeFault};

use crate::server::{INSIDE, Mute, Reply, Scripted, Server, redirect, status, text};

const OPEN: Policy = Policy { allow_private: true };

async fn probe(prober: &WebProber, url: &str) -> Probe {
    prober.probe(WebUrl::parse(url).expect("an address")).await
}

fn hasty() -> Timeouts {
    Timeouts { request: Duration::from_millis(50), ..Timeouts::default() }
}

#[tokio::test]
async fn a_healthy_destination_is_asked_once_and_for_its_head() {
    let server = Server::start(|_| status(204)).await;
    assert_eq!(probe(&WebProber::new(OPEN), &server.url("/page?q=1#part")).await, Probe::Answered(204));
    assert_eq!(server.lines(), ["HEAD /page?q=1 HTTP/1.1"]);
}

#[tokio::test]
async fn a_request_says_who_asks_and_carries_nothing_else() {
    let server =
        Server::start(|_| text("HTTP/1.1 404 No\r\nset-cookie: a=b\r\ncontent-length: 0\r\n\r\n")).await;
    assert_eq!(probe(&WebProber::new(OPEN), &server.url("/")).await, Probe::Answered(404));
    let heads = server.seen();
    assert_eq!(server.lines(), ["HEAD / HTTP/1.1", "GET / HTTP/1.1"]);
    for head in heads {
        let mut names: Vec<_> = head.lines().skip(1).filter_map(|line| line.split_once(": ")).collect();
        names.sort_unstable();
        let agent = concat!("LinkPlatform/", env!("CARGO_PKG_VERSION"), " (+health check)");
        let host = server.address.to_string();
        assert_eq!(names, [("accept", "*/*"), ("host", host.as_str()), ("user-agent", agent)]);
    }
}

#[tokio::test]
async fn a_server_that_dislikes_head_is_asked_as_a_browser_would() {
    for code in [400, 403, 404, 405, 501] {
        let server =
            Server::start(move |line| status(if line.starts_with("HEAD") { code } else { 200 })).await;
        assert_eq!(probe(&WebProber::new(OPEN), &server.url("/")).await, Probe::Answered(200), "{code}");
        assert_eq!(server.lines(), ["HEAD / HTTP/1.1", "GET / HTTP/1.1"], "{code}");
    }
}

#[tokio::test]
async fn a_server_that_breaks_off_at_head_is_asked_again() {
    let server = Server::start(|line| if line.starts_with("HEAD") { text("") } else { status(200) }).await;
    assert_eq!(probe(&WebProber::new(OPEN), &server.url("/")).await, Probe::Answered(200));
}

#[tokio::test]
async fn a_failing_destination_is_reported_with_its_status() {
    for code in [404, 410, 429, 500, 503] {
        let server = Server::start(move |_| status(code)).await;
        assert_eq!(probe(&WebProber::new(OPEN), &server.url("/")).await, Probe::Answered(code));
    }
}

#[tokio::test]
async fn a_body_is_not_waited_for() {
    let server = Server::start(|line| {
        if line.starts_with("HEAD") {
            status(405)
        } else {
            text("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n1")
        }
    })
    .await;
    assert_eq!(probe(&WebProber::new(OPEN), &server.url("/")).await, Probe::Answered(200));
}

#[tokio::test]
async fn a_silent_server_is_a_timeout() {
    let server = Server::start(|_| Reply::Silence).await;
    let prober = WebProber::over(Outbound::new(Guard::new(OPEN), hasty()));
    assert_eq!(probe(&prober, &server.url("/")).await, Probe::Failed(ProbeFault::Timeout));
}

#[tokio::test]
async fn all_attempts_together_have_a_limit() {
    let server = Server::start(|_| Reply::Silence).await;
    let timeouts = Timeouts { overall: Duration::from_millis(50), ..Timeouts::default() };
    let prober = WebProber::over(Outbound::new(Guard::new(OPEN), timeouts));
    assert_eq!(probe(&prober, &server.url("/")).await, Probe::Failed(ProbeFault::Timeout));
}

#[tokio::test]
async fn a_slow_name_server_is_a_timeout() {
    let guard = Guard::new(OPEN).with_lookup(Arc::new(Mute), Duration::from_millis(5));
    let prober = WebProber::over(Outbound::new(guard, Timeouts::default()));
    assert_eq!(probe(&prober, "http://example.com/").await, Probe::Failed(ProbeFault::Timeout));
}

#[tokio::test]
async fn an_unknown_name_is_unresolved() {
    let guard = Guard::new(OPEN).with_lookup(Scripted::new([]), Duration::from_secs(1));
    let prober = WebProber::over(Outbound::new(guard, Timeouts::default()));
    assert_eq!(probe(&prober, "http://example.com/").await, Probe::Failed(ProbeFault::Unresolved));
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let listener = std::net::TcpListener::bind((INSIDE, 0)).expect("a loopback port");
    let url = format!("http://{}/", listener.local_addr().expect("its address"));
    drop(listener);
    assert_eq!(probe(&WebProber::new(OPEN), &url).await, Probe::Failed(ProbeFault::Unreachable));
}

#[tokio::test]
async fn something_else_than_http_is_broken() {
    for garbage in
        ["SSH-2.0-OpenSSH_9.2\r\n", "", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nbad header\r\n\r\n"]
    {
        let server = Server::start(move |_| text(garbage)).await;
        assert_eq!(
            probe(&WebProber::new(OPEN), &server.url("/")).await,
            Probe::Failed(ProbeFault::Broken),
            "{garbage:?}"
        );
    }
}

#[tokio::test]
async fn a_server_without_tls_behind_https_is_insecure() {
    /// `handshake_failure`, as a TLS server says it.
    const ALERT: [u8; 7] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28];
    for answer in [ALERT.to_vec(), b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), Vec::new()] {
        let reply = answer.clone();
        let server = Server::start(move |_| Reply::Bytes(reply.clone())).await;
        let url = format!("https://{}/", server.address);
        assert_eq!(
            probe(&WebProber::new(OPEN), &url).await,
            Probe::Failed(ProbeFault::Insecure),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn without_leave_nothing_private_is_connected_to() {
    let server = Server::start(|_| status(200)).await;
    let port = server.address.port();
    let prober = WebProber::new(Policy::default());
    for host in [
        "127.0.0.1",
        "localhost",
        "foo.localhost",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "[64:ff9b::127.0.0.1]",
        "localhost.",
    ] {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{port}/");
            assert_eq!(probe(&prober, &url).await, Probe::Failed(ProbeFault::Forbidden), "{url}");
        }
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_public_name_with_a_private_address_is_not_connected_to() {
    let server = Server::start(|_| status(200)).await;
    let url = format!("http://example.com:{}/", server.address.port());
    for answer in [vec![INSIDE], vec!["93.184.216.34".parse().expect("public"), INSIDE]] {
        let guard =
            Guard::new(Policy::default()).with_lookup(Scripted::new([answer]), Duration::from_secs(1));
        let prober = WebProber::over(Outbound::new(guard, Timeouts::default()));
        assert_eq!(probe(&prober, &url).await, Probe::Failed(ProbeFault::Forbidden));
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_of_the_head_attempt_is_followed_by_the_next_attempt_too() {
    let server = Server::start(|line| match line {
        "HEAD /a HTTP/1.1" | "GET /a HTTP/1.1" => redirect(302, "/b"),
        "GET /b HTTP/1.1" => status(200),
        _ => status(405),
    })
    .await;
    assert_eq!(probe(&WebProber::new(OPEN), &server.url("/a")).await, Probe::Answered(200));
}
