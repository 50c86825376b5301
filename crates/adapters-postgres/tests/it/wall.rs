//! Row security: what a batch of one handle cannot do to another, whatever a statement says.

use lp_adapters_postgres::PgStore;
use lp_ports::{AccessReader, Committer, LinkReader};
use lp_testkit::Author;
use lp_testkit::fixtures::{handle, household, key, other_handle, to};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::sync::Arc;

use crate::database::Database;

/// Rows that are no handle's alone: places that several handles' writers lock, measurements, and what marks them.
const OUTSIDE: [&str; 4] = ["heads", "clicks", "click_hours", "visitor_days"];

/// A store with two handles that have a link each, and a connection beside it.
async fn furnished() -> Option<(Database, Arc<PgStore>, PgConnection)> {
    let database = Database::fresh().await?;
    let store = database.store().await;
    store.commit(household()).await.expect("should be committed: the store is empty");
    Author::new(store.clone()).put("mine", to("https://example.com/mine")).await;
    Author::of(store.clone(), other_handle()).put("theirs", to("https://example.com/theirs")).await;
    let connection = database.connection().await;
    Some((database, store, connection))
}

#[tokio::test]
async fn a_statement_of_one_handles_batch_cannot_write_rows_of_another() {
    let Some((_database, store, mut connection)) = furnished().await else { return };
    let theirs = other_handle();
    let hostile = [
        format!("UPDATE links SET title = 'taken' WHERE handle = '{theirs}'"),
        format!("UPDATE links SET handle = '{theirs}', slug_key = 'new' WHERE handle = '{}'", handle()),
        format!("INSERT INTO change_log (handle, version) VALUES ('{theirs}', 9)"),
        format!("UPDATE link_revisions SET destination = 'https://evil.example' WHERE handle = '{theirs}'"),
        format!("UPDATE audit SET actor = 'nobody' WHERE handle = '{theirs}'"),
        format!(
            "INSERT INTO connections (id, handle, account, client, client_name, client_place, audience, scopes, \
                 created_at, renewed_at, expires_at) \
             SELECT gen_random_uuid(), '{theirs}', id, '', '', '', 'HANDLE', '[\"*\"]', 0, 0, 0 FROM accounts"
        ),
        format!(
            "INSERT INTO connection_credentials (hash, connection, handle, kind, valid_until) \
             VALUES ('\\x00', gen_random_uuid(), '{theirs}', 'REFRESH', 0)"
        ),
        format!(
            "INSERT INTO click_budgets (handle, link, handed_out, granted) \
             VALUES ('{theirs}', gen_random_uuid(), 0, 0)"
        ),
        format!("INSERT INTO members (handle, account, role) SELECT '{theirs}', id, 'CREATOR' FROM accounts"),
    ];
    for statement in hostile {
        let mut transaction = connection.begin().await.expect("it begins");
        let space = sqlx::query("SELECT set_config('link_platform.space', $1, true)").bind(handle().as_str());
        space.execute(&mut *transaction).await.expect("it is said");
        let refused = transaction.execute(AssertSqlSafe(statement.clone())).await.expect_err(&statement);
        let code =
            refused.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {refused}");
        transaction.rollback().await.expect("it ends");
    }
    let mut transaction = connection.begin().await.expect("it begins");
    let space = sqlx::query("SELECT set_config('link_platform.space', $1, true)").bind(handle().as_str());
    space.execute(&mut *transaction).await.expect("it is said");
    let deleted =
        transaction.execute(AssertSqlSafe(format!("DELETE FROM links WHERE handle = '{theirs}'"))).await;
    assert_eq!(deleted.expect("it finds nothing").rows_affected(), 0);
    transaction.commit().await.expect("it ends");
    let slot = store.slot(&theirs, &key("theirs")).await.expect("it reads");
    assert!(slot.latest.is_some(), "their link is there");
}

#[tokio::test]
async fn a_transaction_leaves_no_space_behind_on_its_connection() {
    let Some((_database, store, _)) = furnished().await else { return };
    for turn in 0..20 {
        let author = if turn % 2 == 0 {
            Author::new(store.clone())
        } else {
            Author::of(store.clone(), other_handle())
        };
        author.put("again", to(&format!("https://example.com/{turn}"))).await;
    }
    assert!(store.handle(&handle()).await.expect("it reads").is_some());
}

#[tokio::test]
async fn every_table_with_rows_of_handles_is_behind_the_wall() {
    let Some((_database, _store, mut connection)) = furnished().await else { return };
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid \
         WHERE a.attname = 'handle' AND c.relkind IN ('r', 'p') AND NOT c.relispartition \
         AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY c.relname",
    )
    .fetch_all(&mut connection)
    .await
    .expect("it reads");
    let mut outside = OUTSIDE.to_vec();
    outside.sort_unstable();
    assert_eq!(open, outside, "a table with rows of handles is neither walled nor named here");
}
