use async_trait::async_trait;
use lp_access::{
    Audience, ConnectedClient, Connection, CredentialKind, CredentialRecord, Grants, ProofChallenge,
    SecretHash,
};
use lp_core::{ConnectionId, Handle, Timestamp, UserId};
use lp_ports::{ConnectionReader, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::rows::{Broken, bytes, field, instant, instant_or_none, scopes, whole};
use crate::store::{SqliteStore, read};

const CREDENTIAL: &str = "SELECT connections.*, kind, redirect_uri, challenge, granted, valid_until, used_at \
     FROM connection_credentials JOIN connections ON connections.id = connection WHERE hash = ?1";

const OF_ACCOUNT: &str = "SELECT * FROM connections WHERE account = ?1 ORDER BY created_at DESC, id DESC";

const IN_HANDLE: &str = "SELECT * FROM connections WHERE handle = ?1 ORDER BY created_at DESC, id DESC";

const USED: &str = "UPDATE connections SET last_used_at = max(coalesce(last_used_at, ?2), ?2) WHERE id = ?1";

const FORGET_CREDENTIALS: &str = "DELETE FROM connection_credentials WHERE hash IN ( \
     SELECT hash FROM connection_credentials WHERE valid_until < ?1 LIMIT ?2)";

const FORGET_ALL_OF: &str = "DELETE FROM connection_credentials WHERE hash IN ( \
     SELECT hash FROM connections JOIN connection_credentials ON connection = connections.id \
     WHERE expires_at < ?1 LIMIT ?2)";

/// Those whose codes and tokens are all gone.
const FORGET: &str = "DELETE FROM connections WHERE id IN ( \
     SELECT id FROM connections WHERE expires_at < ?1 \
         AND NOT EXISTS (SELECT 1 FROM connection_credentials WHERE connection = connections.id) LIMIT ?2)";

/// How many rows are deleted in one transaction: commits wait for that long at most.
const PIECE: u64 = 20_000;

/// What has expired.
#[derive(Clone, Copy)]
pub(crate) struct Expired {
    /// Connections that expired before this.
    connections: Timestamp,
    /// Codes and tokens that expired before this.
    credentials: Timestamp,
}

/// What one transaction has forgotten.
pub(crate) struct Forgotten {
    connections: u64,
    /// Whether there may be more.
    more: bool,
}

/// Forgets some of what has expired.
pub(crate) async fn forget(
    connection: &mut SqliteConnection,
    expired: Expired,
) -> Result<Forgotten, sqlx::Error> {
    let mut rows = 0;
    let steps = [(FORGET_CREDENTIALS, expired.credentials), (FORGET_ALL_OF, expired.connections)];
    for (statement, before) in steps {
        rows += forget_some(connection, statement, before, PIECE - rows).await?;
        if rows >= PIECE {
            return Ok(Forgotten { connections: 0, more: true });
        }
    }
    let left = PIECE - rows;
    let connections = forget_some(connection, FORGET, expired.connections, left).await?;
    Ok(Forgotten { connections, more: connections == left })
}

async fn forget_some(
    connection: &mut SqliteConnection,
    statement: &'static str,
    before: Timestamp,
    most: u64,
) -> Result<u64, sqlx::Error> {
    let query = sqlx::query(statement).bind(before.micros()).bind(most.cast_signed());
    query.execute(connection).await.map(|done| done.rows_affected())
}

/// Notes uses of connections; an earlier one than is noted changes nothing.
pub(crate) async fn note_uses(
    connection: &mut SqliteConnection,
    uses: &[(ConnectionId, Timestamp)],
) -> Result<(), sqlx::Error> {
    for (id, at) in uses {
        let query = sqlx::query(USED).bind(id.uuid()).bind(at.micros());
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

#[async_trait]
impl ConnectionReader for SqliteStore {
    async fn connection(&self, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
        let query = sqlx::query("SELECT * FROM connections WHERE id = ?1").bind(id.uuid());
        let row = read("db.connection.find", query.fetch_optional(&self.reads)).await?;
        row.map(|row| whole(connection(&row), "connections", || id.to_string())).transpose()
    }

    async fn credential(&self, hash: SecretHash) -> Result<Option<CredentialRecord>, StoreError> {
        let query = sqlx::query(CREDENTIAL).bind(&hash.0[..]);
        let Some(row) = read("db.connection.credential", query.fetch_optional(&self.reads)).await? else {
            return Ok(None);
        };
        let connection = whole(connection(&row), "connections", || name(&row))?;
        let id = connection.id;
        whole(credential(&row, connection), "connection_credentials", || id.to_string()).map(Some)
    }

    async fn connections_of(&self, user: UserId) -> Result<Vec<Connection>, StoreError> {
        let query = sqlx::query(OF_ACCOUNT).bind(user.uuid());
        let rows = read("db.connection.of", query.fetch_all(&self.reads)).await?;
        rows.iter().map(|row| whole(connection(row), "connections", || name(row))).collect()
    }

    async fn connections_in(&self, handle: &Handle) -> Result<Vec<Connection>, StoreError> {
        let query = sqlx::query(IN_HANDLE).bind(handle.as_str());
        let rows = read("db.connection.in", query.fetch_all(&self.reads)).await?;
        rows.iter().map(|row| whole(connection(row), "connections", || name(row))).collect()
    }

    async fn note_connection_uses(&self, uses: &[(ConnectionId, Timestamp)]) -> Result<(), StoreError> {
        self.writer.note_connection_uses(uses.to_vec()).await
    }

    async fn forget_connections(
        &self,
        before: Timestamp,
        credentials_before: Timestamp,
    ) -> Result<u64, StoreError> {
        let expired = Expired { connections: before, credentials: credentials_before };
        let mut forgotten = 0;
        loop {
            let piece = self.writer.forget_connections(expired).await?;
            forgotten += piece.connections;
            if !piece.more {
                return Ok(forgotten);
            }
        }
    }
}

fn connection(row: &SqliteRow) -> Result<Connection, Broken> {
    let client = ConnectedClient {
        id: field(row, "client")?,
        name: field(row, "client_name")?,
        place: field(row, "client_place")?,
    };
    Ok(Connection {
        id: ConnectionId::new(field(row, "id")?),
        handle: Handle::parse(field(row, "handle")?)?,
        user: UserId::new(field(row, "account")?),
        client,
        audience: Audience::parse(field(row, "audience")?).ok_or_else(|| Broken::new("audience"))?,
        scopes: scopes(row, "scopes")?,
        created_at: instant(row, "created_at")?,
        renewed_at: instant(row, "renewed_at")?,
        expires_at: instant(row, "expires_at")?,
        ended_at: instant_or_none(row, "ended_at")?,
        last_used_at: instant_or_none(row, "last_used_at")?,
    })
}

fn credential(row: &SqliteRow, connection: Connection) -> Result<CredentialRecord, Broken> {
    let grants = match CredentialKind::parse(field(row, "kind")?).ok_or_else(|| Broken::new("kind"))? {
        CredentialKind::Code => Grants::Code {
            redirect_uri: field(row, "redirect_uri")?,
            challenge: ProofChallenge(bytes(row, "challenge")?),
        },
        CredentialKind::Refresh => Grants::Refresh,
        CredentialKind::Access => Grants::Access(scopes(row, "granted")?),
    };
    let (expires_at, used_at) = (instant(row, "valid_until")?, instant_or_none(row, "used_at")?);
    Ok(CredentialRecord { connection, grants, expires_at, used_at })
}

fn name(row: &SqliteRow) -> String {
    field(row, "id").map_or_else(|_| "?".to_owned(), |id| ConnectionId::new(id).to_string())
}
