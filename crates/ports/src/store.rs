use async_trait::async_trait;
use lp_core::Timestamp;
use thiserror::Error;

/// What an adapter says went wrong, for the log only.
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a store did not answer.
#[derive(Debug, Error)]
pub enum StoreError {
    /// It cannot be reached, is full, or is overloaded. The same call may succeed later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Source),
    /// A row holds what the domain does not allow. It is never shown as something else.
    #[error("row {row} of {table} contradicts the rules")]
    Corrupt {
        /// The table of the row.
        table: &'static str,
        /// What finds the row again.
        row: String,
    },
}

/// Whether a store can be used.
#[async_trait]
pub trait StoreHealth: Send + Sync {
    /// Succeeds where the store can be read now and this program can work with its schema.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Succeeds where the store takes writes too: it writes something of no meaning, durably. For checks by hand.
    async fn write_probe(&self) -> Result<(), StoreError>;

    /// What the store's own clock shows; `None` where it has none but the machine's.
    async fn clock(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Keeps the first value that is ever given under a name, and answers the one that is kept: how nodes find out that
    /// they were set up alike.
    async fn agree(&self, name: &str, value: &str) -> Result<String, StoreError>;

    /// The value that is kept under a name; `None` where none was given yet.
    async fn agreed(&self, name: &str) -> Result<Option<String>, StoreError>;
}
