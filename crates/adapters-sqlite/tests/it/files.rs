use std::path::Path;
use std::sync::Arc;

use lp_adapters_sqlite::SqliteStore;
use lp_ports::{
    AccessReader, AuditReader, Change, ChangeLog, Changed, CommitError, Committer, CountsReader, LinkReader,
    StoreError, StoreHealth,
};
use lp_testkit::Author;
use lp_testkit::fixtures::{handle, household, key, owner, to, token};

async fn open(path: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(path).await.expect("the store opens"))
}

#[tokio::test]
async fn a_reopened_file_holds_what_was_committed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data/deep/link-platform.db");
    let store = open(&path).await;
    store.commit(household()).await.expect("the store is empty");
    let link = Author::new(store.clone()).put("launch", to("https://example.com")).await;
    let end = store.position().await.expect("reads");
    store.close().await;
    assert!(!path.with_extension("db-wal").exists(), "closing folds the log into the file");

    let store = open(&path).await;
    store.ping().await.expect("the schema is there once");
    assert_eq!(store.slot(&handle(), &key("launch")).await.expect("reads").live, Some(link));
    assert_eq!(store.account(&owner().email).await.expect("reads"), Some(owner()));
    assert_eq!(store.position().await.expect("reads"), end);
    let records = store.audit(&handle(), 0, 10).await.expect("reads");
    assert_eq!((records.len(), lp_access::verify(None, &records)), (2, Ok(())));
    assert_eq!(store.commit(Author::new(store.clone()).batch("look")).await.expect("writes").version, 2);
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_folder_and_file_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data/link-platform.db");
    let _store = open(&path).await;
    let mode = |path: &Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().expect("a parent")), 0o700);
    for name in ["link-platform.db", "link-platform.db-wal"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_others_commits_and_notes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("link-platform.db");
    let (serving, beside) = (open(&path).await, open(&path).await);
    let start = serving.position().await.expect("reads");
    beside.commit(household()).await.expect("the store is empty");
    let made = Author::new(beside.clone()).batch("tokens_create").change(Change::Token(token(5)));
    beside.commit(made).await.expect("writes");
    assert_eq!(serving.token(token(5).id).await.expect("reads"), Some(token(5)));
    let link = Author::new(serving.clone()).put("launch", to("https://example.com")).await;
    assert_eq!(beside.slot(&handle(), &key("launch")).await.expect("reads").live, Some(link));
    for store in [&serving, &beside] {
        let changes = store.changes(start, 100).await.expect("reads");
        let seen: Vec<_> = changes.notes.into_iter().map(|note| (note.version, note.changed)).collect();
        assert_eq!(seen, [(1, Changed::Access), (2, Changed::Access), (3, Changed::Link(key("launch")))]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_open_and_write_at_once_on_one_file_all_succeed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("link-platform.db");
    let stores = futures_util::future::join_all((0..4).map(|_| open(&path))).await;
    let mut batches = Vec::new();
    for number in 0..40 {
        let author = Author::new(stores[0].clone());
        let write = author.decide(&format!("slug-{number}"), to("https://example.com")).await;
        batches.push(author.batch("links_upsert").link(&write, author.event()));
    }
    let commits = (0..).zip(batches).map(|(number, batch)| stores[number % 4].commit(batch));
    for outcome in futures_util::future::join_all(commits).await {
        outcome.expect("writers wait for one another");
    }
    assert_eq!(stores[3].count(&handle()).await.expect("reads"), 40);
    let records = stores[2].audit(&handle(), 0, 100).await.expect("reads");
    assert_eq!((records.len(), lp_access::verify(None, &records)), (40, Ok(())));
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let folder = tempfile::tempdir().expect("a folder");
    for store in [open(&folder.path().join("one.db")).await, in_memory().await] {
        let clone = store.clone();
        store.close().await;
        store.close().await;
        assert!(matches!(
            clone.commit(household()).await,
            Err(CommitError::Store(StoreError::Unavailable(_)))
        ));
        assert!(matches!(clone.is_empty().await, Err(StoreError::Unavailable(_))));
        assert!(matches!(clone.ping().await, Err(StoreError::Unavailable(_))));
    }
}

#[tokio::test]
async fn closing_applies_what_was_handed_in_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("link-platform.db");
    let store = open(&path).await;
    let author = Author::new(store.clone());
    let mut batches = Vec::new();
    for number in 0..100 {
        let write = author.decide(&format!("slug-{number}"), to("https://example.com")).await;
        batches.push(author.batch("links_upsert").link(&write, author.event()));
    }
    let commits = futures_util::future::join_all(batches.into_iter().map(|batch| store.commit(batch)));
    let (outcomes, ()) = futures_util::future::join(commits, store.close()).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(open(&path).await.count(&handle()).await.expect("reads"), 100);
}

#[tokio::test]
async fn what_an_operator_can_do_something_about_is_said_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "x".repeat(8_192)).expect("the file is written");
    let Err(StoreError::Unavailable(why)) = SqliteStore::open(&path).await else { panic!("it opened") };
    assert!(why.to_string().contains("no SQLite database"), "{why}");
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_unavailable() {
    let folder = tempfile::tempdir().expect("a folder");
    let blocked = folder.path().join("a-file");
    std::fs::write(&blocked, "not a folder").expect("the file is written");
    for path in [blocked.join("link-platform.db"), blocked.clone(), folder.path().to_path_buf()] {
        assert!(
            matches!(SqliteStore::open(&path).await, Err(StoreError::Unavailable(_))),
            "{}",
            path.display()
        );
    }
}

/// What the first schema had, as an installation of that time left it.
const FIRST: &str = include_str!("../../migrations/0001_init.sql");

#[tokio::test]
async fn clicks_from_before_there_were_counts_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("old.db");
    old_database(&path).await;
    let store = open(&path).await;
    let days = store.countable_days().await.expect("reads");
    assert_eq!(days.len(), 1, "{days:?}");
    let counts = store.day_counts(&days[0].0, days[0].1).await.expect("reads");
    assert_eq!((counts.clicks, counts.derived.len()), (3, 8));
    assert_eq!(counts.stored, counts.derived);
}

/// A database of the first schema with three clicks of two slugs.
async fn old_database(path: &Path) {
    use sqlx::ConnectOptions;
    use sqlx::migrate::{Migration, MigrationType, Migrator};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.expect("it opens");
    let first =
        Migration::new(1, "init".into(), MigrationType::Simple, sqlx::SqlStr::from_static(FIRST), false);
    Migrator::with_migrations(vec![first]).run(&mut connection).await.expect("the first schema");
    for (id, slug, device) in [(1_u8, "launch", "BOT"), (2, "Launch", "MOBILE"), (3, "other", "BOT")] {
        sqlx::query(
            "INSERT INTO clicks (handle, at, id, link, slug, device, visitor, referrer) \
             VALUES ('hello', 1767225600000000, ?1, ?1, ?2, ?3, 7, '')",
        )
        .bind(vec![id; 16])
        .bind(slug)
        .bind(device)
        .execute(&mut connection)
        .await
        .expect("a click");
    }
    sqlx::Connection::close(connection).await.expect("it closes");
}

async fn in_memory() -> Arc<SqliteStore> {
    Arc::new(SqliteStore::in_memory().await.expect("the store opens"))
}
