use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join;
use lp_adapters_postgres::{PgOptions, PgStore};
use lp_analytics::Range;
use lp_core::Timestamp;
use lp_ports::{AccessReader, AnalyticsReader, CommitError, Committer, StoreError, StoreHealth};
use lp_testkit::Author;
use lp_testkit::fixtures::{handle, household, other_handle};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::database::Database;
use crate::opening::told;

fn day() -> Range {
    Range { from: Timestamp::from_micros(0), to: Timestamp::from_micros(86_400_000_000) }
}

/// A store whose sessions have a setting of their own.
async fn store_with(database: &Database, setting: &str, connections: u32) -> PgStore {
    let url = format!("{}&options=-c%20{}", database.url, setting.replace('=', "%3D"));
    PgStore::connect(&url, PgOptions { connections }).await.expect("it opens")
}

async fn run(connection: &mut PgConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(connection).await.expect("the statement runs");
}

fn fault<T: std::fmt::Debug>(outcome: Result<T, CommitError>) -> StoreError {
    match outcome {
        Err(CommitError::Store(fault)) => fault,
        other => panic!("{other:?} is no failure of the store"),
    }
}

#[tokio::test]
async fn a_read_that_could_not_begin_leaves_its_connection_fit_for_the_next() {
    let Some(database) = Database::fresh().await else { return };
    let store = store_with(&database, "lock_timeout=100ms", 4).await;
    let mut blocker = database.connection().await;
    run(&mut blocker, "BEGIN; LOCK TABLE clicks IN ACCESS EXCLUSIVE MODE").await;
    // More often than there are connections for long reads.
    for _ in 0..4 {
        let fault = store.totals(&handle(), day(), None).await.expect_err("it is locked");
        assert!(told(&fault).contains("held a lock for too long"), "{}", told(&fault));
    }
    run(&mut blocker, "ROLLBACK").await;
    for _ in 0..4 {
        assert_eq!(store.totals(&handle(), day(), None).await.expect("reads").clicks, 0);
    }
    store.close().await;
}

#[tokio::test]
async fn a_call_that_was_given_up_leaves_no_transaction_behind() {
    let Some(database) = Database::fresh().await else { return };
    let store = store_with(&database, "lock_timeout=5s", 2).await;
    store.commit(household()).await.expect("the store is empty");
    let mut blocker = database.connection().await;
    run(&mut blocker, "BEGIN; LOCK TABLE heads").await;
    for millis in [0, 1, 2, 3, 5, 8, 50] {
        let batch = Author::new(Arc::new(store.clone())).batch("look");
        let _given_up = timeout(Duration::from_millis(millis), store.commit(batch)).await;
    }
    run(&mut blocker, "ROLLBACK").await;
    store.commit(Author::new(Arc::new(store.clone())).batch("look")).await.expect("writes");
    let open = "SELECT count(*) FROM pg_stat_activity \
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let ended = async {
        while sqlx::query_scalar::<_, i64>(open).fetch_one(&mut blocker).await.expect("reads") > 0 {}
    };
    timeout(Duration::from_secs(5), ended).await.expect("none is left open");
    store.close().await;
}

#[tokio::test]
async fn a_connection_that_is_at_rest_is_used_again() {
    let Some(database) = Database::fresh().await else { return };
    let store = store_with(&database, "lock_timeout=5s", 1).await;
    let mut beside = database.connection().await;
    let sessions = "SELECT pid FROM pg_stat_activity \
                    WHERE datname = current_database() AND application_name = 'link-platform'";
    let mut pids =
        async || sqlx::query_scalar::<_, i32>(sessions).fetch_all(&mut beside).await.expect("reads");
    store.commit(household()).await.expect("the store is empty");
    let before = pids().await;
    for _ in 0..20 {
        let batch = Author::new(Arc::new(store.clone())).batch("look");
        store.commit(batch).await.expect("writes");
        store.totals(&handle(), day(), None).await.expect("reads");
    }
    let after = pids().await;
    assert!(!before.is_empty() && before.iter().all(|pid| after.contains(pid)), "{before:?} {after:?}");
    store.close().await;
}

#[tokio::test]
async fn commits_that_wait_leave_connections_for_those_who_read() {
    let Some(database) = Database::fresh().await else { return };
    let store = store_with(&database, "lock_timeout=3s", 2).await;
    store.commit(household()).await.expect("the store is empty");
    let mut blocker = database.connection().await;
    run(&mut blocker, "BEGIN; LOCK TABLE heads").await;
    let shared = Arc::new(store.clone());
    let commit = async |author: Author| store.commit(author.batch("look")).await;
    let commits = join(commit(Author::new(shared.clone())), commit(Author::of(shared, other_handle())));
    let read = async {
        // All that can be had are had by now.
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut blocker).await.expect("reads") == 0 {}
        let read = timeout(Duration::from_secs(1), store.is_empty()).await;
        assert!(!read.expect("at once").expect("a connection is left"));
        run(&mut blocker, "ROLLBACK").await;
    };
    let ((one, two), ()) = join(commits, read).await;
    one.and(two).expect("they go on");
    store.close().await;
}

#[tokio::test]
async fn a_commit_to_a_database_that_takes_no_writes_is_told_why_it_failed() {
    let Some(database) = Database::fresh().await else { return };
    let store = store_with(&database, "default_transaction_read_only=on", 4).await;
    let fault = fault(store.commit(household()).await);
    assert!(matches!(fault, StoreError::Unavailable(_)));
    assert!(told(&fault).contains("read-only"), "{}", told(&fault));
    store.close().await;
}

#[tokio::test]
async fn a_role_that_could_not_make_the_next_day_is_found_by_the_probe() {
    let Some(database) = Database::fresh().await else { return };
    database.store().await.write_probe().await.expect("the owner may");
    // A role that every server has, and that owns nothing.
    database.damage("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO pg_monitor").await;
    let store = store_with(&database, "role=pg_monitor", 4).await;
    let fault = store.write_probe().await.expect_err("it owns nothing");
    let told = told(&fault);
    assert!(told.contains("'pg_monitor'") && told.contains("serve as the role that migrated"), "{told}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_vanishes_is_given_up_and_used_again_when_it_is_back() {
    let Some(database) = Database::fresh().await else { return };
    let Some((url, line)) = line_to(&database.url).await else { return };
    let store = PgStore::connect(&url, PgOptions { connections: 2 }).await.expect("it opens");
    let mut blocker = database.connection().await;
    run(&mut blocker, "BEGIN; LOCK TABLE accounts").await;
    let cut = async {
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut blocker).await.expect("reads") == 0 {}
        line.store(true, Ordering::SeqCst);
    };
    let (asked, ()) = timeout(Duration::from_secs(20), join(store.is_empty(), cut)).await.expect("it ends");
    let fault = asked.expect_err("nobody answers");
    assert!(told(&fault).contains("no answer in time"), "{}", told(&fault));
    line.store(false, Ordering::SeqCst);
    run(&mut blocker, "ROLLBACK").await;
    blocker.close().await.expect("it closes");
    // The first may still find the line of before.
    let again = timeout(Duration::from_secs(10), async { while store.is_empty().await.is_err() {} });
    again.await.expect("there is a new line");
    timeout(Duration::from_secs(10), store.close()).await.expect("it closes");
}

/// A way to the server that says nothing any more while the flag is set; `None` where the server has no address.
async fn line_to(url: &str) -> Option<(String, Arc<AtomicBool>)> {
    let options: PgConnectOptions = url.parse().expect("a URL");
    let server = format!("{}:{}", options.get_host(), options.get_port());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let silent = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&silent);
    let changed = url.replace(&server, &address);
    if changed == url {
        return None;
    }
    let tasks = TaskTracker::new();
    let lines = tasks.clone();
    tasks.spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect(&server).await else { continue };
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            lines.spawn(pass(near_in, far_out, Arc::clone(&flag)));
            lines.spawn(pass(far_in, near_out, Arc::clone(&flag)));
        }
    });
    Some((changed, silent))
}

/// A line that was silent once stays so.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, silent: Arc<AtomicBool>) {
    let mut bytes = vec![0; 16_384];
    while let Ok(length) = from.read(&mut bytes).await {
        if silent.load(Ordering::SeqCst) {
            return std::future::pending().await;
        }
        if length == 0 || to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
