use async_trait::async_trait;
use lp_access::{Connection, CredentialRecord, ProofChallenge, SecretHash};
use lp_core::{ConnectionId, Handle, Scopes, Timestamp, UserId};

use crate::StoreError;

/// One thing written about what apps may do. All of it belongs to the handle of the batch: a connection of another one
/// does not begin, and one that is there already is to it as if it were not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionChange {
    /// Somebody let an app in.
    Begun {
        /// As it is until its code is used; it expires with the code.
        connection: Box<Connection>,
        /// The code.
        code: SecretHash,
        /// Where the code was sent.
        redirect_uri: String,
        /// What only who asked can prove.
        challenge: ProofChallenge,
    },
    /// An app was given tokens for a code or a refresh token.
    Renewed {
        /// Which connection.
        id: ConnectionId,
        /// What was shown; from now on it is used.
        used: SecretHash,
        /// The refresh token that follows; it expires with the connection.
        refresh: SecretHash,
        /// The access token.
        access: SecretHash,
        /// What the access token allows.
        scopes: Scopes,
        /// When.
        at: Timestamp,
        /// When the access token expires.
        access_expires_at: Timestamp,
        /// When the connection expires now.
        expires_at: Timestamp,
    },
    /// A connection is over. Ending it again keeps the first instant.
    Ended {
        /// Which.
        id: ConnectionId,
        /// Since when.
        at: Timestamp,
    },
    /// An access token opens nothing any more: it is unknown from now on. Its connection goes on.
    AccessRevoked(SecretHash),
}

/// Reads which apps may do what, and notes when they did.
#[async_trait]
pub trait ConnectionReader: Send + Sync {
    /// The connection, ended or expired ones included; `None` where there never was one, or it is forgotten.
    async fn connection(&self, id: ConnectionId) -> Result<Option<Connection>, StoreError>;

    /// The code, refresh token or access token with this hash, used and expired ones included, and its connection.
    async fn credential(&self, hash: SecretHash) -> Result<Option<CredentialRecord>, StoreError>;

    /// The connections of a person, in whichever handle, newest first, ended and expired ones included.
    async fn connections_of(&self, user: UserId) -> Result<Vec<Connection>, StoreError>;

    /// The connections in a handle, whoever let them in, newest first, ended and expired ones included.
    async fn connections_in(&self, handle: &Handle) -> Result<Vec<Connection>, StoreError>;

    /// Notes when connections were last used; an earlier instant than the noted one changes nothing. No change of an
    /// actor: it leaves no audit, and no note in the change log.
    async fn note_connection_uses(&self, uses: &[(ConnectionId, Timestamp)]) -> Result<(), StoreError>;

    /// Drops connections that expired before the one instant, ended or not, with all that is theirs, and codes and tokens
    /// of others that expired before the other; says how many connections. Piece by piece, so that writers wait for one
    /// of them at most.
    async fn forget_connections(
        &self,
        before: Timestamp,
        credentials_before: Timestamp,
    ) -> Result<u64, StoreError>;
}
