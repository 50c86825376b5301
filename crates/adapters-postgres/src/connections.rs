use async_trait::async_trait;
use lp_access::{
    Audience, ConnectedClient, Connection, CredentialKind, CredentialRecord, Grants, ProofChallenge,
    SecretHash,
};
use lp_core::{ConnectionId, Handle, Timestamp, UserId};
use lp_ports::{ConnectionReader, StoreError};
use sqlx::postgres::PgRow;

use crate::rows::{Broken, bytes, field, instant, instant_or_none, scopes, text, whole};
use crate::store::{PIECE, PgStore, in_pieces, int};

macro_rules! connections {
    ($more:literal, $from:literal) => {
        concat!(
            "SELECT connections.id, connections.handle, account, client, client_name, client_place, audience, \
             scopes::text AS scopes, created_at, renewed_at, expires_at, ended_at, last_used_at",
            $more,
            " FROM ",
            $from
        )
    };
}

const CONNECTION: &str = connections!("", "connections WHERE id = $1");

const OF_ACCOUNT: &str =
    connections!("", "connections WHERE account = $1 ORDER BY created_at DESC, connections.id DESC");

const IN_HANDLE: &str =
    connections!("", "connections WHERE handle = $1 ORDER BY created_at DESC, connections.id DESC");

const CREDENTIAL: &str = connections!(
    ", kind, redirect_uri, challenge, granted::text AS granted, valid_until, used_at",
    "connection_credentials JOIN connections ON connections.id = connection WHERE hash = $1"
);

/// In the order of their ids: nodes that note the same connections at a time wait for each other and do not lock crosswise.
const USED: &str = "WITH noted AS ( \
         SELECT connections.id, used.at FROM unnest($1::uuid[], $2::bigint[]) AS used (id, at) \
         JOIN connections ON connections.id = used.id ORDER BY connections.id FOR UPDATE OF connections) \
     UPDATE connections SET last_used_at = greatest(last_used_at, noted.at) FROM noted \
     WHERE connections.id = noted.id";

const FORGET_CREDENTIALS: &str = "DELETE FROM connection_credentials WHERE hash = ANY (ARRAY( \
         SELECT hash FROM connection_credentials WHERE valid_until < $1 LIMIT $2))";

const FORGET_ALL_OF: &str = "DELETE FROM connection_credentials WHERE hash = ANY (ARRAY( \
         SELECT hash FROM connections JOIN connection_credentials ON connection = id \
             WHERE expires_at < $1 LIMIT $2))";

/// Those whose codes and tokens are all gone. One that was renewed meanwhile is looked at again.
const FORGET: &str = "DELETE FROM connections WHERE expires_at < $1 AND id = ANY (ARRAY( \
         SELECT id FROM connections WHERE expires_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM connection_credentials WHERE connection = connections.id) LIMIT $2))";

#[async_trait]
impl ConnectionReader for PgStore {
    async fn connection(&self, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
        let query = sqlx::query(CONNECTION).bind(id.uuid());
        let row = self.read("db.connection.find", query.fetch_optional(self.pool())).await?;
        row.map(|row| whole(connection(&row), "connections", || id.to_string())).transpose()
    }

    async fn credential(&self, hash: SecretHash) -> Result<Option<CredentialRecord>, StoreError> {
        let query = sqlx::query(CREDENTIAL).bind(&hash.0[..]);
        let row = self.read("db.connection.credential", query.fetch_optional(self.pool())).await?;
        let Some(row) = row else { return Ok(None) };
        let connection = whole(connection(&row), "connections", || name(&row))?;
        let id = connection.id;
        whole(credential(&row, connection), "connection_credentials", || id.to_string()).map(Some)
    }

    async fn connections_of(&self, user: UserId) -> Result<Vec<Connection>, StoreError> {
        let query = sqlx::query(OF_ACCOUNT).bind(user.uuid());
        let rows = self.read("db.connection.of", query.fetch_all(self.pool())).await?;
        rows.iter().map(|row| whole(connection(row), "connections", || name(row))).collect()
    }

    async fn connections_in(&self, handle: &Handle) -> Result<Vec<Connection>, StoreError> {
        let query = sqlx::query(IN_HANDLE).bind(handle.as_str());
        let rows = self.read("db.connection.in", query.fetch_all(self.pool())).await?;
        rows.iter().map(|row| whole(connection(row), "connections", || name(row))).collect()
    }

    async fn note_connection_uses(&self, uses: &[(ConnectionId, Timestamp)]) -> Result<(), StoreError> {
        let ids: Vec<_> = uses.iter().map(|(id, _)| id.uuid()).collect();
        let instants: Vec<_> = uses.iter().map(|(_, at)| at.micros()).collect();
        let query = sqlx::query(USED).bind(ids).bind(instants);
        self.read("db.connection.note_uses", query.execute(self.pool())).await.map(drop)
    }

    async fn forget_connections(
        &self,
        before: Timestamp,
        credentials_before: Timestamp,
    ) -> Result<u64, StoreError> {
        self.forget_some(FORGET_CREDENTIALS, credentials_before).await?;
        self.forget_some(FORGET_ALL_OF, before).await?;
        self.forget_some(FORGET, before).await
    }
}

impl PgStore {
    async fn forget_some(&self, statement: &'static str, before: Timestamp) -> Result<u64, StoreError> {
        in_pieces(|| async {
            let query = sqlx::query(statement).bind(before.micros()).bind(int(PIECE));
            let done = self.read("db.connection.forget", query.execute(self.pool())).await?;
            Ok(done.rows_affected())
        })
        .await
    }
}

fn connection(row: &PgRow) -> Result<Connection, Broken> {
    let client = ConnectedClient {
        id: text(row, "client")?,
        name: text(row, "client_name")?,
        place: text(row, "client_place")?,
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

fn credential(row: &PgRow, connection: Connection) -> Result<CredentialRecord, Broken> {
    let grants = match CredentialKind::parse(field(row, "kind")?).ok_or_else(|| Broken::new("kind"))? {
        CredentialKind::Code => Grants::Code {
            redirect_uri: text(row, "redirect_uri")?,
            challenge: ProofChallenge(bytes(row, "challenge")?),
        },
        CredentialKind::Refresh => Grants::Refresh,
        CredentialKind::Access => Grants::Access(scopes(row, "granted")?),
    };
    let (expires_at, used_at) = (instant(row, "valid_until")?, instant_or_none(row, "used_at")?);
    Ok(CredentialRecord { connection, grants, expires_at, used_at })
}

fn name(row: &PgRow) -> String {
    field(row, "id").map_or_else(|_| "?".to_owned(), |id| ConnectionId::new(id).to_string())
}
