//! A platform whose time is the program's: a clock of one's own, and what a link says of when it was made.
//!
//! `cargo run -p link-platform --example own_clock`

#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use link_platform::adapter::Clock;
use link_platform::adapter::core::Timestamp;
use link_platform::links::{self, LinkFields, Slug, UpsertLink, WebUrl};
use link_platform::{Bootstrap, Caller, Platform};

/// It is always the same moment. Calls against a limit would never be forgiven, so limits are off below.
struct Midnight;

impl Clock for Midnight {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_798_761_600_000)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let platform = Platform::builder().in_memory().clock(Arc::new(Midnight)).limits(None).build().await?;
    let account = Bootstrap::new("owner@example.com", "correct horse", "hello");
    let handle = platform.bootstrap(account).await?.handle;

    let fields = LinkFields::to(WebUrl::parse("https://example.com/new-year")?);
    let link = UpsertLink::new(Slug::parse("new-year")?, fields);
    let link = platform.run(&links::UPSERT, &Caller::operator().on(&handle), link).await?;

    println!("{} was made at {}", link.short_url, link.created_at);
    assert_eq!(link.created_at, "2027-01-01T00:00:00.000Z");
    platform.stop().await;
    Ok(())
}
