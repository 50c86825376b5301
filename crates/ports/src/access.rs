use async_trait::async_trait;
use lp_access::{Account, Email, HandleRecord, TokenRecord};
use lp_core::{Handle, Role, TokenId, UserId};

use crate::StoreError;

/// Reads accounts, handles and tokens.
#[async_trait]
pub trait AccessReader: Send + Sync {
    /// The account of a mailbox; `None` where there is none.
    async fn account(&self, email: &Email) -> Result<Option<Account>, StoreError>;

    /// The handle's record; `None` where nobody has it.
    async fn handle(&self, handle: &Handle) -> Result<Option<HandleRecord>, StoreError>;

    /// The token, revoked or expired ones included; `None` where the id was never given out.
    async fn token(&self, id: TokenId) -> Result<Option<TokenRecord>, StoreError>;

    /// The tokens of a handle, oldest first, revoked ones included.
    async fn tokens(&self, handle: &Handle) -> Result<Vec<TokenRecord>, StoreError>;

    /// What the account may do in the handle; `None` for strangers.
    async fn role(&self, user: UserId, handle: &Handle) -> Result<Option<Role>, StoreError>;

    /// Whether the store has any account at all.
    async fn is_empty(&self) -> Result<bool, StoreError>;
}
