//! Operations called with types: make, change, list, look at the history, roll back; and what a refusal looks like.
//!
//! `cargo run -p link-platform --example typed_operations`

#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use link_platform::links::{
    self, ChosenRevision, LinkFields, ListLinks, ListRevisions, OneLink, RollbackLink, Slug, Title,
    UpsertLink, WebUrl,
};
use link_platform::{Bootstrap, Caller, Code, Patch, Platform};

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn Error>> {
    let platform = Platform::builder().in_memory().build().await?;
    let made = platform.bootstrap(Bootstrap::new("owner@example.com", "correct horse", "hello")).await?;
    // As whoever holds this token, which knows its handle. `Caller::operator().on(&handle)` acts for the program itself.
    let owner = Caller::token(made.pat.ok_or("a new account has a token")?);
    let slug = Slug::parse("launch")?;

    // A key makes a repeat of the call harmless: it is answered like the first.
    let once = owner.clone().repeat_key("order-17");
    let fields = LinkFields {
        title: Title::parse("Launch")?.into(),
        ..LinkFields::to(WebUrl::parse("https://example.com/soon")?)
    };
    let wanted = UpsertLink::new(slug.clone(), fields);
    let link = platform.run(&links::UPSERT, &once, wanted.clone()).await?;
    let again = platform.run(&links::UPSERT, &once, wanted).await?;
    println!("made {} at revision {}, and not twice: {}", link.short_url, link.revision, again.revision);
    assert_eq!((link.revision, again.revision), (1, 1));

    // What is not named stays, `Patch::Null` clears.
    let fields =
        LinkFields { title: Patch::Null, ..LinkFields::to(WebUrl::parse("https://example.com/now")?) };
    let changed = UpsertLink::new(slug.clone(), fields);
    let changed = platform.run(&links::UPSERT, &owner, changed).await?;
    println!("changed: it leads to {}, its title is {:?}", changed.destination_url, changed.title);
    assert_eq!((changed.revision, changed.title), (2, None));

    let which = ListRevisions { slug: slug.clone().into(), limit: None, cursor: None };
    let history = platform.run(&links::HISTORY, &owner, which).await?;
    for revision in &history.revisions {
        println!("revision {}: {} by {}", revision.revision, revision.action, revision.actor);
    }
    assert_eq!(history.revisions.len(), 2);

    let first = RollbackLink { slug: slug.into(), payload: ChosenRevision { revision: 1 } };
    let restored = platform.run(&links::ROLLBACK, &owner, first).await?;
    let all = platform.run(&links::LIST, &owner, ListLinks::default()).await?;
    println!("rolled back: it leads to {} again; {} link in all", restored.destination_url, all.links.len());
    assert_eq!(restored.destination_url, "https://example.com/soon");
    assert_eq!(all.links.len(), 1);

    let missing = OneLink { slug: Slug::parse("nothing-here")?.into() };
    let refused = platform.run(&links::GET, &owner, missing).await.err().ok_or("there is no such link")?;
    println!("refused: {refused}");
    assert_eq!(refused.code, Code::NOT_FOUND);

    platform.stop().await;
    Ok(())
}
