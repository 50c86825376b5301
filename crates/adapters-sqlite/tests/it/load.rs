use std::sync::Arc;

use futures_util::future::join_all;
use lp_adapters_sqlite::SqliteStore;
use lp_ports::{AuditReader, Batch, Committer, EventReader, LinkReader};
use lp_testkit::Author;
use lp_testkit::fixtures::{handle, to};

async fn upserts(author: &Author, count: usize) -> Vec<Batch> {
    let mut batches = Vec::with_capacity(count);
    for number in 0..count {
        let write = author.decide(&format!("slug-{number}"), to("https://example.com/landing?x=1")).await;
        batches.push(author.batch("links_upsert").link(&write, author.event()));
    }
    batches
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_upserts_at_once_all_succeed() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(SqliteStore::open(&folder.path().join("load.db")).await.expect("the store opens"));
    let batches = upserts(&Author::new(store.clone()), 500).await;
    let outcomes = join_all(batches.into_iter().map(|batch| store.commit(batch))).await;
    let mut versions: Vec<_> =
        outcomes.into_iter().map(|outcome| outcome.expect("no conflict").version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=500).collect::<Vec<_>>());
    assert_eq!(store.count(&handle()).await.expect("reads"), 500);
    assert_eq!(store.events(&handle(), 0, 1_000).await.expect("reads").len(), 500);
    let records = store.audit(&handle(), 0, 1_000).await.expect("reads");
    assert_eq!((records.len(), lp_access::verify(None, &records)), (500, Ok(())));
}
