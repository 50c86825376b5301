use async_trait::async_trait;
use lp_access::{
    Account, Email, HandleRecord, RefreshRecord, SecretHash, Session, Subscription, TokenRecord,
};
use lp_core::{Handle, Role, SessionId, Timestamp, TokenId, UserId};

use crate::StoreError;

/// Reads accounts, handles and tokens, and notes when tokens were used.
#[async_trait]
pub trait AccessReader: Send + Sync {
    /// The account of a mailbox; `None` where there is none.
    async fn account(&self, email: &Email) -> Result<Option<Account>, StoreError>;

    /// The account with this id; `None` where there is none.
    async fn account_of(&self, id: UserId) -> Result<Option<Account>, StoreError>;

    /// The account's terms as they are now, and what it has written; `None` where there is no such account.
    async fn subscription(&self, id: UserId) -> Result<Option<Subscription>, StoreError>;

    /// How many members of the handle do not own it.
    async fn collaborators(&self, handle: &Handle) -> Result<u64, StoreError>;

    /// The handles in which the account is a member, in order of their present names, with its role.
    async fn handles_of(&self, user: UserId) -> Result<Vec<(HandleRecord, Role)>, StoreError>;

    /// The record of the handle with this key; `None` where there is none.
    async fn handle(&self, handle: &Handle) -> Result<Option<HandleRecord>, StoreError>;

    /// The token, revoked or expired ones included; `None` where the id was never given out.
    async fn token(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError>;

    /// The tokens of a handle, oldest first, revoked ones included.
    async fn tokens(&self, handle: &Handle) -> Result<Vec<TokenRecord>, StoreError>;

    /// Notes when tokens were last used; an earlier instant than the noted one changes nothing. No change of an actor:
    /// it leaves no audit, and no note in the change log.
    async fn note_token_uses(&self, uses: &[(TokenId, Timestamp)]) -> Result<(), StoreError>;

    /// What the account may do in the handle; `None` for strangers.
    async fn role(&self, user: UserId, handle: &Handle) -> Result<Option<Role>, StoreError>;

    /// Whether the store has any account at all.
    async fn is_empty(&self) -> Result<bool, StoreError>;
}

/// Reads who is signed in.
#[async_trait]
pub trait SessionReader: Send + Sync {
    /// The session, ended or expired ones included; `None` where there never was one, or it is forgotten.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// The refresh token with this hash, used ones included, and its session.
    async fn refresh(&self, hash: SecretHash) -> Result<Option<RefreshRecord>, StoreError>;

    /// The sessions of an account, newest first, ended ones included.
    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError>;

    /// Drops sessions that expired before this instant, ended or not, with their refresh tokens; says how many.
    async fn forget_sessions(&self, before: Timestamp) -> Result<u64, StoreError>;
}
