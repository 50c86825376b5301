use futures_util::future::join_all;
use lp_analytics::{Click, Range, day_of};
use lp_core::{Device, Timestamp};
use lp_ports::{AnalyticsReader, CountsReader, Ingest, JournalId, Stretch};
use lp_testkit::fixtures::{at, click, handle};

use crate::database::Database;

fn stretch(journal: &str, from: u64, clicks: Vec<Click>) -> Stretch {
    let upto = from + clicks.len() as u64;
    Stretch { journal: JournalId(journal.to_owned()), from, upto, clicks }
}

fn instant(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("an instant")
}

fn ever() -> Range {
    Range { from: Timestamp::from_micros(i64::MIN), to: Timestamp::from_micros(i64::MAX) }
}

#[tokio::test]
async fn clicks_of_clocks_that_jump_are_counted() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let days = [
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999Z",
        "1970-01-01T00:00:00Z",
        "2026-06-01T12:00:00Z",
        "9999-12-31T23:59:59.998Z",
    ];
    let clicks: Vec<_> = (1..).zip(days).map(|(n, day)| Click { at: instant(day), ..click(n) }).collect();
    let taken = store.ingest(&stretch("node", 0, clicks)).await.expect("taken in");
    assert_eq!(taken, 5);
    assert_eq!(store.totals(&handle(), ever(), None).await.expect("reads").clicks, 5);
    let days = store.countable_days().await.expect("reads");
    assert_eq!(days.len(), 5);
    for (handle, day) in days {
        let counts = store.day_counts(&handle, day).await.expect("reads");
        assert!(counts.clicks == 1 && counts.stored == counts.derived, "{day}: {counts:?}");
    }
}

#[tokio::test]
async fn a_day_that_another_node_forgot_is_made_again_for_a_late_click() {
    let Some(database) = Database::fresh().await else { return };
    let (one, two) = (database.store().await, database.store().await);
    one.ingest(&stretch("node", 0, vec![click(1), click(2)])).await.expect("taken in");
    let later = instant("2040-01-01T00:00:00Z");
    assert_eq!(two.expire(later).await.expect("forgets"), 2);
    one.ingest(&stretch("node", 2, vec![click(3)])).await.expect("taken in, though its day was gone");
    assert_eq!(one.totals(&handle(), ever(), None).await.expect("reads").clicks, 3);
    assert_eq!(one.expire(later).await.expect("forgets"), 1);
    let totals = two.totals(&handle(), ever(), None).await.expect("reads");
    assert_eq!((totals.clicks, totals.unique_visitors), (3, 3));
    assert_eq!(two.countable_days().await.expect("reads"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_take_in_the_same_hours_at_once_count_them_all() {
    const NODES: u64 = 6;
    const ROUNDS: u64 = 8;
    let Some(database) = Database::fresh().await else { return };
    let stores = [database.store().await, database.store().await];
    let nodes = (0..NODES).map(|node| {
        let store = &stores[usize::from(node % 2 == 0)];
        async move {
            for round in 0..ROUNDS {
                // Every node begins elsewhere, so that they would meet crosswise.
                let one = |number: u64| {
                    let hour = (number + node * 7) % 20;
                    let device = if number.is_multiple_of(3) { Device::Bot } else { Device::Mobile };
                    Click { at: at(hour * 3_600), device, ..click(node * 1_000_000 + round * 1_000 + number) }
                };
                let part = stretch(&format!("node-{node}"), round * 40, (0..40).map(one).collect());
                assert_eq!(store.ingest(&part).await.expect("taken in"), round * 40 + 40);
            }
        }
    });
    join_all(nodes).await;
    let totals = stores[0].totals(&handle(), ever(), None).await.expect("reads");
    assert_eq!(totals.clicks, NODES * ROUNDS * 40);
    for (handle, day) in stores[1].countable_days().await.expect("reads") {
        let counts = stores[1].day_counts(&handle, day).await.expect("reads");
        assert_eq!(counts.stored, counts.derived);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_are_forgotten_while_others_count() {
    let Some(database) = Database::fresh().await else { return };
    let (serving, keeping) = (database.store().await, database.store().await);
    let day = |number: u64| at(number * 86_400);
    let whole = Range { from: day_of(day(0)), to: day(40) };
    for number in 0..10 {
        let clicks = vec![Click { at: day(number), ..click(number) }];
        serving.ingest(&stretch("old", number, clicks)).await.expect("taken in");
    }
    let counting = async {
        for round in 0..60 {
            let late = Click { at: day(round % 12), visitor: round % 12, ..click(1_000 + round) };
            serving.ingest(&stretch("late", round, vec![late])).await.expect("taken in");
            let totals = serving.totals(&handle(), whole, None).await.expect("reads");
            assert_eq!(totals.clicks, 10 + round + 1);
        }
    };
    let forgetting = async {
        let mut forgotten = 0;
        for number in 1..=10 {
            forgotten += keeping.expire(day(number)).await.expect("forgets");
        }
        forgotten
    };
    let (forgotten, ()) = futures_util::future::join(forgetting, counting).await;
    assert!(forgotten >= 9, "{forgotten}");
    assert_eq!(keeping.totals(&handle(), whole, None).await.expect("reads").clicks, 70);
}

#[tokio::test]
async fn a_referrer_of_any_content_is_counted() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let strange = Click { referrer: "a\0b\u{1a}\t\n\\N.example".to_owned(), ..click(1) };
    store.ingest(&stretch("no\0de", 0, vec![strange.clone()])).await.expect("taken in");
    assert_eq!(store.ingested(&JournalId("no\0de".to_owned())).await.expect("reads"), 1);
    let counts = store.day_counts(&handle(), strange.at).await.expect("reads");
    assert_eq!((counts.clicks, &counts.stored), (1, &counts.derived));
    assert!(counts.stored.keys().any(|key| key.value == strange.referrer));
}
