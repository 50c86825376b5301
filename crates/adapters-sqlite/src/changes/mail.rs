use lp_access::{CodeRecord, Mail};
use lp_ports::{CommitError, Guard, MailChange};
use sqlx::SqliteConnection;

use crate::commit::Halt;

const ISSUE: &str = "INSERT INTO mail_codes (email, purpose, hash, tries_left, expires_at, password_hash) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
     ON CONFLICT (email, purpose) DO UPDATE SET hash = excluded.hash, tries_left = excluded.tries_left, \
     expires_at = excluded.expires_at, password_hash = excluded.password_hash";

const TRY: &str = "UPDATE mail_codes SET tries_left = tries_left - 1 WHERE hash = ?1 AND tries_left > 0";

const USE: &str = "DELETE FROM mail_codes WHERE hash = ?1 AND tries_left > 0";

const QUEUE: &str = "INSERT INTO mails (id, recipient, kind, seed, due_at, expires_at, attempts) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// Writes one change. A code that is not open can be neither tried nor used.
pub(super) async fn apply(connection: &mut SqliteConnection, change: &MailChange) -> Result<(), Halt> {
    let (statement, hash) = match change {
        MailChange::Issued(code) => return Ok(issue(connection, code).await?),
        MailChange::Queued(mail) => return Ok(queue(connection, mail).await?),
        MailChange::Tried(hash) => (TRY, *hash),
        MailChange::Used(hash) => (USE, *hash),
    };
    let done = sqlx::query(statement).bind(&hash.0[..]).execute(connection).await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(CommitError::Stale(Guard::CodeOpen(hash)).into()) }
}

async fn issue(connection: &mut SqliteConnection, code: &CodeRecord) -> Result<(), sqlx::Error> {
    sqlx::query(ISSUE)
        .bind(code.email.as_str())
        .bind(code.purpose.as_str())
        .bind(&code.hash.0[..])
        .bind(code.tries_left)
        .bind(code.expires_at.micros())
        .bind(code.password_hash.as_deref())
        .execute(connection)
        .await
        .map(drop)
}

async fn queue(connection: &mut SqliteConnection, mail: &Mail) -> Result<(), sqlx::Error> {
    sqlx::query(QUEUE)
        .bind(mail.id.uuid())
        .bind(mail.to.as_str())
        .bind(mail.kind.as_str())
        .bind(&mail.seed[..])
        .bind(mail.due_at.micros())
        .bind(mail.expires_at.micros())
        .bind(mail.attempts)
        .execute(connection)
        .await
        .map(drop)
}
