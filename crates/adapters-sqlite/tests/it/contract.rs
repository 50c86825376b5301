use std::sync::Arc;

use lp_adapters_sqlite::SqliteStore;
use lp_ports::ChangeLog;
use lp_testkit::{Author, Store, contract, fixtures, model};
use proptest::prelude::ProptestConfig;
use proptest::test_runner::TestRunner;
use tokio::runtime::Runtime;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_in_memory_keeps_the_contract() {
    contract::run(async || {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().await.expect("the store opens"));
        store
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_on_disk_keeps_the_contract() {
    let folder = tempfile::tempdir().expect("a folder");
    let number = std::sync::atomic::AtomicU32::new(0);
    contract::run(async || {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let path = folder.path().join(format!("{number}.db"));
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).await.expect("the store opens"));
        store
    })
    .await;
}

#[test]
fn random_batches_come_to_what_the_model_says() {
    let runtime = Runtime::new().expect("a runtime");
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&model::steps(), |steps| {
        runtime.block_on(async {
            let store = Arc::new(SqliteStore::in_memory().await.expect("the store opens"));
            let since = store.position().await.expect("the position reads");
            let (answers, end) = model::expect(&Author::new(store.clone()), &steps);
            let answered = model::apply(store.clone(), &steps).await;
            let observed = model::observe(&*store, &fixtures::handle(), since).await;
            proptest::prop_assert_eq!(answered, answers);
            proptest::prop_assert_eq!(observed, end);
            Ok(())
        })
    });
    outcome.expect("store and model agree");
}
