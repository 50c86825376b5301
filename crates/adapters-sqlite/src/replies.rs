use async_trait::async_trait;
use lp_core::Timestamp;
use lp_ports::{IdempotencyReader, ReplyKey, StoreError, StoredReply};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::commit::Halt;
use crate::rows::{Broken, Query, bytes, field, instant, whole};
use crate::script::Script;
use crate::store::{SqliteStore, read};

const FIND: &str =
    "SELECT * FROM replies WHERE actor = ?1 AND operation = ?2 AND key = ?3 AND expires_at > ?4";

/// A forgotten reply that still lies under the key makes room.
const SAVE: &str = "INSERT INTO replies (actor, operation, key, fingerprint, created, body, expires_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (actor, operation, key) DO UPDATE SET \
     fingerprint = excluded.fingerprint, created = excluded.created, body = excluded.body, \
     expires_at = excluded.expires_at";

/// What is remembered under the key at the instant.
pub(crate) async fn find(
    connection: &mut SqliteConnection,
    key: &ReplyKey,
    now: Timestamp,
) -> Result<Option<StoredReply>, Halt> {
    let row = find_query(key, now).fetch_optional(connection).await?;
    Ok(row.map(|row| stored(&row, key)).transpose()?)
}

pub(crate) fn save(script: &mut Script, reply: &StoredReply) {
    script
        .say(SAVE)
        .bind(&reply.key.actor)
        .bind(&reply.key.operation)
        .bind(&reply.key.key)
        .bind(&reply.fingerprint[..])
        .bind(reply.created)
        .bind(&reply.body)
        .bind(reply.expires_at.micros());
}

pub(crate) async fn forget(connection: &mut SqliteConnection, now: Timestamp) -> Result<u64, sqlx::Error> {
    let query = sqlx::query("DELETE FROM replies WHERE expires_at <= ?1").bind(now.micros());
    Ok(query.execute(connection).await?.rows_affected())
}

#[async_trait]
impl IdempotencyReader for SqliteStore {
    async fn reply(&self, key: &ReplyKey, now: Timestamp) -> Result<Option<StoredReply>, StoreError> {
        let row = read("db.reply.find", find_query(key, now).fetch_optional(&self.reads)).await?;
        row.map(|row| stored(&row, key)).transpose()
    }

    async fn forget(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.writer.forget(now).await
    }
}

fn find_query(key: &ReplyKey, now: Timestamp) -> Query<'_> {
    sqlx::query(FIND).bind(&key.actor).bind(&key.operation).bind(&key.key).bind(now.micros())
}

fn stored(row: &SqliteRow, key: &ReplyKey) -> Result<StoredReply, StoreError> {
    whole(parse(row, key), "replies", || format!("{}/{}/{}", key.actor, key.operation, key.key))
}

fn parse(row: &SqliteRow, key: &ReplyKey) -> Result<StoredReply, Broken> {
    Ok(StoredReply {
        key: key.clone(),
        fingerprint: bytes(row, "fingerprint")?,
        created: field(row, "created")?,
        body: field(row, "body")?,
        expires_at: instant(row, "expires_at")?,
    })
}
