use async_trait::async_trait;
use lp_access::{RefreshRecord, SecretHash, Session};
use lp_core::{SessionId, Timestamp, UserId};
use lp_ports::{SessionReader, StoreError};
use sqlx::postgres::PgRow;

use crate::rows::{Broken, field, instant, instant_or_none, text, whole};
use crate::store::{PIECE, PgStore, in_pieces, int};

macro_rules! sessions {
    ($more:literal, $from:literal) => {
        concat!(
            "SELECT id, account, agent, created_at, renewed_at, expires_at, ended_at",
            $more,
            " FROM ",
            $from
        )
    };
}

const SESSION: &str = sessions!("", "sessions WHERE id = $1");

const OF_ACCOUNT: &str = sessions!("", "sessions WHERE account = $1 ORDER BY created_at DESC, id DESC");

const REFRESH: &str = sessions!(", used_at", "refresh_tokens JOIN sessions ON id = session WHERE hash = $1");

const FORGET_REFRESH: &str = "DELETE FROM refresh_tokens WHERE hash = ANY (ARRAY( \
         SELECT hash FROM sessions JOIN refresh_tokens ON session = id WHERE expires_at < $1 LIMIT $2))";

/// Those whose refresh tokens are all gone. One that was renewed meanwhile is looked at again.
const FORGET: &str = "DELETE FROM sessions WHERE expires_at < $1 AND id = ANY (ARRAY( \
         SELECT id FROM sessions WHERE expires_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM refresh_tokens WHERE session = sessions.id) LIMIT $2))";

#[async_trait]
impl SessionReader for PgStore {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let query = sqlx::query(SESSION).bind(id.uuid());
        let row = self.read("db.session.find", query.fetch_optional(self.pool())).await?;
        row.map(|row| whole(session(&row), "sessions", || id.to_string())).transpose()
    }

    async fn refresh(&self, hash: SecretHash) -> Result<Option<RefreshRecord>, StoreError> {
        let query = sqlx::query(REFRESH).bind(&hash.0[..]);
        let row = self.read("db.session.refresh", query.fetch_optional(self.pool())).await?;
        let Some(row) = row else { return Ok(None) };
        let session = whole(session(&row), "sessions", || session_name(&row))?;
        let used_at = whole(instant_or_none(&row, "used_at"), "refresh_tokens", || session.id.to_string())?;
        Ok(Some(RefreshRecord { session, used_at }))
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let query = sqlx::query(OF_ACCOUNT).bind(user.uuid());
        let rows = self.read("db.session.list", query.fetch_all(self.pool())).await?;
        rows.iter().map(|row| whole(session(row), "sessions", || session_name(row))).collect()
    }

    /// The refresh tokens first: a session that was renewed for months has thousands.
    async fn forget_sessions(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.forget_pieces(FORGET_REFRESH, before).await?;
        self.forget_pieces(FORGET, before).await
    }
}

impl PgStore {
    async fn forget_pieces(&self, statement: &'static str, before: Timestamp) -> Result<u64, StoreError> {
        in_pieces(|| async {
            let query = sqlx::query(statement).bind(before.micros()).bind(int(PIECE));
            let done = self.read("db.session.forget", query.execute(self.pool())).await?;
            Ok(done.rows_affected())
        })
        .await
    }
}

fn session(row: &PgRow) -> Result<Session, Broken> {
    Ok(Session {
        id: SessionId::new(field(row, "id")?),
        user: UserId::new(field(row, "account")?),
        agent: text(row, "agent")?,
        created_at: instant(row, "created_at")?,
        renewed_at: instant(row, "renewed_at")?,
        expires_at: instant(row, "expires_at")?,
        ended_at: instant_or_none(row, "ended_at")?,
    })
}

fn session_name(row: &PgRow) -> String {
    field(row, "id").map_or_else(|_| "?".to_owned(), |id| SessionId::new(id).to_string())
}
