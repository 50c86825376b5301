//! Redirects pass the guard like first requests; a canary sees no connection.

use std::net::SocketAddr;
use std::time::Duration;

use http::Method;
use lp_adapters_web::{Failure, Guard, Outbound, Policy, Refused, Timeouts};
use lp_core::WebUrl;

use crate::server::{FORBIDDEN, INSIDE, Reply, Scripted, Server, redirect, status};

fn open() -> Outbound {
    Outbound::new(Guard::new(Policy { allow_private: true }), Timeouts::default())
}

/// A strict guard for which one loopback address is the internet.
fn guarded() -> Guard {
    Guard::new(Policy::default()).with_addresses(|ip| ip == INSIDE)
}

async fn status_of(outbound: &Outbound, url: &str) -> Result<u16, Failure> {
    let url = WebUrl::parse(url).expect("an address");
    outbound.status(Method::HEAD, &url).await.map(|status| status.as_u16())
}

/// Answers `/n` with a redirect to `/n-1`, and `/0` with 200.
async fn countdown(code: u16) -> Server {
    Server::start(move |line| {
        let path = line.split(' ').nth(1).expect("a path");
        match path.trim_start_matches('/').parse::<u32>().expect("a number") {
            0 => status(200),
            left => redirect(code, &(left - 1).to_string()),
        }
    })
    .await
}

#[tokio::test]
async fn five_redirects_of_any_kind_are_followed_and_a_sixth_is_not() {
    for code in [301, 302, 303, 307, 308] {
        let server = countdown(code).await;
        assert_eq!(status_of(&open(), &server.url("/3")).await, Ok(200), "{code}");
        assert_eq!(status_of(&open(), &server.url("/5")).await, Ok(200), "{code}");
        assert_eq!(server.lines().len(), 4 + 6);
        assert_eq!(status_of(&open(), &server.url("/6")).await, Err(Failure::Redirects), "{code}");
        assert_eq!(server.lines().len(), 4 + 6 + 6);
    }
}

#[tokio::test]
async fn a_loop_ends() {
    let server = Server::start(|_| redirect(302, "/again")).await;
    assert_eq!(status_of(&open(), &server.url("/")).await, Err(Failure::Redirects));
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_a_fault_and_is_not_followed() {
    for location in [
        "",
        "http://",
        "ftp://example.com/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://u:p@example.com/",
    ] {
        let server = Server::start(
            move |line| if line.contains("/end") { status(200) } else { redirect(302, location) },
        )
        .await;
        let followed = status_of(&open(), &server.url("/start")).await;
        assert_eq!(followed, Err(Failure::Redirects), "{location}");
    }
    let server = Server::start(|_| status(301)).await;
    assert_eq!(status_of(&open(), &server.url("/")).await, Err(Failure::Redirects));
}

#[tokio::test]
async fn other_statuses_of_the_300s_are_answers() {
    for code in [300, 304] {
        let server = Server::start(move |_| redirect(code, "/elsewhere")).await;
        assert_eq!(status_of(&open(), &server.url("/")).await, Ok(code));
    }
}

#[tokio::test]
async fn a_redirect_to_a_forbidden_address_is_not_connected_to() {
    let canary = Server::canary(SocketAddr::new(FORBIDDEN, 0)).await;
    let port = canary.address.port();
    for code in [301, 302, 303, 307, 308] {
        for target in [
            format!("http://{FORBIDDEN}:{port}/"),
            format!("//127.2:{port}/"),
            format!("http://2130706434:{port}/"),
            format!("http://[::ffff:127.0.0.2]:{port}/"),
            format!("https://{FORBIDDEN}:{port}/"),
        ] {
            let location = target.clone();
            let server = Server::start(move |_| redirect(code, &location)).await;
            let outbound = Outbound::new(guarded(), Timeouts::default());
            let followed = status_of(&outbound, &server.url("/")).await;
            assert_eq!(followed, Err(Failure::Refused(Refused::Address)), "{code} {target}");
            assert_eq!(server.lines().len(), 1, "the first hop is allowed");
        }
    }
    assert!(canary.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_to_a_local_name_or_a_service_port_is_not_followed() {
    for (target, refused) in [
        ("http://localhost:8080/", Refused::Name),
        ("http://metadata.google.internal/", Refused::Name),
        ("http://127.0.0.1:22/", Refused::Port),
    ] {
        let server = Server::start(move |_| redirect(302, target)).await;
        let outbound = Outbound::new(guarded(), Timeouts::default());
        assert_eq!(status_of(&outbound, &server.url("/")).await, Err(Failure::Refused(refused)), "{target}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_address_between_requests_is_judged_each_time() {
    let server = Server::start(|_| redirect(302, "/again")).await;
    let port = server.address.port();
    let canary = Server::canary(SocketAddr::new(FORBIDDEN, port)).await;
    let lookup = Scripted::new([vec![INSIDE], vec![FORBIDDEN]]);
    let outbound =
        Outbound::new(guarded().with_lookup(lookup.clone(), Duration::from_secs(1)), Timeouts::default());

    let followed = status_of(&outbound, &format!("http://rebind.example:{port}/")).await;

    assert_eq!(followed, Err(Failure::Refused(Refused::Address)));
    assert_eq!(lookup.asked(), ["rebind.example", "rebind.example"]);
    assert_eq!(server.lines(), ["HEAD / HTTP/1.1"]);
    assert!(canary.seen().is_empty());
}

#[tokio::test]
async fn a_connection_goes_to_the_vetted_address_and_to_no_later_answer() {
    let server =
        Server::start(|_| Reply::KeepOpen(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec())).await;
    let port = server.address.port();
    let canary = Server::canary(SocketAddr::new(FORBIDDEN, port)).await;
    let lookup = Scripted::new([vec![INSIDE], vec![FORBIDDEN]]);
    let outbound =
        Outbound::new(guarded().with_lookup(lookup.clone(), Duration::from_secs(5)), Timeouts::default());
    let url = format!("http://rebind.example:{port}/");

    assert_eq!(status_of(&outbound, &url).await, Ok(200));
    assert_eq!(lookup.asked().len(), 1, "one question per connection");
    assert!(
        server.seen()[0].contains(&format!("host: rebind.example:{port}")),
        "the name stays in the request"
    );
    // The connection before is not used again: the second request asks and is refused.
    assert_eq!(status_of(&outbound, &url).await, Err(Failure::Refused(Refused::Address)));
    assert_eq!((server.lines().len(), canary.seen().len()), (1, 0));
}

#[tokio::test]
async fn a_redirect_to_another_host_resolves_that_host() {
    let second = Server::start(|_| status(204)).await;
    let target = format!("http://second.example:{}/x", second.address.port());
    let first = Server::start(move |_| redirect(307, &target)).await;
    let lookup = Scripted::new([vec![INSIDE]]);
    let outbound =
        Outbound::new(guarded().with_lookup(lookup.clone(), Duration::from_secs(1)), Timeouts::default());
    let url = format!("http://first.example:{}/", first.address.port());
    assert_eq!(status_of(&outbound, &url).await, Ok(204));
    assert_eq!(lookup.asked(), ["first.example", "second.example"]);
}
