use lp_ports::Guard;
use sqlx::SqliteConnection;

use crate::rules;
use crate::store::int;

/// Whether the guard holds now, within the transaction that writes.
pub(crate) async fn holds(connection: &mut SqliteConnection, guard: &Guard) -> Result<bool, sqlx::Error> {
    match guard {
        Guard::SlugAt { handle, slug, latest } => {
            let query = sqlx::query_scalar(
                "SELECT max(revision) FROM link_revisions WHERE handle = ?1 AND slug_key = ?2",
            );
            let found: Option<i64> =
                query.bind(handle.as_str()).bind(slug.as_str()).fetch_one(connection).await?;
            Ok(found == latest.map(|revision| int(revision.0)))
        }
        Guard::HandleFree(handle) => {
            let query = sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM handle_names WHERE name = ?1)");
            query.bind(handle.as_str()).fetch_one(connection).await
        }
        Guard::HandleAt { handle, revision } => {
            let query = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM handles WHERE handle = ?1 AND revision = ?2)",
            );
            query.bind(handle.as_str()).bind(int(revision.0)).fetch_one(connection).await
        }
        Guard::RulesAt { handle, revision } => {
            Ok(rules::latest(connection, handle).await? == int(revision.0))
        }
        Guard::EmailFree(email) => {
            let query = sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM accounts WHERE email = ?1)");
            query.bind(email.as_str()).fetch_one(connection).await
        }
        Guard::RefreshUnused(hash) => {
            let query = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM refresh_tokens WHERE hash = ?1 AND used_at IS NULL)",
            );
            query.bind(&hash.0[..]).fetch_one(connection).await
        }
        Guard::RefreshFree(hash) => {
            let query =
                sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE hash = ?1)");
            query.bind(&hash.0[..]).fetch_one(connection).await
        }
        Guard::CredentialUnused(hash) => {
            let query = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM connection_credentials \
                     WHERE hash = ?1 AND kind <> 'ACCESS' AND used_at IS NULL)",
            );
            query.bind(&hash.0[..]).fetch_one(connection).await
        }
        Guard::PasswordIs { email, hash } => {
            let query = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM accounts WHERE email = ?1 AND password_hash = ?2)",
            );
            query.bind(email.as_str()).bind(hash).fetch_one(connection).await
        }
        Guard::CodeOpen(hash) => {
            let query = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM mail_codes WHERE hash = ?1 AND tries_left > 0)",
            );
            query.bind(&hash.0[..]).fetch_one(connection).await
        }
        Guard::StoreEmpty => {
            sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM accounts)").fetch_one(connection).await
        }
    }
}
