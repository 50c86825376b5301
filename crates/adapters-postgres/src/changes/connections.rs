use lp_access::{Connection, ProofChallenge, SecretHash};
use lp_core::{Handle, Timestamp};
use lp_ports::ConnectionChange;
use sqlx::PgConnection;

use crate::rows::scope_list;
use crate::text::stored;

const BEGIN: &str = "WITH begun AS ( \
         INSERT INTO connections (id, handle, account, client, client_name, client_place, audience, scopes, \
             created_at, renewed_at, expires_at, ended_at, last_used_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9, $10, $11, $12, $13)) \
     INSERT INTO connection_credentials (hash, connection, handle, kind, redirect_uri, challenge, valid_until) \
     VALUES ($14, $1, $2, 'CODE', $15, $16, $11)";

/// The code or token is used once, and for no other connection than its own, nor one of another handle; where it cannot
/// be, nothing else happens. Access tokens are not used up. Who had to wait for another that uses it looks again.
const RENEW: &str = "WITH used AS ( \
         UPDATE connection_credentials SET used_at = $7 \
         WHERE hash = $3 AND connection = $1 AND handle = $2 AND kind <> 'ACCESS' AND used_at IS NULL \
         RETURNING connection), \
     renewed AS ( \
         UPDATE connections SET renewed_at = $7, expires_at = $9 FROM used \
         WHERE connections.id = used.connection) \
     INSERT INTO connection_credentials (hash, connection, handle, kind, granted, valid_until) \
     SELECT new.hash, used.connection, $2, new.kind, new.granted, new.valid_until FROM used, \
         (VALUES ($4::bytea, 'REFRESH', NULL::jsonb, $9::bigint), \
             ($5::bytea, 'ACCESS', $6::text::jsonb, $8::bigint)) AS new (hash, kind, granted, valid_until)";

const END: &str = "UPDATE connections SET ended_at = $3 WHERE id = $1 AND handle = $2 AND ended_at IS NULL";

const REVOKE: &str = "DELETE FROM connection_credentials WHERE hash = $1 AND handle = $2 AND kind = 'ACCESS'";

/// Writes one change of a batch of this handle. Whether it could be written: a code or token that cannot be used renews
/// nothing.
pub(super) async fn apply(
    connection: &mut PgConnection,
    handle: &Handle,
    change: &ConnectionChange,
) -> Result<bool, sqlx::Error> {
    let query = match change {
        ConnectionChange::Begun { connection: new, code, redirect_uri, challenge } => {
            return begin(connection, new, *code, redirect_uri, challenge).await.map(|()| true);
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
            let query = sqlx::query(RENEW).bind(id.uuid()).bind(handle.as_str());
            let query =
                query.bind(&used.0[..]).bind(&refresh.0[..]).bind(&access.0[..]).bind(scope_list(scopes));
            let query = query.bind(at.micros()).bind(access_expires_at.micros()).bind(expires_at.micros());
            return query.execute(connection).await.map(|done| done.rows_affected() == 2);
        }
        ConnectionChange::Ended { id, at } => {
            sqlx::query(END).bind(id.uuid()).bind(handle.as_str()).bind(at.micros())
        }
        ConnectionChange::AccessRevoked(hash) => sqlx::query(REVOKE).bind(&hash.0[..]).bind(handle.as_str()),
    };
    query.execute(connection).await.map(|_| true)
}

async fn begin(
    connection: &mut PgConnection,
    new: &Connection,
    code: SecretHash,
    redirect_uri: &str,
    challenge: &ProofChallenge,
) -> Result<(), sqlx::Error> {
    sqlx::query(BEGIN)
        .bind(new.id.uuid())
        .bind(new.handle.as_str())
        .bind(new.user.uuid())
        .bind(stored(&new.client.id))
        .bind(stored(&new.client.name))
        .bind(stored(&new.client.place))
        .bind(new.audience.as_str())
        .bind(scope_list(&new.scopes))
        .bind(new.created_at.micros())
        .bind(new.renewed_at.micros())
        .bind(new.expires_at.micros())
        .bind(new.ended_at.map(Timestamp::micros))
        .bind(new.last_used_at.map(Timestamp::micros))
        .bind(&code.0[..])
        .bind(stored(redirect_uri))
        .bind(&challenge.0[..])
        .execute(connection)
        .await
        .map(drop)
}
