use lp_access::{CodeRecord, Mail};
use lp_ports::MailChange;
use sqlx::PgConnection;

use crate::text::stored;

const ISSUE: &str = "INSERT INTO mail_codes (email, purpose, hash, tries_left, expires_at, password_hash) \
     VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT (email, purpose) DO UPDATE SET hash = excluded.hash, tries_left = excluded.tries_left, \
     expires_at = excluded.expires_at, password_hash = excluded.password_hash";

const TRY: &str = "UPDATE mail_codes SET tries_left = tries_left - 1 WHERE hash = $1 AND tries_left > 0";

const USE: &str = "DELETE FROM mail_codes WHERE hash = $1 AND tries_left > 0";

const QUEUE: &str = "INSERT INTO mails (id, recipient, kind, seed, due_at, expires_at, attempts) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Whether it could be written: a code that is not open can be neither tried nor used.
pub(super) async fn apply(connection: &mut PgConnection, change: &MailChange) -> Result<bool, sqlx::Error> {
    let (statement, hash) = match change {
        MailChange::Issued(code) => return issue(connection, code).await.map(|()| true),
        MailChange::Queued(mail) => return queue(connection, mail).await.map(|()| true),
        MailChange::Tried(hash) => (TRY, hash),
        MailChange::Used(hash) => (USE, hash),
    };
    let done = sqlx::query(statement).bind(&hash.0[..]).execute(connection).await?;
    Ok(done.rows_affected() == 1)
}

async fn issue(connection: &mut PgConnection, code: &CodeRecord) -> Result<(), sqlx::Error> {
    sqlx::query(ISSUE)
        .bind(code.email.as_str())
        .bind(code.purpose.as_str())
        .bind(&code.hash.0[..])
        .bind(i64::from(code.tries_left))
        .bind(code.expires_at.micros())
        .bind(code.password_hash.as_deref().map(stored))
        .execute(connection)
        .await
        .map(drop)
}

async fn queue(connection: &mut PgConnection, mail: &Mail) -> Result<(), sqlx::Error> {
    sqlx::query(QUEUE)
        .bind(mail.id.uuid())
        .bind(mail.to.as_str())
        .bind(mail.kind.as_str())
        .bind(&mail.seed[..])
        .bind(mail.due_at.micros())
        .bind(mail.expires_at.micros())
        .bind(i64::from(mail.attempts))
        .execute(connection)
        .await
        .map(drop)
}
