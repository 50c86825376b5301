//! `SessionReader`: who is signed in, and what renews it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use lp_access::{RefreshRecord, SecretHash, Session};
use lp_core::{SessionId, Timestamp, UserId};
use lp_ports::{SessionReader, StoreError};

use crate::MemoryStore;

/// Who is signed in, and who was.
#[derive(Clone, Default)]
pub(crate) struct Sessions {
    pub(crate) begun: HashMap<SessionId, Session>,
    /// By the bytes of their hashes. Used ones stay: one that comes again was stolen.
    pub(crate) refresh: HashMap<[u8; 32], Refresh>,
}

/// A refresh token.
#[derive(Clone)]
pub(crate) struct Refresh {
    pub(crate) session: SessionId,
    pub(crate) used_at: Option<Timestamp>,
}

impl Sessions {
    /// A token that is not there is none that could be used.
    pub(crate) fn is_unused(&self, hash: SecretHash) -> bool {
        self.refresh.get(&hash.0).is_some_and(|token| token.used_at.is_none())
    }
}

/// Whether a session has expired or ended is judged by the domain: here it is just read.
#[async_trait]
impl SessionReader for MemoryStore {
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.state().sessions.begun.get(&id).cloned())
    }

    async fn refresh(&self, hash: SecretHash) -> Result<Option<RefreshRecord>, StoreError> {
        let state = self.state();
        let Some(token) = state.sessions.refresh.get(&hash.0) else { return Ok(None) };
        let session = state.sessions.begun.get(&token.session).cloned();
        Ok(session.map(|session| RefreshRecord { session, used_at: token.used_at }))
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let state = self.state();
        let mut sessions: Vec<_> =
            state.sessions.begun.values().filter(|session| session.user == user).cloned().collect();
        sessions.sort_by_key(|session| Reverse((session.created_at, session.id)));
        Ok(sessions)
    }

    async fn forget_sessions(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut state = self.state();
        let Sessions { begun, refresh } = Arc::make_mut(&mut state.sessions);
        let known = begun.len();
        begun.retain(|_, session| session.expires_at >= before);
        refresh.retain(|_, token| begun.contains_key(&token.session));
        Ok((known - begun.len()) as u64)
    }
}
