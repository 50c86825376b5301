use lp_access::{SecretHash, Session};
use lp_core::{SessionId, Timestamp, UserId};
use sqlx::SqliteConnection;

const BEGIN: &str = "INSERT INTO sessions (id, account, agent, created_at, renewed_at, expires_at, ended_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const ADD_REFRESH: &str = "INSERT INTO refresh_tokens (hash, session) VALUES (?1, ?2)";

/// Once, and for no other session than its own.
const USE_REFRESH: &str =
    "UPDATE refresh_tokens SET used_at = ?3 WHERE hash = ?1 AND session = ?2 AND used_at IS NULL";

const RENEW: &str = "UPDATE sessions SET renewed_at = ?2, expires_at = ?3 WHERE id = ?1";

const END: &str = "UPDATE sessions SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL";

const END_ALL: &str =
    "UPDATE sessions SET ended_at = ?3 WHERE account = ?1 AND id IS NOT ?2 AND ended_at IS NULL";

pub(super) async fn begin(
    connection: &mut SqliteConnection,
    new: &Session,
    refresh: SecretHash,
) -> Result<(), sqlx::Error> {
    sqlx::query(BEGIN)
        .bind(new.id.uuid())
        .bind(new.user.uuid())
        .bind(&new.agent)
        .bind(new.created_at.micros())
        .bind(new.renewed_at.micros())
        .bind(new.expires_at.micros())
        .bind(new.ended_at.map(Timestamp::micros))
        .execute(&mut *connection)
        .await?;
    add_refresh(connection, new.id, refresh).await
}

/// Whether the token could be used: where it was used before, or there is none, nothing is written.
pub(super) async fn renew(
    connection: &mut SqliteConnection,
    id: SessionId,
    used: SecretHash,
    next: SecretHash,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let query = sqlx::query(USE_REFRESH).bind(&used.0[..]).bind(id.uuid()).bind(at.micros());
    if query.execute(&mut *connection).await?.rows_affected() == 0 {
        return Ok(false);
    }
    add_refresh(connection, id, next).await?;
    let query = sqlx::query(RENEW).bind(id.uuid()).bind(at.micros()).bind(expires_at.micros());
    query.execute(connection).await.map(|_| true)
}

pub(super) async fn end(
    connection: &mut SqliteConnection,
    id: SessionId,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query(END).bind(id.uuid()).bind(at.micros()).execute(connection).await.map(drop)
}

pub(super) async fn end_all(
    connection: &mut SqliteConnection,
    user: UserId,
    except: Option<SessionId>,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(END_ALL).bind(user.uuid()).bind(except.map(SessionId::uuid)).bind(at.micros());
    query.execute(connection).await.map(drop)
}

async fn add_refresh(
    connection: &mut SqliteConnection,
    session: SessionId,
    hash: SecretHash,
) -> Result<(), sqlx::Error> {
    sqlx::query(ADD_REFRESH).bind(&hash.0[..]).bind(session.uuid()).execute(connection).await.map(drop)
}
