use lp_access::{Connection, CredentialKind, ProofChallenge, SecretHash};
use lp_core::{ConnectionId, Handle, Scopes, Timestamp};
use lp_ports::{CommitError, ConnectionChange, Guard};
use sqlx::SqliteConnection;

use crate::commit::Halt;
use crate::rows::scope_list;

const BEGIN: &str = "INSERT INTO connections (id, handle, account, client, client_name, client_place, audience, scopes, \
         created_at, renewed_at, expires_at, ended_at, last_used_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

const ADD_CODE: &str = "INSERT INTO connection_credentials (hash, connection, kind, redirect_uri, challenge, valid_until) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const ADD_TOKEN: &str = "INSERT INTO connection_credentials (hash, connection, kind, granted, valid_until) VALUES (?1, ?2, ?3, ?4, ?5)";

/// Once, and for no other connection than its own, nor one of another handle. Access tokens are not used up.
const USE: &str = "UPDATE connection_credentials SET used_at = ?4 \
     WHERE hash = ?1 AND connection = (SELECT id FROM connections WHERE id = ?2 AND handle = ?3) \
         AND kind <> 'ACCESS' AND used_at IS NULL";

const RENEW: &str = "UPDATE connections SET renewed_at = ?2, expires_at = ?3 WHERE id = ?1";

const END: &str = "UPDATE connections SET ended_at = ?3 WHERE id = ?1 AND handle = ?2 AND ended_at IS NULL";

const REVOKE: &str = "DELETE FROM connection_credentials WHERE hash = ?1 AND kind = 'ACCESS' \
     AND connection IN (SELECT id FROM connections WHERE handle = ?2)";

/// Writes one change of a batch of this handle. A code or token that cannot be used renews nothing.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
    handle: &Handle,
    change: &ConnectionChange,
) -> Result<(), Halt> {
    match change {
        ConnectionChange::Begun { connection: new, code, redirect_uri, challenge } => {
            begin(connection, new).await?;
            add_code(connection, new, *code, redirect_uri, challenge).await?;
        }
        ConnectionChange::Renewed {
            id,
            used,
            refresh,
            access,
            scopes,
            at,
            access_expires_at,
            expires_at,
        } => {
            if !use_up(connection, handle, *id, *used, *at).await? {
                return Err(CommitError::Stale(Guard::CredentialUnused(*used)).into());
            }
            add_token(connection, *id, *refresh, None, *expires_at).await?;
            add_token(connection, *id, *access, Some(scopes), *access_expires_at).await?;
            let query = sqlx::query(RENEW).bind(id.uuid()).bind(at.micros()).bind(expires_at.micros());
            query.execute(connection).await?;
        }
        ConnectionChange::Ended { id, at } => {
            let query = sqlx::query(END).bind(id.uuid()).bind(handle.as_str()).bind(at.micros());
            query.execute(connection).await?;
        }
        ConnectionChange::AccessRevoked(hash) => {
            let query = sqlx::query(REVOKE).bind(&hash.0[..]).bind(handle.as_str());
            query.execute(connection).await?;
        }
    }
    Ok(())
}

async fn begin(connection: &mut SqliteConnection, new: &Connection) -> Result<(), sqlx::Error> {
    sqlx::query(BEGIN)
        .bind(new.id.uuid())
        .bind(new.handle.as_str())
        .bind(new.user.uuid())
        .bind(&new.client.id)
        .bind(&new.client.name)
        .bind(&new.client.place)
        .bind(new.audience.as_str())
        .bind(scope_list(&new.scopes))
        .bind(new.created_at.micros())
        .bind(new.renewed_at.micros())
        .bind(new.expires_at.micros())
        .bind(new.ended_at.map(Timestamp::micros))
        .bind(new.last_used_at.map(Timestamp::micros))
        .execute(connection)
        .await
        .map(drop)
}

async fn add_code(
    connection: &mut SqliteConnection,
    new: &Connection,
    code: SecretHash,
    redirect_uri: &str,
    challenge: &ProofChallenge,
) -> Result<(), sqlx::Error> {
    sqlx::query(ADD_CODE)
        .bind(&code.0[..])
        .bind(new.id.uuid())
        .bind(CredentialKind::Code.as_str())
        .bind(redirect_uri)
        .bind(&challenge.0[..])
        .bind(new.expires_at.micros())
        .execute(connection)
        .await
        .map(drop)
}

/// Whether it could be used: where it was used before, or there is none, nothing is written.
async fn use_up(
    connection: &mut SqliteConnection,
    handle: &Handle,
    id: ConnectionId,
    used: SecretHash,
    at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let query = sqlx::query(USE).bind(&used.0[..]).bind(id.uuid()).bind(handle.as_str()).bind(at.micros());
    query.execute(connection).await.map(|done| done.rows_affected() == 1)
}

/// An access token with its scopes, a refresh token without.
async fn add_token(
    connection: &mut SqliteConnection,
    id: ConnectionId,
    hash: SecretHash,
    granted: Option<&Scopes>,
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    let kind = if granted.is_some() { CredentialKind::Access } else { CredentialKind::Refresh };
    sqlx::query(ADD_TOKEN)
        .bind(&hash.0[..])
        .bind(id.uuid())
        .bind(kind.as_str())
        .bind(granted.map(scope_list))
        .bind(expires_at.micros())
        .execute(connection)
        .await
        .map(drop)
}
