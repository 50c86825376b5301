use async_trait::async_trait;
use lp_access::{RefreshRecord, SecretHash, Session};
use lp_core::{SessionId, Timestamp, UserId};
use lp_ports::{SessionReader, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::rows::{Broken, field, instant, instant_or_none, whole};
use crate::store::{SqliteStore, read};

const REFRESH: &str = "SELECT sessions.*, used_at FROM refresh_tokens JOIN sessions ON sessions.id = session \
     WHERE hash = ?1";

const OF_ACCOUNT: &str = "SELECT * FROM sessions WHERE account = ?1 ORDER BY created_at DESC, id DESC";

const FORGET_REFRESH: &str = "DELETE FROM refresh_tokens WHERE hash IN ( \
     SELECT hash FROM sessions JOIN refresh_tokens ON session = sessions.id WHERE expires_at < ?1 LIMIT ?2)";

/// Those whose refresh tokens are all gone.
const FORGET: &str = "DELETE FROM sessions WHERE expires_at < ?1 \
     AND NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE refresh_tokens.session = sessions.id)";

/// How many refresh tokens are deleted in one transaction: commits wait for that long at most. A session that was renewed
/// for months has thousands.
const PIECE: u32 = 20_000;

/// What one transaction has forgotten.
pub(crate) struct Forgotten {
    sessions: u64,
    /// Whether there may be more.
    more: bool,
}

/// Forgets some of what has expired.
pub(crate) async fn forget(
    connection: &mut SqliteConnection,
    before: Timestamp,
) -> Result<Forgotten, sqlx::Error> {
    let tokens = sqlx::query(FORGET_REFRESH).bind(before.micros()).bind(PIECE);
    let tokens = tokens.execute(&mut *connection).await?.rows_affected();
    let sessions = sqlx::query(FORGET).bind(before.micros()).execute(connection).await?.rows_affected();
    Ok(Forgotten { sessions, more: tokens == u64::from(PIECE) })
}

#[async_trait]
impl SessionReader for SqliteStore {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let query = sqlx::query("SELECT * FROM sessions WHERE id = ?1").bind(id.uuid());
        let row = read("db.session.find", query.fetch_optional(&self.reads)).await?;
        row.map(|row| whole(session(&row), "sessions", || id.to_string())).transpose()
    }

    async fn refresh(&self, hash: SecretHash) -> Result<Option<RefreshRecord>, StoreError> {
        let query = sqlx::query(REFRESH).bind(&hash.0[..]);
        let Some(row) = read("db.session.refresh", query.fetch_optional(&self.reads)).await? else {
            return Ok(None);
        };
        let session = whole(session(&row), "sessions", || session_name(&row))?;
        let used_at = whole(instant_or_none(&row, "used_at"), "refresh_tokens", || session.id.to_string())?;
        Ok(Some(RefreshRecord { session, used_at }))
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let query = sqlx::query(OF_ACCOUNT).bind(user.uuid());
        let rows = read("db.session.list", query.fetch_all(&self.reads)).await?;
        rows.iter().map(|row| whole(session(row), "sessions", || session_name(row))).collect()
    }

    async fn forget_sessions(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        loop {
            let piece = self.writer.forget_sessions(before).await?;
            forgotten += piece.sessions;
            if !piece.more {
                return Ok(forgotten);
            }
        }
    }
}

fn session(row: &SqliteRow) -> Result<Session, Broken> {
    Ok(Session {
        id: SessionId::new(field(row, "id")?),
        user: UserId::new(field(row, "account")?),
        agent: field(row, "agent")?,
        created_at: instant(row, "created_at")?,
        renewed_at: instant(row, "renewed_at")?,
        expires_at: instant(row, "expires_at")?,
        ended_at: instant_or_none(row, "ended_at")?,
    })
}

fn session_name(row: &SqliteRow) -> String {
    field(row, "id").map_or_else(|_| "?".to_owned(), |id| SessionId::new(id).to_string())
}
