//! Names, and what they resolve to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use lp_adapters_web::{Guard, Lookup, Policy, Refused};
use url::Url;

use crate::server::{INSIDE, Mute, Scripted};

const SECOND: Duration = Duration::from_secs(1);

fn url(text: &str) -> Url {
    Url::parse(text).expect("an address")
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn strict(lookup: Arc<dyn Lookup>) -> Guard {
    Guard::new(Policy::default()).with_lookup(lookup, SECOND)
}

#[tokio::test]
async fn a_local_name_is_refused_without_asking_for_it() {
    let lookup = Scripted::new([vec![ip("8.8.8.8")]]);
    let guard = strict(lookup.clone());
    for name in [
        "localhost",
        "LOCALHOST",
        "foo.localhost",
        "a.b.localhost",
        "metadata.google.internal",
        "db.internal",
        "printer.local",
        "intranet",
        "example.com.",
        "localhost.",
        "internal",
        "ｌｏｃａｌｈｏｓｔ",
    ] {
        let url = url(&format!("http://{name}/"));
        assert_eq!(guard.admit(&url), Err(Refused::Name), "{name}");
        assert_eq!(guard.vet(&url).await, Err(Refused::Name), "{name}");
    }
    assert!(lookup.asked().is_empty());
}

#[test]
fn an_ordinary_name_is_no_local_one() {
    let guard = Guard::new(Policy::default());
    for name in [
        "example.com",
        "localhost.example.com",
        "internal.example",
        "mylocal.test",
        "a.notlocal",
        "xn--bcher-kva.example",
    ] {
        assert_eq!(guard.admit(&url(&format!("https://{name}/"))), Ok(()), "{name}");
    }
}

#[test]
fn schemes_credentials_and_ports_of_other_protocols_are_refused() {
    let guard = Guard::new(Policy::default());
    for (text, refused) in [
        ("ftp://example.com/", Refused::Scheme),
        ("file:///etc/passwd", Refused::Scheme),
        ("gopher://example.com/", Refused::Scheme),
        ("http://user@example.com/", Refused::Credentials),
        ("http://:secret@example.com/", Refused::Credentials),
        ("http://example.com:22/", Refused::Port),
        ("http://example.com:25/", Refused::Port),
        ("https://8.8.8.8:53/", Refused::Port),
        ("http://example.com:0/", Refused::Port),
    ] {
        assert_eq!(guard.admit(&url(text)), Err(refused), "{text}");
    }
    for text in ["http://example.com:443/", "https://example.com:80/", "https://example.com:8443/"] {
        assert_eq!(guard.admit(&url(text)), Ok(()), "{text}");
    }
}

#[tokio::test]
async fn every_address_of_a_name_is_vetted() {
    let both = vec![ip("93.184.216.34"), ip("2606:2800:220:1::1")];
    let guard = strict(Scripted::new([both.clone()]));
    let expected: Vec<SocketAddr> = both.iter().map(|ip| SocketAddr::new(*ip, 443)).collect();
    assert_eq!(guard.vet(&url("https://example.com/")).await, Ok(expected));
}

#[tokio::test]
async fn one_forbidden_address_condemns_the_name_wherever_it_stands() {
    for answer in [
        vec![ip("93.184.216.34"), ip("127.0.0.1")],
        vec![ip("10.0.0.1"), ip("93.184.216.34")],
        vec![ip("93.184.216.34"), ip("::ffff:127.0.0.1")],
        vec![ip("64:ff9b::a9fe:a9fe")],
        vec![ip("::1")],
    ] {
        let guard = strict(Scripted::new([answer.clone()]));
        assert_eq!(guard.vet(&url("https://example.com/")).await, Err(Refused::Address), "{answer:?}");
    }
}

#[tokio::test]
async fn a_name_without_addresses_does_not_resolve() {
    for lookup in [Scripted::new([]), Scripted::new([Vec::new()])] {
        assert_eq!(strict(lookup).resolve("example.com").await, Err(Refused::Unresolved));
    }
}

#[tokio::test]
async fn a_name_server_that_does_not_answer_costs_no_more_than_the_budget() {
    let guard = Guard::new(Policy::default()).with_lookup(Arc::new(Mute), Duration::from_millis(5));
    assert_eq!(guard.resolve("example.com").await, Err(Refused::Slow));
}

#[tokio::test]
async fn a_literal_is_vetted_without_a_name_server() {
    let guard = strict(Arc::new(Mute));
    assert_eq!(guard.vet(&url("http://8.8.8.8:8080/")).await, Ok(vec![SocketAddr::new(ip("8.8.8.8"), 8080)]));
    assert_eq!(guard.vet(&url("http://[::1]:8080/")).await, Err(Refused::Address));
    assert_eq!(guard.resolve("127.0.0.1").await, Err(Refused::Address));
}

#[tokio::test]
async fn the_operator_can_allow_everything() {
    let guard = Guard::new(Policy { allow_private: true });
    assert_eq!(guard.vet(&url("http://127.0.0.1:25/")).await, Ok(vec![SocketAddr::new(INSIDE, 25)]));
    let found = guard.vet(&url("http://localhost:8080/")).await.expect("the system knows itself");
    assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 8080), "{found:?}");
    assert_eq!(guard.admit(&url("http://u:p@localhost/")), Err(Refused::Credentials));
}
