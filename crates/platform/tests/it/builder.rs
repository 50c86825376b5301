use std::sync::Arc;

use link_platform::links::{self, LinkFields, OneLink, Slug, UpsertLink, WebUrl};
use link_platform::{Bootstrap, Builder, Caller, Database, Platform, PublicUrls, StartError, Store};

fn faults(refused: Result<Platform, StartError>) -> Vec<String> {
    match refused.err() {
        Some(StartError::Invalid(faults)) => faults,
        other => panic!("it should have been invalid: {other:?}"),
    }
}

fn launch() -> Slug {
    Slug::parse("launch").expect("a slug")
}

async fn make(platform: &Platform) -> Caller {
    let made = platform.bootstrap(Bootstrap::new("owner@example.com", "correct horse", "hello")).await;
    let caller = Caller::operator().on(&made.expect("an account").handle);
    let fields = LinkFields::to(WebUrl::parse("https://example.com/").expect("an address"));
    let link = UpsertLink::new(launch(), fields);
    platform.run(&links::UPSERT, &caller, link).await.expect("a link");
    caller
}

#[tokio::test]
async fn who_does_not_say_where_anything_is_kept_is_told_of_each() {
    let faults = faults(Platform::builder().public_domain("https://example.com").build().await);
    for start in ["the store ", "the click journal ", "the secret ", "'https://example.com' is not a domain"]
    {
        assert!(faults.iter().any(|fault| fault.starts_with(start)), "{start} in {faults:?}");
    }
    // Links would last, but clicks and the secret would be gone with the process.
    let url = "postgres://nowhere.invalid/links".to_owned();
    let database = Database::Postgres { url, connections: Database::CONNECTIONS };
    let faults = self::faults(Platform::builder().database(database).build().await);
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[tokio::test]
async fn what_contradicts_itself_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let twice = Platform::builder()
        .in_memory()
        .data_dir(folder.path())
        .store(Store::of(Arc::new(lp_adapters_sqlite::SqliteStore::in_memory().await.expect("a store"))))
        .database(Database::Memory)
        .public_urls(PublicUrls {
            api: "ai.example.com".to_owned(),
            ..PublicUrls::below("example.com", None)
        });
    let faults = faults(twice.build().await);
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("it reads").count(), 0, "nothing was made");
}

#[tokio::test]
async fn a_folder_keeps_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let platform = Platform::builder().data_dir(folder.path()).build().await.expect("a platform");
    let caller = make(&platform).await;
    platform.stop().await;
    let platform = Platform::builder().data_dir(folder.path()).build().await.expect("it is there again");
    let which = OneLink { slug: launch().into() };
    let link = platform.run(&links::GET, &caller, which).await.expect("the link is there still");
    assert_eq!(link.short_url, "http://hello.localhost:8080/launch");
    platform.stop().await;
}

#[tokio::test]
async fn a_store_of_the_programs_own_holds_the_links_and_is_closed_at_the_end() {
    let closed = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let noted = closed.clone();
    let own = lp_adapters_sqlite::SqliteStore::in_memory().await.expect("a store");
    let store = Store::of(Arc::new(own)).on_close(move || {
        noted.store(true, std::sync::atomic::Ordering::SeqCst);
        async {}
    });
    let reader = store.links.clone();
    let builder: Builder = Platform::builder().in_memory().store(store).public_domain("example.com");
    let platform = builder.build().await.expect("a platform");
    let caller = make(&platform).await;
    let handle = link_platform::Handle::parse("hello").expect("a handle");
    let slot = reader.slot(&handle, &launch().key()).await.expect("it answers");
    assert!(slot.live.is_some());
    let which = OneLink { slug: launch().into() };
    let link = platform.run(&links::GET, &caller, which).await.expect("it is there");
    assert_eq!(link.short_url, "https://hello.example.com/launch");
    platform.stop().await;
    assert!(closed.load(std::sync::atomic::Ordering::SeqCst));
}
