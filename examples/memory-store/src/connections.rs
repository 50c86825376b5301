//! `ConnectionReader`: which apps may do what, and what they show for it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use lp_access::{Connection, CredentialRecord, Grants, SecretHash};
use lp_core::{ConnectionId, Handle, Timestamp, UserId};
use lp_ports::{CommitError, ConnectionChange, ConnectionReader, Guard, StoreError};

use crate::MemoryStore;

/// Who was let in.
#[derive(Clone, Default)]
pub(crate) struct Connections {
    begun: HashMap<ConnectionId, Connection>,
    /// By hash. Used ones stay, so that one that comes again is known.
    credentials: HashMap<[u8; 32], Credential>,
}

/// A code or token.
#[derive(Clone)]
struct Credential {
    connection: ConnectionId,
    grants: Grants,
    expires_at: Timestamp,
    used_at: Option<Timestamp>,
}

impl Connections {
    /// A code or token that is not there is none that could be used, and an access token is not used up.
    pub(crate) fn is_unused(&self, hash: SecretHash) -> bool {
        self.credentials.get(&hash.0).is_some_and(Credential::is_unused)
    }

    /// Writes one change of a batch of this handle. What belongs to another one is to it as if it were not there.
    pub(crate) fn change(&mut self, handle: &Handle, change: &ConnectionChange) -> Result<(), CommitError> {
        match change {
            ConnectionChange::Begun { connection, code, redirect_uri, challenge } => {
                let (redirect_uri, challenge) = (redirect_uri.clone(), *challenge);
                let credential = Credential::new(
                    connection.id,
                    Grants::Code { redirect_uri, challenge },
                    connection.expires_at,
                );
                let taken = self.begun.contains_key(&connection.id) || self.credentials.contains_key(&code.0);
                if connection.handle != *handle || taken {
                    return Err(corrupt(connection.id));
                }
                self.begun.insert(connection.id, (**connection).clone());
                self.credentials.insert(code.0, credential);
            }
            ConnectionChange::Renewed { used, .. } => {
                self.renew(handle, change).ok_or(CommitError::Stale(Guard::CredentialUnused(*used)))?;
            }
            ConnectionChange::Ended { id, at } => {
                if let Some(connection) = self.begun.get_mut(id).filter(|known| known.handle == *handle) {
                    // The first time counts.
                    connection.ended_at.get_or_insert(*at);
                }
            }
            ConnectionChange::AccessRevoked(hash) => {
                let token = self.credentials.get(&hash.0);
                let token = token.filter(|token| matches!(token.grants, Grants::Access(_)));
                let own = token.and_then(|token| self.begun.get(&token.connection));
                if own.is_some_and(|connection| connection.handle == *handle) {
                    self.credentials.remove(&hash.0);
                }
            }
        }
        Ok(())
    }

    /// What is shown is used once, and for no other connection than its own; `None` where it cannot be.
    fn renew(&mut self, handle: &Handle, change: &ConnectionChange) -> Option<()> {
        let ConnectionChange::Renewed {
            id,
            used,
            refresh,
            access,
            scopes,
            at,
            access_expires_at,
            expires_at,
        } = change
        else {
            return None;
        };
        if [refresh, access].into_iter().any(|hash| self.credentials.contains_key(&hash.0)) {
            return None;
        }
        let connection = self.begun.get_mut(id).filter(|known| known.handle == *handle)?;
        let shown = self.credentials.get_mut(&used.0);
        let shown = shown.filter(|shown| shown.connection == *id && shown.is_unused())?;
        shown.used_at = Some(*at);
        (connection.renewed_at, connection.expires_at) = (*at, *expires_at);
        let next = Credential::new(*id, Grants::Refresh, *expires_at);
        self.credentials.insert(refresh.0, next);
        let opens = Credential::new(*id, Grants::Access(scopes.clone()), *access_expires_at);
        self.credentials.insert(access.0, opens);
        Some(())
    }

    /// Keeps those connections with all that is theirs; says how many rows are gone.
    pub(crate) fn keep(&mut self, which: impl Fn(&Connection) -> bool) -> usize {
        let before = self.begun.len() + self.credentials.len();
        self.begun.retain(|_, connection| which(connection));
        let Self { begun, credentials } = self;
        credentials.retain(|_, credential| begun.contains_key(&credential.connection));
        before - begun.len() - credentials.len()
    }

    fn newest_first(&self, which: impl Fn(&Connection) -> bool) -> Vec<Connection> {
        let mut found: Vec<_> = self.begun.values().filter(|connection| which(connection)).cloned().collect();
        found.sort_by_key(|connection| Reverse((connection.created_at, connection.id)));
        found
    }
}

impl Credential {
    fn new(connection: ConnectionId, grants: Grants, expires_at: Timestamp) -> Self {
        Self { connection, grants, expires_at, used_at: None }
    }

    fn is_unused(&self) -> bool {
        self.used_at.is_none() && !matches!(self.grants, Grants::Access(_))
    }
}

/// Whether a connection or a token stands is judged by the domain: here it is just read.
#[async_trait]
impl ConnectionReader for MemoryStore {
    async fn connection(&self, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
        Ok(self.state().connections.begun.get(&id).cloned())
    }

    async fn credential(&self, hash: SecretHash) -> Result<Option<CredentialRecord>, StoreError> {
        let state = self.state();
        let Some(found) = state.connections.credentials.get(&hash.0).cloned() else { return Ok(None) };
        let Credential { connection, grants, expires_at, used_at } = found;
        let connection = state.connections.begun.get(&connection).cloned();
        Ok(connection.map(|connection| CredentialRecord { connection, grants, expires_at, used_at }))
    }

    async fn connections_of(&self, user: UserId) -> Result<Vec<Connection>, StoreError> {
        Ok(self.state().connections.newest_first(|connection| connection.user == user))
    }

    async fn connections_in(&self, handle: &Handle) -> Result<Vec<Connection>, StoreError> {
        Ok(self.state().connections.newest_first(|connection| connection.handle == *handle))
    }

    async fn note_connection_uses(&self, uses: &[(ConnectionId, Timestamp)]) -> Result<(), StoreError> {
        let mut state = self.state();
        let Connections { begun, .. } = Arc::make_mut(&mut state.connections);
        for (id, at) in uses {
            if let Some(connection) = begun.get_mut(id) {
                connection.last_used_at = connection.last_used_at.max(Some(*at));
            }
        }
        Ok(())
    }

    async fn forget_connections(
        &self,
        before: Timestamp,
        credentials_before: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut state = self.state();
        let connections = Arc::make_mut(&mut state.connections);
        let known = connections.begun.len();
        connections.keep(|connection| connection.expires_at >= before);
        connections.credentials.retain(|_, credential| credential.expires_at >= credentials_before);
        Ok((known - connections.begun.len()) as u64)
    }
}

fn corrupt(id: ConnectionId) -> CommitError {
    StoreError::Corrupt { table: "connections", row: id.to_string() }.into()
}
