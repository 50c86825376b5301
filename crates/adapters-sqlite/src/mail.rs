use async_trait::async_trait;
use lp_access::{CodePurpose, CodeRecord, Email, Mail, MailKind, SecretHash};
use lp_core::{MailId, Timestamp};
use lp_ports::{CodeReader, MailQueue, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::rows::{Broken, bytes, field, instant, whole};
use crate::store::{SqliteStore, read};

const CODE: &str = "SELECT * FROM mail_codes WHERE email = ?1 AND purpose = ?2";

const DUE: &str = "SELECT EXISTS (SELECT 1 FROM mails WHERE due_at <= ?1)";

const CLAIM: &str = "UPDATE mails SET due_at = ?2, attempts = attempts + 1 WHERE id IN ( \
     SELECT id FROM mails WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?3) RETURNING *";

const LATER: &str = "UPDATE mails SET due_at = ?3 WHERE id = ?1 AND attempts = ?2";

/// What the writer does for the queue.
#[derive(Clone, Copy)]
pub(crate) enum MailWork {
    Claim { now: Timestamp, until: Timestamp, limit: u32 },
    Done(MailId),
    Later { id: MailId, attempts: u32, at: Timestamp },
    Forget(Timestamp),
}

/// What came of it.
#[derive(Default)]
pub(crate) struct MailsDone {
    claimed: Vec<Mail>,
    forgotten: u64,
}

/// Does one of these within the open transaction.
pub(crate) async fn work(
    connection: &mut SqliteConnection,
    work: MailWork,
) -> Result<MailsDone, sqlx::Error> {
    let mut done = MailsDone::default();
    match work {
        MailWork::Claim { now, until, limit } => {
            let query = sqlx::query(CLAIM).bind(now.micros()).bind(until.micros()).bind(limit);
            done.claimed = query.fetch_all(connection).await?.iter().filter_map(readable).collect();
        }
        MailWork::Done(id) => {
            let query = sqlx::query("DELETE FROM mails WHERE id = ?1").bind(id.uuid());
            query.execute(connection).await?;
        }
        MailWork::Later { id, attempts, at } => {
            let query = sqlx::query(LATER).bind(id.uuid()).bind(attempts).bind(at.micros());
            query.execute(connection).await?;
        }
        MailWork::Forget(before) => {
            let mails = sqlx::query("DELETE FROM mails WHERE expires_at < ?1").bind(before.micros());
            mails.execute(&mut *connection).await?;
            let codes = sqlx::query("DELETE FROM mail_codes WHERE expires_at < ?1").bind(before.micros());
            done.forgotten = codes.execute(connection).await?.rows_affected();
        }
    }
    Ok(done)
}

#[async_trait]
impl CodeReader for SqliteStore {
    async fn code(&self, purpose: CodePurpose, email: &Email) -> Result<Option<CodeRecord>, StoreError> {
        let query = sqlx::query(CODE).bind(email.as_str()).bind(purpose.as_str());
        let row = read("db.mail.code", query.fetch_optional(&self.reads)).await?;
        row.map(|row| whole(code(&row), "mail_codes", || format!("{}/{email}", purpose.as_str()))).transpose()
    }

    async fn forget_codes(&self, before: Timestamp) -> Result<u64, StoreError> {
        Ok(self.writer.mail(MailWork::Forget(before)).await?.forgotten)
    }
}

#[async_trait]
impl MailQueue for SqliteStore {
    /// Looks before it asks for its turn to write: most times there is nothing.
    async fn claim_mails(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Mail>, StoreError> {
        let query = sqlx::query_scalar(DUE).bind(now.micros());
        if !read::<bool>("db.mail.due", query.fetch_one(&self.reads)).await? {
            return Ok(Vec::new());
        }
        Ok(self.writer.mail(MailWork::Claim { now, until, limit }).await?.claimed)
    }

    async fn mail_done(&self, id: MailId) -> Result<(), StoreError> {
        self.writer.mail(MailWork::Done(id)).await.map(drop)
    }

    async fn mail_later(&self, mail: &Mail, at: Timestamp) -> Result<(), StoreError> {
        let Mail { id, attempts, .. } = *mail;
        self.writer.mail(MailWork::Later { id, attempts, at }).await.map(drop)
    }
}

fn code(row: &SqliteRow) -> Result<CodeRecord, Broken> {
    Ok(CodeRecord {
        purpose: CodePurpose::parse(field(row, "purpose")?).ok_or_else(|| Broken::new("purpose"))?,
        email: Email::parse(field(row, "email")?)?,
        hash: SecretHash(bytes(row, "hash")?),
        tries_left: field(row, "tries_left")?,
        expires_at: instant(row, "expires_at")?,
        password_hash: field(row, "password_hash")?,
    })
}

/// One that cannot be read must not hold up the others: it is logged, and forgotten once it has expired.
fn readable(row: &SqliteRow) -> Option<Mail> {
    let name = || field(row, "id").map_or_else(|_| "?".to_owned(), |id| MailId::new(id).to_string());
    let read = mail(row);
    if let Err(Broken(reason)) = &read {
        tracing::error!(table = "mails", row = name(), reason, "a mail cannot be read and is not sent");
    }
    read.ok()
}

fn mail(row: &SqliteRow) -> Result<Mail, Broken> {
    Ok(Mail {
        id: MailId::new(field(row, "id")?),
        to: Email::parse(field(row, "recipient")?)?,
        kind: MailKind::parse(field(row, "kind")?).ok_or_else(|| Broken::new("kind"))?,
        seed: bytes(row, "seed")?,
        due_at: instant(row, "due_at")?,
        expires_at: instant(row, "expires_at")?,
        attempts: field(row, "attempts")?,
    })
}
