use futures_util::future::{join, join_all};
use lp_analytics::{Click, Range, day_of};
use lp_core::{Device, Timestamp};
use lp_ports::{AnalyticsReader, CountsReader, DayCounts, Ingest, JournalId, Stretch};
use lp_testkit::fixtures::{at, click, handle};
use sqlx::PgConnection;

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
    let (forgotten, ()) = join(forgetting, counting).await;
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

#[tokio::test]
async fn a_forgotten_day_keeps_its_counts_but_no_referrers() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let next = at(86_400);
    let clicks = vec![click(1), Click { device: Device::Bot, ..click(2) }, Click { at: next, ..click(3) }];
    store.ingest(&stretch("node", 0, clicks)).await.expect("taken in");
    let mut connection = database.connection().await;
    let counted = "SELECT count(*) FILTER (WHERE dimension = 'referrer'), \
                   count(*) FILTER (WHERE dimension <> 'referrer') FROM click_hours WHERE hour < $1";
    let mut counts = async || {
        let query = sqlx::query_as::<_, (i64, i64)>(counted).bind(day_of(next).micros());
        query.fetch_one(&mut connection).await.expect("reads")
    };
    let before = counts().await;
    assert!(before.0 > 0 && before.1 > 0, "{before:?}");
    assert_eq!(store.expire(next).await.expect("forgets"), 2);
    assert_eq!(counts().await, (0, before.1));
    assert_eq!(store.day_counts(&handle(), click(1).at).await.expect("reads"), DayCounts::default());
    let kept = store.day_counts(&handle(), next).await.expect("reads");
    assert!(kept.clicks == 1 && kept.stored == kept.derived, "{kept:?}");
    assert_eq!(store.countable_days().await.expect("reads"), [(handle(), day_of(next))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_is_forgotten_once_those_who_read_let_go_of_it() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    store.ingest(&stretch("node", 0, vec![click(1)])).await.expect("taken in");
    let mut reader = database.connection().await;
    let run = async |reader: &mut PgConnection, statement: &'static str| {
        sqlx::raw_sql(statement).execute(reader).await.expect("it runs");
    };
    run(&mut reader, "BEGIN; SELECT count(*) FROM clicks").await;
    let reading = async {
        // Others can take clicks in meanwhile, each as the table is not asked for.
        let late = Click { at: at(40 * 86_400), ..click(2) };
        store.ingest(&stretch("node", 1, vec![late])).await.expect("taken in");
        run(&mut reader, "COMMIT").await;
    };
    let (forgotten, ()) = join(store.expire(at(86_400)), reading).await;
    assert_eq!(forgotten.expect("forgets"), 1);
}

#[tokio::test]
async fn a_day_that_cannot_be_forgotten_keeps_no_other() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let days = [at(0), at(86_400), at(2 * 86_400)];
    let clicks: Vec<_> = (1..).zip(days).map(|(n, at)| Click { at, ..click(n) }).collect();
    store.ingest(&stretch("node", 0, clicks)).await.expect("taken in");
    database
        .damage(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END'; \
             CREATE TRIGGER refuse BEFORE DELETE ON click_days FOR EACH ROW \
             WHEN (OLD.day % 172800000000 = 0) EXECUTE FUNCTION refuse()",
        )
        .await;
    let due = || async {
        let mut connection = database.connection().await;
        let days = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM click_days");
        days.fetch_one(&mut connection).await.expect("reads")
    };
    assert!(store.expire(at(9 * 86_400)).await.is_err());
    let left = due().await;
    assert!(left == 1 || left == 2, "every second day is left: {left}");
    database.damage("DROP TRIGGER refuse ON click_days").await;
    assert_eq!(store.expire(at(9 * 86_400)).await.expect("forgets"), u64::try_from(left).expect("a few"));
    assert_eq!(store.totals(&handle(), ever(), None).await.expect("reads").unique_visitors, 3);
}
