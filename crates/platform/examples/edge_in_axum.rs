//! The edge inside another axum application: its own routes, and below `/go` the short links of one handle.
//!
//! `cargo run -p link-platform --example edge_in_axum`

#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::{Request, StatusCode, header};
use link_platform::links::{self, LinkFields, Slug, UpsertLink, WebUrl};
use link_platform::{Bootstrap, Caller, Peer, Platform, analytics};
use tokio::time::interval;
use tower::ServiceExt;

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let platform = Platform::builder().in_memory().build().await?;
    let account = Bootstrap::new("owner@example.com", "correct horse", "hello");
    let handle = platform.bootstrap(account).await?.handle;
    let caller = Caller::operator().on(&handle);
    let fields = LinkFields::to(WebUrl::parse("https://example.com/launch")?);
    let link = UpsertLink::new(Slug::parse("launch")?, fields);
    platform.run(&links::UPSERT, &caller, link).await?;

    // The host application. `fallback_service(platform.service())` would add every surface instead, by host.
    let app = Router::new()
        .route("/about", get(async || "the host application's own page"))
        .nest_service("/go", platform.redirects(&handle));

    // A server puts the other end of each connection in; here the requests come without one.
    let peer = Peer(SocketAddr::from(([203, 0, 113, 7], 40_000)));
    let visit = |path: &str| Request::get(path).extension(peer).body(Body::empty());

    let about = app.clone().oneshot(visit("/about")?).await?;
    let about = to_bytes(about.into_body(), 1_000).await?;
    println!("GET /about      {}", String::from_utf8_lossy(&about));

    let redirect = app.clone().oneshot(visit("/go/launch?utm_source=mail")?).await?;
    let location = redirect.headers().get(header::LOCATION).ok_or("a redirect says where")?.to_str()?;
    println!("GET /go/launch  {} {location}", redirect.status());
    assert_eq!(redirect.status(), StatusCode::FOUND);
    // Behind it stands `ctx`, by which the page knows of the visit.
    assert!(location.starts_with("https://example.com/launch?utm_source=mail&ctx=ctx1."));

    let missing = app.oneshot(visit("/go/nothing")?).await?;
    println!("GET /go/nothing {}", missing.status());
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);

    let clicks = counted(&platform, &caller).await?;
    println!("clicks counted  {clicks}");
    assert_eq!(clicks, 1);
    platform.stop().await;
    Ok(())
}

/// Clicks are counted behind the redirect, within two seconds: asked ten times a second until one is.
async fn counted(platform: &Platform, caller: &Caller) -> Result<u64, Box<dyn Error>> {
    let mut turns = interval(Duration::from_millis(100));
    for _ in 0..100 {
        turns.tick().await;
        let counts = platform.run(&analytics::GET, caller, analytics::GetAnalytics::default()).await?;
        if counts.clicks > 0 {
            return Ok(counts.clicks);
        }
    }
    Ok(0)
}
