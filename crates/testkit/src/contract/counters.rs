//! Time is the store's own here, so rates are chosen by which next to nothing, or everything, comes back meanwhile.

use std::sync::Arc;
use std::time::Duration;

use lp_access::Rate;
use lp_ports::{Counters, Taken};

use super::{RIVALS, heats, race};

/// So slow that a case sees next to nothing come back.
const SLOW: Rate = Rate { per_second: 1, burst: 10_000 };

async fn take(store: &dyn Counters, caller: &str, rate: Rate, wanted: u32) -> Taken {
    store.take(caller, rate, wanted).await.expect("the bucket should answer")
}

pub(super) async fn an_empty_bucket_grants_nothing(store: Arc<dyn Counters>) {
    let rate = Rate { per_second: 1, burst: 3_600 };
    assert_eq!(take(&*store, "caller", rate, 1).await.granted, 1);
    let rest = take(&*store, "caller", rate, 9_000).await.granted;
    assert!((3_599..=3_600).contains(&rest), "3,599 were left, and {rest} of 9,000 wanted were granted");
    let empty = take(&*store, "caller", rate, 9_000).await;
    // Seconds pass, and a call comes back with each.
    assert!(empty.granted < 60, "the bucket was empty, and {empty:?} was granted");
    assert!(empty.full_in > Duration::from_mins(50), "an hour is missing, not {empty:?}");
}

pub(super) async fn a_bucket_says_when_it_is_full_again(store: Arc<dyn Counters>) {
    assert_eq!(take(&*store, "caller", SLOW, 0).await.full_in, Duration::ZERO, "nobody took anything");
    let first = take(&*store, "caller", SLOW, 60).await;
    assert_eq!((first.granted, first.full_in), (60, Duration::from_mins(1)));
    let second = take(&*store, "caller", SLOW, 60).await;
    let about = Duration::from_mins(1)..=Duration::from_mins(2);
    assert!(second.granted == 60 && about.contains(&second.full_in), "about two minutes, not {second:?}");
    let looked = take(&*store, "caller", SLOW, 0).await;
    assert!(looked.granted == 0 && looked.full_in <= second.full_in, "only looked at, and yet {looked:?}");
}

pub(super) async fn callers_have_buckets_of_their_own(store: Arc<dyn Counters>) {
    take(&*store, "caller", SLOW, 9_000).await;
    for caller in ["Caller", "caller\0", "", "ca'ller\u{1f680}"] {
        let taken = take(&*store, caller, SLOW, 1).await;
        assert_eq!(taken, Taken { granted: 1, full_in: Duration::from_secs(1) }, "the bucket of {caller:?}");
    }
}

pub(super) async fn racing_takers_never_get_more_than_the_bucket_holds(store: Arc<dyn Counters>) {
    let rate = Rate { per_second: 1, burst: 1_000 };
    for heat in heats() {
        let take = |round: u64| {
            let store = Arc::clone(&store);
            async move { take(&*store, &format!("caller {round}"), rate, 700).await.granted }
        };
        let takers = (0..RIVALS).map(|_| heat.clone().map(take).collect());
        for granted in race(takers.collect()).await {
            let sum: u32 = granted.iter().sum();
            // Seconds may pass, and a call comes back with each.
            assert!((1_000..=1_060).contains(&sum), "the bucket held 1,000, and takers got {granted:?}");
        }
    }
}

pub(super) async fn only_full_buckets_are_forgotten(store: Arc<dyn Counters>) {
    take(&*store, "slow", SLOW, 9_000).await;
    take(&*store, "fast", Rate { per_second: 1_000_000, burst: 1 }, 1).await;
    let mut forgotten = 0;
    // The fast one is full after a microsecond.
    for _ in 0..20 {
        forgotten += store.forget_full().await.expect("should forget");
    }
    assert_eq!(forgotten, 1, "one bucket is full");
    let left = take(&*store, "slow", SLOW, 10_000).await.granted;
    assert!((1_000..=1_060).contains(&left), "1,000 were left in the other, not {left}");
}
