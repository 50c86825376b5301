//! Whole requests to the platform, as text: `METHOD target`, header lines, an empty line, the body.
//!
//! A line `peer: ADDRESS` among the headers is none: it says who is at the other end of the connection. Nobody has a
//! credential, so nothing is written and no destination is ever asked.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::body::Body;
use http::header::{HOST, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::BodyExt;
use link_platform::{
    Accepts, Bootstrap, Builder, Config, Credential, Peer, Platform, PlatformService, Request as Call,
    Surface,
};
use lp_core::text::is_request_id;
use serde_json::{Value, json};
use tower::ServiceExt;
use url::Url;

use crate::stage::Stage;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What only a trusted proxy may say.
const FORWARDED: [&str; 2] = ["x-forwarded-for", "x-forwarded-host"];

thread_local! {
    static STAGE: Stage<(Platform, PlatformService)> = Stage::new(50_000, || Box::pin(async {
        let platform = platform().await;
        let service = platform.service();
        (platform, service)
    }));
}

/// A request in the making.
struct Sent {
    peer: IpAddr,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What came back.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

pub fn check(data: &[u8]) {
    let Some(sent) = read(data) else { return };
    STAGE.with(|stage| {
        stage.run(async |(_, platform)| {
            let answer = ask(platform, &sent, &sent.headers).await;
            judge(&sent, &answer);
            believes_only_proxies(platform, &sent, answer).await;
        });
    });
}

async fn platform() -> Platform {
    let mut config = Config::in_memory(8080);
    config.limits = None;
    config.trusted_proxies = vec!["10.0.0.0/8".parse().expect("a network")];
    let platform = Builder::from(config).open().await.expect("a platform in memory");
    let wanted = Bootstrap::new("owner@example.com", "correct horse", "hello");
    let made = platform.bootstrap(wanted).await.expect("an account");
    for (slug, mode, enabled) in
        [("launch", "append", true), ("over", "override", true), ("off", "off", false)]
    {
        let payload = json!({ "destinationUrl": "https://example.com/a?b=c#d", "queryPassThrough": mode, "enabled": enabled, "appendContext": false });
        let Value::Object(arguments) = json!({ "slug": slug, "payload": payload }) else { continue };
        let call = Call {
            operation: "links_upsert".to_owned(),
            arguments,
            bound: Some("hello".to_owned()),
            credential: Credential::Bearer(made.pat.clone().expect("a token")),
            accepts: Accepts::Pat,
            surface: Surface::Embedded,
            request_id: "fuzz".to_owned(),
            idempotency_key: None,
            address: None,
        };
        platform.application().call(call).await.result.expect("a link");
    }
    platform
}

fn read(data: &[u8]) -> Option<Sent> {
    let (head, body) = match data.windows(2).position(|two| two == b"\n\n") {
        Some(at) => (&data[..at], &data[at + 2..]),
        None => (data, &[][..]),
    };
    let mut lines = head.split(|byte| *byte == b'\n');
    let (method, target) = str::from_utf8(lines.next()?).ok()?.split_once(' ')?;
    let mut peer = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
    let mut headers = HeaderMap::new();
    for line in lines {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (name, value) = (str::from_utf8(&line[..colon]).ok()?, line[colon + 1..].trim_ascii());
        if name == "peer" {
            peer = str::from_utf8(value).ok()?.parse().ok()?;
        } else {
            headers.append(HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(value).ok()?);
        }
    }
    let (method, uri) = (Method::try_from(method).ok()?, target.parse().ok()?);
    Some(Sent { peer, method, uri, headers, body: body.to_vec() })
}

async fn ask(platform: &PlatformService, sent: &Sent, headers: &HeaderMap) -> Answer {
    let mut request = Request::new(Body::from(sent.body.clone()));
    *request.method_mut() = sent.method.clone();
    *request.uri_mut() = sent.uri.clone();
    *request.headers_mut() = headers.clone();
    request.extensions_mut().insert(Peer(SocketAddr::new(sent.peer, 4711)));
    let reply = platform.clone().oneshot(request).await.expect("services do not fail");
    let (head, body) = reply.into_parts();
    let body = body.collect().await.expect("the body is whole").to_bytes().to_vec();
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

/// Nothing fails on our side, every reply says what it is called, and redirects lead where the link does.
fn judge(sent: &Sent, answer: &Answer) {
    assert!((200..500).contains(&answer.status), "{answer:?}");
    let id = answer.headers.get(&REQUEST_ID).and_then(|id| id.to_str().ok()).expect("every reply has a name");
    assert!(is_request_id(id), "{id}");
    let own = sent.headers.get(&REQUEST_ID).and_then(|id| id.to_str().ok()).filter(|id| is_request_id(id));
    assert!(own.is_none_or(|own| own == id), "the caller's own name is kept");
    assert!(sent.method != Method::HEAD || answer.body.is_empty());
    if let Some(location) = answer.headers.get(LOCATION) {
        let location = location.to_str().expect("plain text");
        // Pages lead to pages of the same host.
        let page = answer.status == 303 && location.starts_with('/') && !location.starts_with("//");
        assert!(answer.status == 302 || page, "{answer:?}");
        if location != "/v2/docs" && !page {
            let there = Url::parse(location).expect("an address");
            assert_eq!(
                (there.host_str(), there.path(), there.fragment()),
                (Some("example.com"), "/a", Some("d"))
            );
            assert!(matches!(sent.method, Method::GET | Method::HEAD));
        }
    }
    let told = answer.status == 200 && answer.body.starts_with(b"# ");
    if told && sent.uri.path() == "/metrics" {
        assert!(trusts(sent.peer) || sent.peer.to_canonical().is_loopback(), "metrics are told inside only");
    }
}

/// What somebody who is no proxy says of others changes nothing; and of what a proxy says only the last word counts.
async fn believes_only_proxies(platform: &PlatformService, sent: &Sent, answer: Answer) {
    if trusts(sent.peer) || !FORWARDED.iter().any(|name| sent.headers.contains_key(*name)) {
        return;
    }
    // That something was forwarded at all is taken as a sign that the machine itself did not ask.
    if sent.uri.path() == "/metrics"
        || !sent.headers.contains_key(REQUEST_ID)
        || !sent.headers.contains_key(HOST)
    {
        return;
    }
    let mut without = sent.headers.clone();
    for name in FORWARDED {
        without.remove(name);
    }
    let alone = ask(platform, sent, &without).await;
    assert_eq!((alone.status, alone.headers.get(LOCATION)), (answer.status, answer.headers.get(LOCATION)));
}

fn trusts(peer: IpAddr) -> bool {
    matches!(peer.to_canonical(), IpAddr::V4(v4) if v4.octets()[0] == 10)
}
