use async_trait::async_trait;
use lp_access::{CodePurpose, CodeRecord, Email, Mail, MailKind, SecretHash};
use lp_core::{MailId, Timestamp};
use lp_ports::{CodeReader, MailQueue, StoreError};
use sqlx::postgres::PgRow;

use crate::rows::{Broken, bytes, field, instant, whole};
use crate::store::{PIECE, PgStore, in_pieces, int};
use crate::text::original;

const CODE: &str = "SELECT email, purpose, hash, tries_left, expires_at, password_hash FROM mail_codes \
     WHERE email = $1 AND purpose = $2";

/// What another node is just claiming is its own.
const CLAIM: &str = "UPDATE mails SET due_at = $2, attempts = attempts + 1 WHERE id = ANY (ARRAY( \
         SELECT id FROM mails WHERE due_at <= $1 ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)) \
     RETURNING id, recipient, kind, seed, due_at, expires_at, attempts";

const DONE: &str = "DELETE FROM mails WHERE id = $1";

const LATER: &str = "UPDATE mails SET due_at = $3 WHERE id = $1 AND attempts = $2";

const FORGET_CODES: &str = "DELETE FROM mail_codes WHERE expires_at < $1 AND hash = ANY (ARRAY( \
         SELECT hash FROM mail_codes WHERE expires_at < $1 LIMIT $2))";

const FORGET_MAILS: &str = "DELETE FROM mails WHERE id = ANY (ARRAY( \
         SELECT id FROM mails WHERE expires_at < $1 LIMIT $2))";

#[async_trait]
impl CodeReader for PgStore {
    async fn code(&self, purpose: CodePurpose, email: &Email) -> Result<Option<CodeRecord>, StoreError> {
        let query = sqlx::query(CODE).bind(email.as_str()).bind(purpose.as_str());
        let row = self.read("db.mail.code", query.fetch_optional(self.pool())).await?;
        row.map(|row| whole(code(&row), "mail_codes", || format!("{}/{email}", purpose.as_str()))).transpose()
    }

    async fn forget_codes(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.forget_mailed(FORGET_MAILS, before).await?;
        self.forget_mailed(FORGET_CODES, before).await
    }
}

#[async_trait]
impl MailQueue for PgStore {
    async fn claim_mails(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Mail>, StoreError> {
        let query = sqlx::query(CLAIM).bind(now.micros()).bind(until.micros()).bind(i64::from(limit));
        let rows = self.read("db.mail.claim", query.fetch_all(self.pool())).await?;
        Ok(rows.iter().filter_map(readable).collect())
    }

    async fn mail_done(&self, id: MailId) -> Result<(), StoreError> {
        let query = sqlx::query(DONE).bind(id.uuid());
        self.read("db.mail.done", query.execute(self.pool())).await.map(drop)
    }

    async fn mail_later(&self, mail: &Mail, at: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query(LATER).bind(mail.id.uuid()).bind(i64::from(mail.attempts)).bind(at.micros());
        self.read("db.mail.later", query.execute(self.pool())).await.map(drop)
    }
}

impl PgStore {
    async fn forget_mailed(&self, statement: &'static str, before: Timestamp) -> Result<u64, StoreError> {
        in_pieces(|| async {
            let query = sqlx::query(statement).bind(before.micros()).bind(int(PIECE));
            let done = self.read("db.mail.forget", query.execute(self.pool())).await?;
            Ok(done.rows_affected())
        })
        .await
    }
}

fn code(row: &PgRow) -> Result<CodeRecord, Broken> {
    Ok(CodeRecord {
        purpose: CodePurpose::parse(field(row, "purpose")?).ok_or_else(|| Broken::new("purpose"))?,
        email: Email::parse(field(row, "email")?)?,
        hash: SecretHash(bytes(row, "hash")?),
        tries_left: u32::try_from(field::<i64>(row, "tries_left")?)?,
        expires_at: instant(row, "expires_at")?,
        password_hash: field::<Option<String>>(row, "password_hash")?.map(original),
    })
}

/// One that cannot be read must not hold up the others: it is logged, and forgotten once it has expired.
fn readable(row: &PgRow) -> Option<Mail> {
    let name = || field(row, "id").map_or_else(|_| "?".to_owned(), |id| MailId::new(id).to_string());
    let read = mail(row);
    if let Err(Broken(reason)) = &read {
        tracing::error!(table = "mails", row = name(), reason, "a mail cannot be read and is not sent");
    }
    read.ok()
}

fn mail(row: &PgRow) -> Result<Mail, Broken> {
    Ok(Mail {
        id: MailId::new(field(row, "id")?),
        to: Email::parse(field(row, "recipient")?)?,
        kind: MailKind::parse(field(row, "kind")?).ok_or_else(|| Broken::new("kind"))?,
        seed: bytes(row, "seed")?,
        due_at: instant(row, "due_at")?,
        expires_at: instant(row, "expires_at")?,
        attempts: u32::try_from(field::<i64>(row, "attempts")?)?,
    })
}
