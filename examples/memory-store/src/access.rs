//! `AccessReader`: accounts, handles, members and tokens.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use lp_access::{Account, Email, HandleRecord, Members, Profile, Subscription, TokenRecord, WriteDay};
use lp_core::{Handle, Role, Timestamp, TokenId, UserId};
use lp_ports::{AccessReader, StoreError};

use crate::MemoryStore;

/// Who there is and what they hold.
#[derive(Clone, Default)]
pub(crate) struct Access {
    /// An [`Email`] is lower case already: one mailbox is one account.
    pub(crate) accounts: BTreeMap<Email, Account>,
    /// By key.
    pub(crate) handles: BTreeMap<Handle, HandleRecord>,
    /// Every name that was ever had, and the key of the handle that has or had it. Nothing is ever taken out.
    pub(crate) names: HashMap<Handle, Handle>,
    pub(crate) members: HashMap<Handle, Members>,
    pub(crate) profiles: HashMap<Handle, Profile>,
    pub(crate) tokens: HashMap<TokenId, TokenRecord>,
    /// How much accounts wrote on the last day on which they did.
    pub(crate) written: HashMap<UserId, WriteDay>,
}

impl Access {
    pub(crate) fn has_user(&self, id: UserId) -> bool {
        self.accounts.values().any(|account| account.id == id)
    }

    fn role(&self, handle: &Handle, user: UserId) -> Option<Role> {
        let members = self.members.get(handle)?;
        members.all().find(|(member, _)| *member == user).map(|(_, role)| role)
    }
}

#[async_trait]
impl AccessReader for MemoryStore {
    async fn account(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        Ok(self.state().access.accounts.get(email).cloned())
    }

    async fn account_of(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        Ok(self.state().access.accounts.values().find(|account| account.id == id).cloned())
    }

    async fn subscription(&self, id: UserId) -> Result<Option<Subscription>, StoreError> {
        let state = self.state();
        let account = state.access.accounts.values().find(|account| account.id == id);
        let written = state.access.written.get(&id).copied();
        Ok(account.map(|account| Subscription { terms: account.terms.clone(), written }))
    }

    async fn collaborators(&self, handle: &Handle) -> Result<u64, StoreError> {
        let state = self.state();
        let members = state.access.members.get(handle);
        Ok(members.map_or(0, |members| members.collaborators().count()) as u64)
    }

    async fn handles_of(&self, user: UserId) -> Result<Vec<(HandleRecord, Role)>, StoreError> {
        let state = self.state();
        let role = |handle: &Handle| state.access.role(handle, user);
        let handles = state.access.handles.values();
        let of_user = handles.filter_map(|record| Some((record.clone(), role(&record.handle)?)));
        let mut of_user: Vec<_> = of_user.collect();
        of_user.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        Ok(of_user)
    }

    async fn handle(&self, handle: &Handle) -> Result<Option<HandleRecord>, StoreError> {
        Ok(self.state().access.handles.get(handle).cloned())
    }

    /// Whether it has expired or was revoked is judged by the domain: here it is just read.
    async fn token(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError> {
        Ok(self.state().access.tokens.get(&id).cloned())
    }

    async fn note_token_uses(&self, uses: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
        let mut state = self.state();
        let mut access = (*state.access).clone();
        for (id, at) in uses {
            if let Some(token) = access.tokens.get_mut(id) {
                token.last_used_at = token.last_used_at.max(Some(*at));
            }
        }
        state.access = access.into();
        Ok(())
    }

    async fn tokens(&self, handle: &Handle) -> Result<Vec<TokenRecord>, StoreError> {
        let state = self.state();
        let mut tokens: Vec<_> =
            state.access.tokens.values().filter(|token| token.handle == *handle).cloned().collect();
        tokens.sort_by_key(|token| (token.created_at, token.id));
        Ok(tokens)
    }

    async fn role(&self, user: UserId, handle: &Handle) -> Result<Option<Role>, StoreError> {
        Ok(self.state().access.role(handle, user))
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.state().access.accounts.is_empty())
    }
}
