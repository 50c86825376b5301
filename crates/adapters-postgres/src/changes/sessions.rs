use lp_access::{SecretHash, Session};
use lp_core::{SessionId, Timestamp, UserId};
use sqlx::PgConnection;

use crate::text::stored;

const BEGIN: &str = "WITH begun AS ( \
         INSERT INTO sessions (id, account, agent, created_at, renewed_at, expires_at, ended_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)) \
     INSERT INTO refresh_tokens (hash, session) VALUES ($8, $1)";

/// The token is used once, and for no other session than its own; where it cannot be, nothing else happens. Who had to
/// wait for another that uses it looks again.
const RENEW: &str = "WITH used AS ( \
         UPDATE refresh_tokens SET used_at = $4 WHERE hash = $2 AND session = $1 AND used_at IS NULL \
         RETURNING session), \
     renewed AS ( \
         UPDATE sessions SET renewed_at = $4, expires_at = $5 FROM used WHERE sessions.id = used.session) \
     INSERT INTO refresh_tokens (hash, session) SELECT $3, session FROM used";

const END: &str = "UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";

const END_ALL: &str =
    "UPDATE sessions SET ended_at = $3 WHERE account = $1 AND id IS DISTINCT FROM $2 AND ended_at IS NULL";

pub(super) async fn begin(
    connection: &mut PgConnection,
    new: &Session,
    refresh: SecretHash,
) -> Result<(), sqlx::Error> {
    sqlx::query(BEGIN)
        .bind(new.id.uuid())
        .bind(new.user.uuid())
        .bind(stored(&new.agent))
        .bind(new.created_at.micros())
        .bind(new.renewed_at.micros())
        .bind(new.expires_at.micros())
        .bind(new.ended_at.map(Timestamp::micros))
        .bind(&refresh.0[..])
        .execute(connection)
        .await
        .map(drop)
}

/// Whether the token could be used.
pub(super) async fn renew(
    connection: &mut PgConnection,
    id: SessionId,
    used: SecretHash,
    next: SecretHash,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<bool, sqlx::Error> {
    sqlx::query(RENEW)
        .bind(id.uuid())
        .bind(&used.0[..])
        .bind(&next.0[..])
        .bind(at.micros())
        .bind(expires_at.micros())
        .execute(connection)
        .await
        .map(|done| done.rows_affected() == 1)
}

pub(super) async fn end(
    connection: &mut PgConnection,
    id: SessionId,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(END).bind(id.uuid()).bind(at.micros()).execute(connection).await.map(drop)
}

pub(super) async fn end_all(
    connection: &mut PgConnection,
    user: UserId,
    except: Option<SessionId>,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(END_ALL).bind(user.uuid()).bind(except.map(SessionId::uuid)).bind(at.micros());
    query.execute(connection).await.map(drop)
}
