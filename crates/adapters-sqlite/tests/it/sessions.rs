use lp_adapters_sqlite::SqliteStore;
use lp_ports::{Committer, SessionReader};
use lp_testkit::fixtures::household;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

/// Two sessions, each with more refresh tokens than are deleted at once.
const MANY: &str = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2) \
     INSERT INTO sessions (id, account, agent, created_at, renewed_at, expires_at) \
     SELECT randomblob(16), accounts.id, '', 0, 0, n * 1000 FROM accounts, numbers; \
     WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20001) \
     INSERT INTO refresh_tokens (hash, session) SELECT randomblob(32), sessions.id FROM sessions, numbers";

#[tokio::test]
async fn sessions_are_forgotten_piece_by_piece() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("0.db");
    let store = SqliteStore::open(&path).await.expect("the store opens");
    store.commit(household()).await.expect("the store is empty");
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.expect("it connects");
    sqlx::raw_sql(MANY).execute(&mut connection).await.expect("they are signed in");
    let before = lp_core::Timestamp::from_micros(2_000);
    assert_eq!(store.forget_sessions(before).await.expect("forgets"), 1);
    assert_eq!(store.forget_sessions(before).await.expect("forgets"), 0);
    let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM refresh_tokens");
    let left = left.fetch_one(&mut connection).await.expect("reads");
    assert_eq!(left, 20_001, "those of the other session");
    connection.close().await.expect("it closes");
}
