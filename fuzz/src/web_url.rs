//! Destinations: the first line of the input; the second is the query that a visitor brings.

use http::{HeaderValue, Uri};
use lp_core::{Handle, LinkId, Revision, Slug, Timestamp, WebUrl};
use lp_links::{Controls, Labels, Link, LinkParts, Position, QueryPassThrough, RedirectStatus};
use lp_personalization::{Decision, Policy, Visitor, compile};
use url::Url;
use uuid::Uuid;

pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let (text, query) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(url) = WebUrl::parse(text) else { return };
    kept(text, &url);
    let sent = format!("/launch?{query}").parse::<Uri>();
    let query =
        sent.as_ref().ok().and_then(Uri::query).filter(|query| query.bytes().all(|b| b.is_ascii_graphic()));
    for mode in [QueryPassThrough::Off, QueryPassThrough::Append, QueryPassThrough::Override] {
        sends(&url, query, mode);
    }
}

/// What is kept means what was typed, is safe in a header, and is kept as it is when it is read again.
fn kept(text: &str, url: &WebUrl) {
    let kept = url.as_str();
    assert!(kept.len() <= 4_096 && kept.bytes().all(|byte| byte.is_ascii_graphic()));
    assert_eq!(WebUrl::parse(kept).as_ref(), Ok(url));
    let (typed, meant) = (Url::parse(text).expect("it was read"), Url::parse(kept).expect("an address"));
    assert_eq!(typed, meant);
    assert!(matches!(meant.scheme(), "http" | "https"));
    assert!(meant.username().is_empty() && meant.password().is_none());
    assert!(meant.host_str().is_some_and(|host| !host.is_empty()));
}

/// A visitor is sent to the link's own host and path, whatever they bring, and with exactly the parameters of the mode.
fn sends(url: &WebUrl, query: Option<&str>, mode: QueryPassThrough) {
    let route = compile(&link(url, mode));
    let Decision::Redirect(redirect) = route.decide(Policy::none(), &Visitor::UNKNOWN) else {
        panic!("the link is switched on")
    };
    let location = redirect.location(query);
    assert!(HeaderValue::from_str(&location).is_ok());
    let (there, own) =
        (Url::parse(&location).expect("an address"), Url::parse(url.as_str()).expect("an address"));
    assert_eq!(
        (there.scheme(), there.host(), there.port(), there.path(), there.fragment()),
        (own.scheme(), own.host(), own.port(), own.path(), own.fragment())
    );
    let pairs = |query: Option<&str>| -> Vec<(String, String)> {
        url::form_urlencoded::parse(query.unwrap_or("").as_bytes()).into_owned().collect()
    };
    let (mut wanted, brought) = (pairs(own.query()), pairs(query));
    match mode {
        QueryPassThrough::Off => assert_eq!(location, url.as_str()),
        QueryPassThrough::Append => wanted.extend(brought),
        QueryPassThrough::Override => {
            wanted.retain(|(name, _)| !brought.iter().any(|(other, _)| other == name));
            wanted.extend(brought);
        }
    }
    assert_eq!(pairs(there.query()), wanted, "{location}");
}

fn link(url: &WebUrl, query: QueryPassThrough) -> Link {
    let at = Timestamp::from_millis(1_767_225_600_000);
    Link::restore(LinkParts {
        id: LinkId::new(Uuid::from_u128(1)),
        handle: Handle::parse("hello").expect("a handle"),
        slug: Slug::parse("launch").expect("a slug"),
        destination: url.clone(),
        title: None,
        description: None,
        tags: Labels::default(),
        categories: Labels::default(),
        enabled: true,
        position: Position::FIRST,
        redirect_status: RedirectStatus::Found,
        query,
        controls: Controls::default(),
        revision: Revision::FIRST,
        created_at: at,
        updated_at: at,
    })
    .expect("a whole link")
}
