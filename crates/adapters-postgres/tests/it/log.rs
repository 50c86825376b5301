use std::time::Duration;

use futures_util::future::join_all;
use lp_ports::{ChangeLog, ChangeNote, ChangePosition, Committer};
use lp_testkit::Author;
use lp_testkit::fixtures::{other_handle, to};
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use crate::database::Database;

/// As a commit does it: the lock on where the sequence stands, then a number, then whatever makes it slow.
const SLOWLY: &str = "BEGIN; \
     SELECT pg_advisory_xact_lock_shared((x'4c43'::bigint << 48) | CASE WHEN is_called THEN last_value ELSE 0 END) \
     FROM change_log_seq_seq; \
     INSERT INTO change_log (handle, version, slug_key) VALUES ('slow', 1, 'slow')";

async fn run(connection: &mut PgConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(connection).await.expect("the statement runs");
}

fn handles(notes: &[ChangeNote]) -> Vec<(&str, u64)> {
    notes.iter().map(|note| (note.handle.as_str(), note.version)).collect()
}

#[tokio::test]
async fn a_slow_transaction_is_waited_for_and_read_in_its_place() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let author = Author::new(store.clone());
    author.put("before", to("https://example.com")).await;
    let mut slow = database.connection().await;
    run(&mut slow, SLOWLY).await;
    author.put("after", to("https://example.com")).await;

    let first = store.changes(ChangePosition(0), 10).await.expect("reads");
    assert_eq!(handles(&first.notes), [("hello", 1)], "what comes behind the slow one waits");
    let still = store.changes(first.position, 10).await.expect("reads");
    assert_eq!((still.notes.len(), still.position), (0, first.position));
    assert_eq!(store.position().await.expect("reads"), first.position);

    run(&mut slow, "COMMIT").await;
    let rest = store.changes(first.position, 10).await.expect("reads");
    assert_eq!(handles(&rest.notes), [("slow", 1), ("hello", 2)]);
    assert_eq!(store.position().await.expect("reads"), rest.position);
}

#[tokio::test]
async fn a_slow_transaction_that_comes_to_nothing_leaves_a_gap_and_no_more() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let mut slow = database.connection().await;
    run(&mut slow, SLOWLY).await;
    let author = Author::new(store.clone());
    author.put("after", to("https://example.com")).await;
    assert_eq!(store.changes(ChangePosition(0), 10).await.expect("reads").position, ChangePosition(0));
    run(&mut slow, "ROLLBACK").await;
    let rest = store.changes(ChangePosition(0), 10).await.expect("reads");
    assert_eq!((handles(&rest.notes), rest.position), (vec![("hello", 1)], ChangePosition(2)));
    // A gap at the very end is stepped over as well.
    run(&mut slow, SLOWLY).await;
    run(&mut slow, "ROLLBACK").await;
    let end = store.changes(rest.position, 10).await.expect("reads");
    assert_eq!((end.notes.len(), end.position), (0, ChangePosition(3)));
    assert!(!end.missed);
}

#[tokio::test]
async fn a_long_transaction_of_somebody_else_holds_nobody_up() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let mut foreign = database.connection().await;
    run(&mut foreign, "BEGIN ISOLATION LEVEL REPEATABLE READ; CREATE TABLE mine (one int); \
                       SELECT count(*) FROM links; SELECT pg_advisory_xact_lock(1), pg_advisory_xact_lock(-1)")
    .await;
    let author = Author::new(store.clone());
    author.put("one", to("https://example.com")).await;
    author.put("two", to("https://example.com")).await;
    let changes = store.changes(ChangePosition(0), 10).await.expect("reads");
    assert_eq!(handles(&changes.notes), [("hello", 1), ("hello", 2)]);
    foreign.close().await.expect("it closes");
}

#[tokio::test]
async fn notes_trimmed_before_a_reader_could_see_them_are_told_as_missed() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let mut slow = database.connection().await;
    run(&mut slow, SLOWLY).await;
    let author = Author::new(store.clone());
    for slug in ["one", "two", "three"] {
        author.put(slug, to("https://example.com")).await;
    }
    assert_eq!(store.trim(1).await.expect("trims"), 2);
    run(&mut slow, "COMMIT").await;
    let rest = store.changes(ChangePosition(0), 10).await.expect("reads");
    assert_eq!((handles(&rest.notes), rest.missed), (vec![("slow", 1), ("hello", 3)], true));
}

#[tokio::test]
async fn a_log_that_was_set_back_is_told_as_missed_and_followed_from_there() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    let author = Author::new(store.clone());
    for slug in ["one", "two", "three"] {
        author.put(slug, to("https://example.com")).await;
    }
    let before = store.position().await.expect("reads");
    database.damage("DELETE FROM change_log WHERE seq > 1; SELECT setval('change_log_seq_seq', 1)").await;
    let back = store.changes(before, 10).await.expect("reads");
    assert_eq!((back.notes.len(), back.position, back.missed), (0, ChangePosition(1), true));
    author.put("four", to("https://example.com")).await;
    let rest = store.changes(back.position, 10).await.expect("reads");
    assert_eq!((handles(&rest.notes), rest.missed), (vec![("hello", 4)], false));
}

#[tokio::test]
async fn a_long_log_is_trimmed_piece_by_piece() {
    let Some(database) = Database::fresh().await else { return };
    let store = database.store().await;
    database
        .damage(
            "INSERT INTO change_log (handle, version) SELECT 'hello', n FROM generate_series(1, 25000) AS n",
        )
        .await;
    assert_eq!(store.trim(500).await.expect("trims"), 24_500);
    assert_eq!(store.trim(500).await.expect("trims"), 0);
    let rest = store.changes(ChangePosition(24_500), 1_000).await.expect("reads");
    assert_eq!((rest.notes.len(), rest.missed), (500, false));
    assert!(store.changes(ChangePosition(24_499), 1).await.expect("reads").missed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_beside_many_writers_reads_each_note_once() {
    const HANDLES: u64 = 6;
    const EACH: u64 = 15;
    let Some(database) = Database::fresh().await else { return };
    let (writing, reading) = (database.store().await, database.store().await);
    let writers = (0..HANDLES).map(|number| {
        let handle = lp_core::Handle::parse(&format!("writer{number}")).expect("a handle");
        let author = Author::of(writing.clone(), handle);
        async move {
            for round in 0..EACH {
                author.put("launch", to(&format!("https://example.com/{round}"))).await;
            }
        }
    });
    let reader = async {
        let (mut seen, mut position) = (Vec::new(), ChangePosition(0));
        while seen.len() < usize::try_from(HANDLES * EACH).expect("a few") {
            let changes = reading.changes(position, 7).await.expect("reads");
            assert!(changes.position >= position && !changes.missed);
            position = changes.position;
            seen.extend(changes.notes);
        }
        seen
    };
    let (_, seen) = timeout(Duration::from_mins(1), futures_util::future::join(join_all(writers), reader))
        .await
        .expect("every note is read");
    for number in 0..HANDLES {
        let handle = format!("writer{number}");
        let versions = seen.iter().filter(|note| note.handle.as_str() == handle).map(|note| note.version);
        assert_eq!(versions.collect::<Vec<_>>(), (1..=EACH).collect::<Vec<_>>(), "{handle}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_hinted_to_other_nodes() {
    let Some(database) = Database::fresh().await else { return };
    let (mine, theirs) = (database.store().await, database.store().await);
    let hint = async |store: &dyn ChangeLog| timeout(Duration::from_secs(10), store.hint()).await;
    // The first one says that it listens now.
    hint(&*theirs).await.expect("it listens");
    Author::new(mine.clone()).put("one", to("https://example.com")).await;
    hint(&*theirs).await.expect("it is told");
    // A line that was cut is made again, and what was said meanwhile may have been lost.
    database
        .damage(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                      WHERE datname = current_database() AND query LIKE 'LISTEN %'",
        )
        .await;
    hint(&*theirs).await.expect("it listens again");
    Author::of(mine.clone(), other_handle()).put("two", to("https://example.com")).await;
    hint(&*theirs).await.expect("it is told");
    // What changes nothing is not told: a look at the log in vain.
    mine.commit(Author::new(mine.clone()).batch("look")).await.expect("writes");
}
