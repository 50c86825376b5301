//! What is fetched of a client's document, and what is not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use lp_adapters_web::{Guard, Outbound, Policy, Timeouts, WebDocuments};
use lp_core::WebUrl;
use lp_ports::{ClientDocument, ClientDocuments, DocumentFault};

use crate::server::{FORBIDDEN, INSIDE, Mute, Reply, Scripted, Server, redirect, status, text};

const OPEN: Policy = Policy { allow_private: true };
const STRICT: Policy = Policy { allow_private: false };

type Fetched = Result<ClientDocument, DocumentFault>;

async fn fetch(documents: &WebDocuments, url: &str) -> Fetched {
    documents.fetch(&WebUrl::parse(url).expect("an address")).await
}

fn json(headers: &str, body: &str) -> Reply {
    text(&format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{headers}\r\n{body}"))
}

/// What a server with this reply gives.
async fn given(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Fetched {
    let server = Server::start(move |_| reply()).await;
    fetch(&WebDocuments::new(OPEN), &server.url("/client.json")).await
}

#[tokio::test]
async fn a_document_is_fetched_as_it_is_and_once() {
    let server = Server::start(|_| json("content-length: 8\r\n", "{\"a\": 1}")).await;
    let document = fetch(&WebDocuments::new(OPEN), &server.url("/c.json?v=1")).await.expect("a document");
    assert_eq!((document.bytes.as_slice(), document.keep), (&b"{\"a\": 1}"[..], ClientDocument::USUAL));
    assert_eq!(server.lines(), ["GET /c.json?v=1 HTTP/1.1"]);
    let heads = server.seen();
    let mut names: Vec<_> = heads[0].lines().skip(1).filter_map(|line| line.split_once(": ")).collect();
    names.sort_unstable();
    let agent = concat!("LinkPlatform/", env!("CARGO_PKG_VERSION"), " (+OAuth client metadata)");
    let host = server.address.to_string();
    assert_eq!(names, [("accept", "application/json"), ("host", host.as_str()), ("user-agent", agent)]);
}

#[tokio::test]
async fn it_is_kept_as_long_as_its_server_says_within_bounds() {
    for (said, seconds) in [
        ("", 300),
        ("cache-control: max-age=600\r\n", 600),
        ("cache-control: max-age=5\r\n", 60),
        ("cache-control: no-store\r\n", 60),
        ("cache-control: max-age=31536000\r\n", 24 * 3_600),
    ] {
        let document = given(move || json(said, "{}")).await.expect("a document");
        assert_eq!(document.keep, Duration::from_secs(seconds), "{said}");
    }
}

#[tokio::test]
async fn every_other_status_is_told_and_no_redirect_is_followed() {
    for code in [201, 204, 304, 404, 410, 500] {
        assert_eq!(given(move || status(code)).await, Err(DocumentFault::Status(code)), "{code}");
    }
    let target = Server::start(|_| json("", "{}")).await;
    for code in [301, 302, 303, 307, 308] {
        let to = target.url("/elsewhere");
        assert_eq!(given(move || redirect(code, &to)).await, Err(DocumentFault::Status(code)), "{code}");
    }
    assert!(target.seen().is_empty());
}

#[tokio::test]
async fn what_is_not_called_json_is_not_taken() {
    for said in [
        "",
        "content-type: text/html\r\n",
        "content-type: text/json\r\n",
        "content-type: application/jsonp\r\n",
        "content-type: +json\r\n",
        "content-type: application/json\r\ncontent-type: text/html\r\n",
    ] {
        let reply = move || text(&format!("HTTP/1.1 200 OK\r\n{said}\r\n{{}}"));
        assert_eq!(given(reply).await, Err(DocumentFault::MediaType), "{said}");
    }
    for said in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.client+json"] {
        let reply = move || text(&format!("HTTP/1.1 200 OK\r\ncontent-type: {said}\r\n\r\n{{}}"));
        assert!(given(reply).await.is_ok(), "{said}");
    }
}

#[tokio::test]
async fn a_document_that_is_too_large_is_not_read_whether_it_says_so_or_not() {
    let most = ClientDocument::MOST;
    let exact = given(move || json("", &"x".repeat(most))).await.expect("just not too large");
    assert_eq!(exact.bytes.len(), most);
    assert_eq!(given(move || json("", &"x".repeat(most + 1))).await, Err(DocumentFault::TooLarge));
    let said = move || json(&format!("content-length: {}\r\n", most + 1), "");
    assert_eq!(given(said).await, Err(DocumentFault::TooLarge));
    let endless = || {
        let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
        Reply::KeepOpen(format!("{head}{piece}{piece}").into_bytes())
    };
    assert_eq!(given(endless).await, Err(DocumentFault::TooLarge));
}

#[tokio::test]
async fn a_server_that_is_silent_or_stops_half_way_is_a_timeout() {
    let hasty = Timeouts { overall: Duration::from_millis(50), ..Timeouts::default() };
    let silent = Server::start(|_| Reply::Silence).await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let stopping = Server::start(|_| Reply::KeepOpen(head.as_bytes().to_vec())).await;
    for server in [silent, stopping] {
        let documents = WebDocuments::over(Outbound::new(Guard::new(OPEN), hasty), OPEN);
        assert_eq!(fetch(&documents, &server.url("/")).await, Err(DocumentFault::Timeout));
    }
}

#[tokio::test]
async fn a_document_that_breaks_off_is_none() {
    let short = || json("content-length: 100\r\n", "{");
    assert_eq!(given(short).await, Err(DocumentFault::Broken));
    assert_eq!(given(|| text("SSH-2.0-OpenSSH_9.2\r\n")).await, Err(DocumentFault::Broken));
}

#[tokio::test]
async fn hosts_that_cannot_be_asked_are_told_apart() {
    let over = |guard: Guard| WebDocuments::over(Outbound::new(guard, Timeouts::default()), OPEN);
    let unknown = Guard::new(OPEN).with_lookup(Scripted::new([]), Duration::from_secs(1));
    assert_eq!(fetch(&over(unknown), "https://a.example/c").await, Err(DocumentFault::Unresolved));
    let slow = Guard::new(OPEN).with_lookup(Arc::new(Mute), Duration::from_millis(5));
    assert_eq!(fetch(&over(slow), "https://a.example/c").await, Err(DocumentFault::Timeout));
    let listener = std::net::TcpListener::bind((INSIDE, 0)).expect("a loopback port");
    let closed = format!("http://{}/", listener.local_addr().expect("its address"));
    drop(listener);
    assert_eq!(fetch(&WebDocuments::new(OPEN), &closed).await, Err(DocumentFault::Unreachable));
    let plain = Server::start(|_| status(400)).await;
    let url = format!("https://{}/", plain.address);
    assert_eq!(fetch(&WebDocuments::new(OPEN), &url).await, Err(DocumentFault::Insecure));
}

#[tokio::test]
async fn without_leave_it_must_be_https_and_nothing_private_is_connected_to() {
    let server = Server::start(|_| json("", "{}")).await;
    let port = server.address.port();
    let documents = WebDocuments::new(STRICT);
    for url in [
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://[::1]:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("http://example.com:{port}/"),
    ] {
        assert_eq!(fetch(&documents, &url).await, Err(DocumentFault::Forbidden), "{url}");
    }
    // Even where the address is one that may be asked.
    let guard = Guard::new(STRICT).with_addresses(|ip| ip == INSIDE);
    let documents = WebDocuments::over(Outbound::new(guard, Timeouts::default()), STRICT);
    assert_eq!(fetch(&documents, &server.url("/")).await, Err(DocumentFault::Forbidden));
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_public_name_with_a_private_address_is_not_connected_to() {
    let server = Server::start(|_| json("", "{}")).await;
    let url = format!("https://client.example:{}/", server.address.port());
    for answer in [vec![INSIDE], vec!["93.184.216.34".parse().expect("public"), INSIDE]] {
        let guard = Guard::new(STRICT).with_lookup(Scripted::new([answer]), Duration::from_secs(1));
        let documents = WebDocuments::over(Outbound::new(guard, Timeouts::default()), STRICT);
        assert_eq!(fetch(&documents, &url).await, Err(DocumentFault::Forbidden));
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn the_connection_goes_to_the_vetted_address_and_to_no_later_answer() {
    let server = Server::start(|_| json("", "{}")).await;
    let port = server.address.port();
    let canary = Server::canary(SocketAddr::new(FORBIDDEN, port)).await;
    let lookup = Scripted::new([vec![INSIDE], vec![FORBIDDEN]]);
    let guard = Guard::new(OPEN)
        .with_addresses(|ip| ip == INSIDE)
        .with_lookup(lookup.clone(), Duration::from_secs(1));
    let documents = WebDocuments::over(Outbound::new(guard, Timeouts::default()), OPEN);
    let url = format!("http://rebind.example:{port}/");
    assert!(fetch(&documents, &url).await.is_ok());
    assert_eq!(lookup.asked().len(), 1, "one question per fetch");
    assert_eq!(fetch(&documents, &url).await, Err(DocumentFault::Forbidden));
    assert!(canary.seen().is_empty());
}

#[tokio::test]
async fn no_more_than_so_many_are_fetched_at_once() {
    let hasty = Timeouts { overall: Duration::from_millis(100), ..Timeouts::default() };
    let silent = Server::start(|_| Reply::Silence).await;
    let documents = WebDocuments::over(Outbound::new(Guard::new(OPEN), hasty), OPEN);
    let documents = documents.at_once(2, Duration::ZERO);
    let url = silent.url("/");
    let [first, second, third] = [(); 3].map(|()| fetch(&documents, &url));
    let ends = tokio::join!(first, second, third);
    let timeout = Err(DocumentFault::Timeout);
    assert_eq!(ends, (timeout.clone(), timeout.clone(), Err(DocumentFault::Busy)));
    assert_eq!(fetch(&documents, &url).await, timeout, "a place is free again");
}
