//! The store behind a whole platform: an operation makes a link, and a visitor follows it.

use std::sync::Arc;

use http::{Request, StatusCode};
use link_platform::links::{self, LinkFields, Slug, UpsertLink, WebUrl};
use link_platform::{Body, Bootstrap, Caller, Handle, Peer, Platform, Store};
use lp_ports::{AnalyticsReader, LinkReader};
use lp_testkit::without_context;
use memory_store::MemoryStore;
use tower::ServiceExt;

#[tokio::test]
async fn a_platform_on_this_store_makes_a_link_and_redirects_its_visitor() {
    let store = Arc::new(MemoryStore::new());
    let platform = Platform::builder().in_memory().store(Store::of(store.clone())).build().await;
    let platform = platform.expect("the platform starts");
    let made = platform.bootstrap(Bootstrap::new("me@example.com", "correct horse", "hello")).await;
    let hello = made.expect("the store is empty").handle;

    let destination_url = WebUrl::parse("https://example.com/there").expect("an address").into();
    let fields = LinkFields { destination_url, ..LinkFields::default() };
    let slug = Slug::parse("launch").expect("a slug");
    let wanted = UpsertLink { slug: slug.clone().into(), payload: fields, replace: false };
    let link = platform.run(&links::UPSERT, &Caller::operator().on(&hello), wanted).await;
    assert_eq!(link.expect("the link is made").short_url, "http://hello.localhost:8080/launch");
    let slot = store.slot(&hello, &slug.key()).await.expect("the store reads");
    assert!(slot.live.is_some(), "the store holds what the operation made");

    assert_eq!(visit(&platform, "launch").await, (StatusCode::FOUND, "https://example.com/there".to_owned()));
    assert_eq!(visit(&platform, "nowhere").await.0, StatusCode::NOT_FOUND);

    // Stopping counts the last clicks.
    platform.stop().await;
    assert_eq!(clicks(&store, &hello).await, 1);
}

/// What a visitor of a slug is answered: the status, and where to go.
async fn visit(platform: &Platform, slug: &str) -> (StatusCode, String) {
    let request = Request::get(format!("/{slug}")).header("host", "hello.localhost:8080");
    let request = request.extension(Peer(([127, 0, 0, 1], 1).into())).body(Body::empty());
    let answered = platform.service().oneshot(request.expect("a request")).await;
    let response = answered.unwrap_or_else(|never| match never {});
    let location = response.headers().get("location").and_then(|value| value.to_str().ok());
    (response.status(), location.map(without_context).unwrap_or_default())
}

async fn clicks(store: &MemoryStore, handle: &Handle) -> u64 {
    let ever = lp_analytics::Range {
        from: lp_core::Timestamp::from_micros(0),
        to: lp_core::Timestamp::from_micros(i64::MAX),
    };
    store.totals(handle, ever, None).await.expect("the store reads").clicks
}
