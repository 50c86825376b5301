use std::sync::Arc;

use lp_adapters_postgres::PgStore;
use lp_ports::Counters;
use lp_testkit::model::{Observed, Outcome, Step};
use lp_testkit::{Author, Store, contract, embedded_store, fixtures, model};
use proptest::prelude::ProptestConfig;
use proptest::test_runner::TestRunner;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;

use crate::database::Database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_keeps_the_contract() {
    if Database::fresh().await.is_none() {
        return;
    }
    let before = Mutex::new(None);
    contract::run(async || {
        let store: Arc<dyn Store> = next(&before).await;
        store
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_buckets_keep_the_contract() {
    if Database::fresh().await.is_none() {
        return;
    }
    let before = Mutex::new(None);
    contract::run_cases(contract::COUNTERS, async || {
        let store: Arc<dyn Counters> = next(&before).await;
        store
    })
    .await;
}

/// A store for the next case. The one before it is over then: its connections go first.
async fn next(before: &Mutex<Option<(Arc<PgStore>, Database)>>) -> Arc<PgStore> {
    let over = before.lock().await.take();
    if let Some((store, _database)) = over {
        store.close().await;
    }
    let database = Database::fresh().await.expect("there is a server");
    let store = database.store().await;
    *before.lock().await = Some((store.clone(), database));
    store
}

#[test]
fn random_batches_come_to_what_the_model_says() {
    random_batches(32, &async |store, steps| {
        let (answers, end) = model::expect(&Author::new(store), steps);
        (answers, end)
    });
}

#[test]
fn random_batches_come_to_the_same_in_both_stores() {
    random_batches(32, &async |_, steps| outcome(embedded_store().await, steps).await);
}

/// Applies random batches, and holds what becomes of them against what should.
fn random_batches(cases: u32, expected: &impl AsyncFn(Arc<dyn Store>, &[Step]) -> (Vec<Outcome>, Observed)) {
    let runtime = Runtime::new().expect("a runtime");
    if runtime.block_on(Database::fresh()).is_none() {
        return;
    }
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let checked = TestRunner::new(config).run(&model::steps(), |steps| {
        runtime.block_on(async {
            let database = Database::fresh().await.expect("there is a server");
            let store = database.store().await;
            let wanted = expected(store.clone(), &steps).await;
            proptest::prop_assert_eq!(outcome(store.clone(), &steps).await, wanted);
            store.close().await;
            Ok(())
        })
    });
    checked.expect("they agree");
}

async fn outcome(store: Arc<dyn Store>, steps: &[Step]) -> (Vec<Outcome>, Observed) {
    let since = store.position().await.expect("the position reads");
    let answered = model::apply(Arc::clone(&store), steps).await;
    (answered, model::observe(&*store, &fixtures::handle(), since).await)
}
