use std::future::Future;

use async_trait::async_trait;
use lp_core::Timestamp;
use lp_ports::{StoreError, StoreHealth};
use sqlx::SqlitePool;
use tracing::Instrument;

use crate::fault::unavailable;
use crate::migrations::LATEST;
use crate::writer::Writer;

/// A SQLite database as a store. Clones share it.
#[derive(Clone)]
pub struct SqliteStore {
    pub(crate) reads: SqlitePool,
    /// For reads that may look at every row of a handle: they wait for each other, and nobody else for them.
    pub(crate) scans: SqlitePool,
    pub(crate) writer: Writer,
}

#[async_trait]
impl StoreHealth for SqliteStore {
    async fn ping(&self) -> Result<(), StoreError> {
        let found: i64 = read(
            "db.store.ping",
            sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success")
                .fetch_one(&self.reads),
        )
        .await?;
        if found == LATEST {
            return Ok(());
        }
        Err(StoreError::Unavailable(
            format!("the schema is at version {found}, this program needs {LATEST}; `serve` and `migrate` bring it up").into(),
        ))
    }

    async fn write_probe(&self) -> Result<(), StoreError> {
        self.writer.keep("write-probe", "").await
    }

    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    async fn agree(&self, name: &str, value: &str) -> Result<String, StoreError> {
        self.writer.keep(name, value).await?;
        Ok(self.agreed(name).await?.unwrap_or_default())
    }

    async fn agreed(&self, name: &str) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT value FROM installation WHERE name = ?1").bind(name);
        read("db.store.agreed", query.fetch_optional(&self.reads)).await
    }
}

/// Runs a query within its span; whatever fails here is the engine, not the data.
pub(crate) async fn read<T>(
    operation: &'static str,
    query: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    query.instrument(tracing::debug_span!("db", operation)).await.map_err(unavailable)
}

/// A number as SQLite keeps it. What does not fit lies beyond everything stored, and so does the greatest that does.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
