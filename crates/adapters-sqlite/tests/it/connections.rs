use lp_adapters_sqlite::SqliteStore;
use lp_core::Timestamp;
use lp_ports::{Committer, ConnectionReader};
use lp_testkit::fixtures::household;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

/// Two connections, each with more tokens than are deleted at once: half of them expire before, half after it does.
const MANY: &str = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2) \
     INSERT INTO connections (id, handle, account, client, client_name, client_place, audience, scopes, created_at, \
         renewed_at, expires_at) \
     SELECT randomblob(16), 'hello', accounts.id, '', '', '', 'HANDLE', '[]', 0, 0, n * 1000 FROM accounts, numbers; \
     WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 40002) \
     INSERT INTO connection_credentials (hash, connection, kind, valid_until) \
     SELECT randomblob(32), connections.id, 'REFRESH', n % 2 * 9000 FROM connections, numbers";

#[tokio::test]
async fn connections_are_forgotten_piece_by_piece() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("0.db");
    let store = SqliteStore::open(&path).await.expect("the store opens");
    store.commit(household()).await.expect("the store is empty");
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.expect("it connects");
    sqlx::raw_sql(MANY).execute(&mut connection).await.expect("apps are let in");
    let (before, credentials) = (Timestamp::from_micros(2_000), Timestamp::from_micros(1_000));
    assert_eq!(store.forget_connections(before, credentials).await.expect("forgets"), 1);
    assert_eq!(store.forget_connections(before, credentials).await.expect("forgets"), 0);
    let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM connection_credentials");
    let left = left.fetch_one(&mut connection).await.expect("reads");
    assert_eq!(left, 20_001, "those of the other connection that have not expired");
    connection.close().await.expect("it closes");
}
