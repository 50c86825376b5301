//! `StoreHealth`: whether the store can be used, and what nodes agree on.

use async_trait::async_trait;
use lp_core::Timestamp;
use lp_ports::{StoreError, StoreHealth};

use crate::MemoryStore;

#[async_trait]
impl StoreHealth for MemoryStore {
    /// A store over a database asks it here whether it answers and has the schema that this program was written for.
    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// A store on a disk writes something here that reaches the disk. In memory there is nothing that could be full.
    async fn write_probe(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Only a clock that differs from the machine's is worth telling.
    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    /// Whoever comes first decides, and everybody is answered the same.
    async fn agree(&self, name: &str, value: &str) -> Result<String, StoreError> {
        let mut state = self.state();
        Ok(state.agreed.entry(name.to_owned()).or_insert_with(|| value.to_owned()).clone())
    }

    async fn agreed(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.state().agreed.get(name).cloned())
    }
}
