use async_trait::async_trait;
use lp_access::{HandleRecord, Members, Profile};
use lp_core::Handle;

use crate::StoreError;

/// Reads what handles are besides their records, and takes away what belonged to those that are gone.
#[async_trait]
pub trait HandleReader: Send + Sync {
    /// The members of a handle; `None` where there is no such handle.
    async fn members(&self, handle: &Handle) -> Result<Option<Members>, StoreError>;

    /// What the handle tells of itself; an empty one where nothing was ever told.
    async fn profile(&self, handle: &Handle) -> Result<Profile, StoreError>;

    /// The key of the handle that has, or ever had, this name, gone ones included; `None` where nobody ever had it.
    async fn named(&self, name: &Handle) -> Result<Option<Handle>, StoreError>;

    /// The handles whose names do not say all about them, in order of their keys: those that ever had another name, and
    /// those that are not active.
    async fn handles_apart(&self) -> Result<Vec<HandleRecord>, StoreError>;

    /// Takes away all that belonged to a handle, and at the end its record; says how many rows. Its names, its audit and
    /// its version stay for ever. Piece by piece, so that writers wait for one of them at most; what is begun may be gone
    /// on with. A handle in any other state than [`lp_access::HandleState::Purging`] keeps everything.
    async fn purge(&self, handle: &Handle) -> Result<u64, StoreError>;
}
