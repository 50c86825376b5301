//! Makes a short link in memory and follows it.

use std::error::Error;

use link_platform::links::{self, LinkFields, Slug, UpsertLink, WebUrl};
use link_platform::{Bootstrap, Caller, Handle, Platform};

const DESTINATION: &str = "https://example.com/launch";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let platform = Platform::builder().in_memory().public_domain("links.example.com").build().await?;
    let account = Bootstrap::new("owner@example.com", "correct horse", "hello");
    let handle = platform.bootstrap(account).await?.handle;
    let caller = Caller::operator().on(&handle);

    let fields = LinkFields::to(WebUrl::parse(DESTINATION)?);
    let link = UpsertLink::new(Slug::parse("launch")?, fields);
    let link = platform.run(&links::UPSERT, &caller, link).await?;
    let location = follow(&platform, &handle).await?;
    println!("{} leads to {location}", link.short_url);
    assert_eq!(location, DESTINATION);
    platform.stop().await;
    Ok(())
}

/// As a visitor.
#[cfg(feature = "edge")]
async fn follow(platform: &Platform, handle: &Handle) -> Result<String, Box<dyn Error>> {
    use link_platform::Body;
    use tower::ServiceExt;

    let visit = http::Request::get("/launch").body(Body::empty())?;
    let reply = platform.redirects(handle).oneshot(visit).await?;
    let location = reply.headers().get(http::header::LOCATION).ok_or("a redirect says where")?;
    Ok(location.to_str()?.to_owned())
}

/// As somebody who asks where a visitor would be sent.
#[cfg(not(feature = "edge"))]
async fn follow(platform: &Platform, handle: &Handle) -> Result<String, Box<dyn Error>> {
    let visit =
        links::PreviewRoute { slug: Slug::parse("launch")?.into(), payload: links::Conditions::default() };
    let preview = platform.run(&links::ROUTE_PREVIEW, &Caller::operator().on(handle), visit).await?;
    Ok(preview.resolved_url.ok_or("it leads somewhere")?)
}
