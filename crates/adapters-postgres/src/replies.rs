use async_trait::async_trait;
use lp_core::Timestamp;
use lp_ports::{IdempotencyReader, ReplyKey, StoreError, StoredReply};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::commit::Halt;
use crate::rows::{Broken, bytes, field, instant, text, whole};
use crate::store::{PIECE, PgStore, in_pieces, int};
use crate::text::stored;

const FIND: &str = "SELECT fingerprint, created, body, expires_at FROM replies \
     WHERE actor = $1 AND operation = $2 AND key = $3 AND expires_at > $4";

/// A forgotten reply that still lies under the key makes room.
const SAVE: &str = "INSERT INTO replies (actor, operation, key, fingerprint, created, body, expires_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (actor, operation, key) DO UPDATE SET \
     fingerprint = excluded.fingerprint, created = excluded.created, body = excluded.body, \
     expires_at = excluded.expires_at";

/// One that was saved anew meanwhile is looked at again.
const FORGET: &str = "DELETE FROM replies WHERE expires_at <= $1 AND ctid = ANY (ARRAY( \
         SELECT ctid FROM replies WHERE expires_at <= $1 LIMIT $2))";

/// What is remembered under the key at the instant.
pub(crate) async fn find(
    connection: &mut PgConnection,
    key: &ReplyKey,
    now: Timestamp,
) -> Result<Option<StoredReply>, Halt> {
    let row = lookup(connection, key, now).await?;
    Ok(row.map(|row| reply(&row, key)).transpose()?)
}

pub(crate) async fn save(connection: &mut PgConnection, reply: &StoredReply) -> Result<(), sqlx::Error> {
    sqlx::query(SAVE)
        .bind(&*stored(&reply.key.actor))
        .bind(&*stored(&reply.key.operation))
        .bind(&*stored(&reply.key.key))
        .bind(&reply.fingerprint[..])
        .bind(reply.created)
        .bind(&*stored(&reply.body))
        .bind(reply.expires_at.micros())
        .execute(connection)
        .await
        .map(drop)
}

#[async_trait]
impl IdempotencyReader for PgStore {
    async fn reply(&self, key: &ReplyKey, now: Timestamp) -> Result<Option<StoredReply>, StoreError> {
        let row = self.read("db.reply.find", lookup(self.pool(), key, now)).await?;
        row.map(|row| reply(&row, key)).transpose()
    }

    async fn forget(&self, now: Timestamp) -> Result<u64, StoreError> {
        in_pieces(|| async {
            let query = sqlx::query(FORGET).bind(now.micros()).bind(int(PIECE));
            let done = self.read("db.reply.forget", query.execute(self.pool())).await?;
            Ok(done.rows_affected())
        })
        .await
    }
}

async fn lookup<'c>(
    executor: impl sqlx::PgExecutor<'c>,
    key: &ReplyKey,
    now: Timestamp,
) -> Result<Option<PgRow>, sqlx::Error> {
    sqlx::query(FIND)
        .bind(&*stored(&key.actor))
        .bind(&*stored(&key.operation))
        .bind(&*stored(&key.key))
        .bind(now.micros())
        .fetch_optional(executor)
        .await
}

fn reply(row: &PgRow, key: &ReplyKey) -> Result<StoredReply, StoreError> {
    whole(parse(row, key), "replies", || format!("{}/{}/{}", key.actor, key.operation, key.key))
}

fn parse(row: &PgRow, key: &ReplyKey) -> Result<StoredReply, Broken> {
    Ok(StoredReply {
        key: key.clone(),
        fingerprint: bytes(row, "fingerprint")?,
        created: field(row, "created")?,
        body: text(row, "body")?,
        expires_at: instant(row, "expires_at")?,
    })
}
