use std::sync::Arc;

use lp_access::HandleRecord;
use lp_core::{Handle, LinkId};
use lp_ports::HandedOut;
use uuid::Uuid;

use super::{RIVALS, heats, race};
use crate::fixtures::{at, handle, handle_record, household, other_handle};
use crate::{Author, Store};

fn link(number: u64) -> LinkId {
    LinkId::new(Uuid::from_u128(number.into()))
}

async fn hand_out(store: &dyn Store, link: LinkId, limit: u32, wanted: u32) -> (u32, u32) {
    let out = store.hand_out(&handle(), link, limit, wanted).await;
    let HandedOut { granted, left } = out.expect("should hand out");
    (granted, left)
}

async fn take_back(store: &dyn Store, count: u32) {
    store.take_back(&handle(), link(1), count).await.expect("should take back");
}

async fn handed_out(store: &dyn Store, handle: &Handle, link: LinkId) -> u64 {
    store.handed_out(handle, link).await.expect("should answer")
}

pub(super) async fn no_more_is_handed_out_than_the_limit(store: Arc<dyn Store>) {
    assert_eq!(handed_out(&*store, &handle(), link(1)).await, 0, "nobody took anything");
    assert_eq!(hand_out(&*store, link(1), 10, 0).await, (0, 10));
    assert_eq!(hand_out(&*store, link(1), 10, 4).await, (4, 6));
    assert_eq!(hand_out(&*store, link(1), 10, 4).await, (4, 2));
    assert_eq!(hand_out(&*store, link(1), 10, 4).await, (2, 0));
    assert_eq!(hand_out(&*store, link(1), 10, 4).await, (0, 0));
    assert_eq!(hand_out(&*store, link(1), 10, 0).await, (0, 0));
    assert_eq!(handed_out(&*store, &handle(), link(1)).await, 10);
    let greatest = hand_out(&*store, link(2), u32::MAX, u32::MAX).await;
    assert_eq!(greatest, (u32::MAX, 0), "as many as there can be");
    assert_eq!(hand_out(&*store, link(3), 5, 9).await, (5, 0), "more than there are, at once");
}

pub(super) async fn another_limit_changes_what_is_left(store: Arc<dyn Store>) {
    assert_eq!(hand_out(&*store, link(1), 10, 7).await, (7, 3));
    assert_eq!(hand_out(&*store, link(1), 20, 7).await, (7, 6), "it was raised");
    assert_eq!(hand_out(&*store, link(1), 5, 7).await, (0, 0), "it was lowered below what is handed out");
    assert_eq!(hand_out(&*store, link(1), 15, 7).await, (1, 0));
    assert_eq!(handed_out(&*store, &handle(), link(1)).await, 15);
}

pub(super) async fn what_is_taken_back_is_handed_out_again(store: Arc<dyn Store>) {
    take_back(&*store, 3).await;
    assert_eq!(handed_out(&*store, &handle(), link(1)).await, 0, "nothing was handed out");
    hand_out(&*store, link(1), 10, 10).await;
    take_back(&*store, 3).await;
    assert_eq!(handed_out(&*store, &handle(), link(1)).await, 7);
    assert_eq!(hand_out(&*store, link(1), 10, 9).await, (3, 0));
    take_back(&*store, 99).await;
    assert_eq!(handed_out(&*store, &handle(), link(1)).await, 0, "below zero there is nothing");
    assert_eq!(hand_out(&*store, link(1), 10, 1).await, (1, 9));
}

pub(super) async fn links_have_budgets_of_their_own(store: Arc<dyn Store>) {
    hand_out(&*store, link(1), 10, 10).await;
    assert_eq!(hand_out(&*store, link(2), 10, 1).await, (1, 9));
    let theirs = store.hand_out(&other_handle(), link(1), 10, 2).await.expect("should hand out");
    assert_eq!((theirs.granted, theirs.left), (2, 8));
    store.take_back(&other_handle(), link(1), 1).await.expect("should take back");
    let all = [(handle(), link(1), 10), (handle(), link(2), 1), (other_handle(), link(1), 1)];
    for (handle, link, expected) in all {
        assert_eq!(handed_out(&*store, &handle, link).await, expected, "{handle}");
    }
}

pub(super) async fn racing_callers_never_get_what_another_got(store: Arc<dyn Store>) {
    for heat in heats() {
        let take = |rival: u64, round: u64| {
            let store = Arc::clone(&store);
            async move {
                let (granted, _) = hand_out(&*store, link(round), 1_000, 300).await;
                // One in three gives some back, so that the sum is met from both sides.
                let back = if rival.is_multiple_of(3) { granted.min(7) } else { 0 };
                store.take_back(&handle(), link(round), back).await.expect("should take back");
                granted - back
            }
        };
        let takers = (0..RIVALS).map(|rival| heat.clone().map(|round| take(rival, round)).collect());
        for (round, granted) in heat.clone().zip(race(takers.collect()).await) {
            let sum: u32 = granted.iter().sum();
            assert!(sum <= 1_000, "the limit is 1,000, and takers kept {granted:?}");
            let left = hand_out(&*store, link(round), 1_000, 1_000).await.0;
            assert_eq!(sum + left, 1_000, "what nobody kept is left: {granted:?}");
        }
    }
}

pub(super) async fn a_purged_handle_takes_its_budgets_away(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("should be committed: the store is empty");
    let author = Author::new(Arc::clone(&store));
    hand_out(&*store, link(1), 10, 3).await;
    store.hand_out(&other_handle(), link(1), 10, 3).await.expect("should hand out");
    let closed = handle_record().closed(at(20));
    let purging = closed.record.purged(at(21).plus(HandleRecord::GRACE)).expect("it is time");
    for write in [closed, purging] {
        assert_eq!(store.purge(&handle()).await.expect("should answer"), 0, "it is not to be purged yet");
        assert_eq!(handed_out(&*store, &handle(), link(1)).await, 3);
        let batch = author.batch("handles").handle(write);
        store.commit(batch).await.expect("should be committed: nothing is against it");
    }
    assert!(store.purge(&handle()).await.expect("should purge") > 0, "nothing was there");
    assert_eq!(handed_out(&*store, &handle(), link(1)).await, 0);
    assert_eq!(handed_out(&*store, &other_handle(), link(1)).await, 3, "the budget of another handle");
}
