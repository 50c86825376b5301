use std::time::Duration;

use futures_util::future::join_all;
use lp_access::Rate;
use lp_ports::Counters;

use crate::database::Database;

/// So slow that a test sees nothing come back.
const SLOW: Rate = Rate { per_second: 1, burst: 10_000 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_nodes_never_get_more_than_the_bucket_holds() {
    let Some(database) = Database::fresh().await else { return };
    let stores = [database.store().await, database.store().await];
    let rate = Rate { per_second: 1, burst: 100 };
    let takers = (0..8).map(|number| {
        let store = &stores[number % 2];
        async move {
            let mut granted = 0;
            for _ in 0..10 {
                granted += store.take("caller", rate, 7).await.expect("it takes").granted;
            }
            granted
        }
    });
    let granted: u32 = join_all(takers).await.into_iter().sum();
    // Seconds pass, and a call comes back with each.
    assert!((100..=130).contains(&granted), "{granted} were granted");
}

#[tokio::test]
async fn a_bucket_says_when_it_is_full_again() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let first = store.take("caller", SLOW, 60).await.expect("it takes");
    assert_eq!((first.granted, first.full_in), (60, Duration::from_mins(1)));
    let second = store.take("caller", SLOW, 60).await.expect("it takes");
    let about = Duration::from_secs(100)..=Duration::from_mins(2);
    assert!(second.granted == 60 && about.contains(&second.full_in), "{second:?}");
    let other = store.take("an\0other", SLOW, 1).await.expect("it takes");
    assert_eq!(other.full_in, Duration::from_secs(1), "callers have buckets of their own");
}

#[tokio::test]
async fn an_empty_bucket_grants_nothing_and_looking_takes_nothing() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let rate = Rate { per_second: 1, burst: 3 };
    assert_eq!(store.take("caller", rate, 0).await.expect("it looks").full_in, Duration::ZERO);
    assert_eq!(store.take("caller", rate, 9).await.expect("it takes").granted, 3);
    let empty = store.take("caller", rate, 1).await.expect("it looks");
    assert!(empty.granted == 0 && empty.full_in > Duration::ZERO, "{empty:?}");
}

#[tokio::test]
async fn only_full_buckets_are_forgotten() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    store.take("slow", SLOW, 9_000).await.expect("it takes");
    store.take("fast", Rate { per_second: 1_000_000, burst: 1 }, 1).await.expect("it takes");
    assert_eq!(store.forget_full().await.expect("it forgets"), 1);
    assert_eq!(store.take("slow", SLOW, 9_000).await.expect("it takes").granted, 1_000);
}
