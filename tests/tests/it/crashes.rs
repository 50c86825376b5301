//! A process that is killed in the middle of commits: what it acknowledged is there, and nothing is there by half.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use e2e::{Server, Workspace, fresh_database};
use sqlx::{ConnectOptions, Row};
use tokio::task::JoinSet;

/// How many of each trace the links' batches have left: every one leaves one of each.
const TRACES: &str = "SELECT (SELECT count(*) FROM link_revisions) AS revisions, \
     (SELECT count(*) FROM outbox) AS events, \
     (SELECT count(*) FROM audit WHERE operation = 'links_upsert') AS entries, \
     (SELECT count(*) FROM change_log WHERE slug_key IS NOT NULL) AS notes";

/// Puts links until the server is gone; says which were acknowledged.
async fn write(server: Arc<Server>, pat: String, next: Arc<AtomicU64>) -> Vec<u64> {
    let mut acknowledged = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let path = format!("/v2/public/handles/hello/links/l{number}");
        let put = server.api("PUT", &path).bearer_auth(&pat).header("content-type", "application/json");
        let body = format!("{{\"destinationUrl\":\"https://example.com/{number}\"}}");
        match put.body(body).send().await {
            Ok(reply) if reply.status() == 201 => acknowledged.push(number),
            Ok(reply) => panic!("{}", reply.status()),
            Err(_) => return acknowledged,
        }
    }
}

async fn crash(workspace: &Workspace, traces: impl AsyncFn() -> [i64; 4]) {
    let pat = workspace.bootstrap("hello").await;
    let next = Arc::new(AtomicU64::new(0));
    for _ in 0..4 {
        let began = next.load(Ordering::Relaxed);
        let server = Arc::new(workspace.serve().await);
        let mut writers = JoinSet::new();
        for _ in 0..8 {
            writers.spawn(write(server.clone(), pat.clone(), next.clone()));
        }
        while next.load(Ordering::Relaxed) < began + 120 {
            tokio::task::yield_now().await;
        }
        server.kill_now();
        let acknowledged: Vec<u64> = writers.join_all().await.into_iter().flatten().collect();
        assert!(acknowledged.len() >= 100, "{}", acknowledged.len());

        let doctor = workspace.run(&["doctor"]).await;
        assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
        let [revisions, events, entries, notes] = traces().await;
        assert!(revisions == events && events == entries && entries == notes, "{:?}", traces().await);
        let listed = workspace.run(&["call", "links_export", "--handle", "hello"]).await;
        let listed = String::from_utf8(listed.stdout).expect("text");
        let stored: std::collections::HashSet<&str> =
            listed.lines().filter_map(|line| line.split(',').find(|field| field.starts_with('l'))).collect();
        for number in acknowledged {
            assert!(stored.contains(format!("l{number}").as_str()), "l{number} is lost");
        }
    }
}

async fn in_sqlite(file: &Path) -> [i64; 4] {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = options.connect().await.expect("the store");
    let row = sqlx::query(TRACES).fetch_one(&mut connection).await.expect("it reads");
    ["revisions", "events", "entries", "notes"].map(|name| row.get(name))
}

async fn in_postgres(url: &str) -> [i64; 4] {
    let options: sqlx::postgres::PgConnectOptions = url.parse().expect("an address");
    let mut connection = options.connect().await.expect("the store");
    let row = sqlx::query(TRACES).fetch_one(&mut connection).await.expect("it reads");
    ["revisions", "events", "entries", "notes"].map(|name| row.get(name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_inside_commits_leaves_whole_batches_in_sqlite() {
    let workspace = Workspace::new();
    let file = workspace.data().join("link-platform.db");
    crash(&workspace, async || in_sqlite(&file).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_inside_commits_leaves_whole_batches_in_postgres() {
    let Some(database) = fresh_database().await else { return };
    let workspace = Workspace::new().on(&database);
    assert!(workspace.run(&["migrate"]).await.status.success());
    crash(&workspace, async || in_postgres(&database).await).await;
}
