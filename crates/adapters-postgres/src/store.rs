use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use lp_core::Timestamp;
use lp_ports::{StoreError, StoreHealth};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgPool, Postgres, Transaction};
use tokio::sync::Mutex;
use tracing::Instrument;

use crate::fault::{place, unavailable};
use crate::hints::Hints;
use crate::ingest::KnownDays;
use crate::migrations::version;
use crate::open::{OpenFault, connect_once, judge};

/// A PostgreSQL database as a store. Clones share it.
#[derive(Clone)]
pub struct PgStore {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) pool: PgPool,
    /// For reads that may look at every row of a handle: they wait for each other, and nobody else for them.
    pub(crate) scans: PgPool,
    /// Where the database is.
    pub(crate) target: PgConnectOptions,
    pub(crate) hints: Hints,
    pub(crate) days: KnownDays,
    /// Held by the one call that finds out why there are no connections.
    pub(crate) probing: Mutex<()>,
}

/// A transaction in which every statement sees what was committed before it.
pub(crate) const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// A transaction that sees one moment. The table is held from before that moment on: no partition can leave it between
/// two statements, which no snapshot would prevent.
pub(crate) const MOMENT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     LOCK TABLE ONLY clicks IN ACCESS SHARE MODE";

impl PgStore {
    pub(crate) fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    pub(crate) fn scans(&self) -> &PgPool {
        &self.inner.scans
    }

    /// Runs a query within its span.
    pub(crate) async fn read<T>(
        &self,
        operation: &'static str,
        query: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        match query.instrument(tracing::debug_span!("db", operation)).await {
            Ok(found) => Ok(found),
            Err(fault) => Err(self.unavailable(fault).await),
        }
    }

    pub(crate) async fn begin(
        &self,
        statement: &'static str,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let pool = if statement == MOMENT { self.scans() } else { self.pool() };
        pool.begin_with(statement).await
    }

    /// Says why: a pool that finds no connection does not know whether there are none to be had or all are in use.
    pub(crate) async fn unavailable(&self, fault: sqlx::Error) -> StoreError {
        if matches!(fault, sqlx::Error::PoolTimedOut)
            && let Ok(_alone) = self.inner.probing.try_lock()
        {
            match connect_once(&self.inner.target).await {
                Ok(connection) => {
                    let _ = connection.close().await;
                    let words = format!("all connections to the {} are in use", place(&self.inner.target));
                    return StoreError::Unavailable(words.into());
                }
                Err(reason) => return StoreError::Unavailable(Box::new(reason)),
            }
        }
        unavailable(fault)
    }
}

#[async_trait]
impl StoreHealth for PgStore {
    async fn ping(&self) -> Result<(), StoreError> {
        let mut connection = self.read("db.store.acquire", self.pool().acquire()).await?;
        let found = self.read("db.store.ping", version(&mut connection)).await?;
        judge(found, place(&self.inner.target))
            .map_err(|fault: OpenFault| StoreError::Unavailable(Box::new(fault)))
    }

    async fn write_probe(&self) -> Result<(), StoreError> {
        self.touch().await
    }

    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        let query = sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
        let micros: i64 = self.read("db.store.clock", query.fetch_one(self.pool())).await?;
        Ok(Some(Timestamp::from_micros(micros)))
    }

    async fn agree(&self, name: &str, value: &str) -> Result<String, StoreError> {
        self.keep_first(name, value).await?;
        // A statement of its own: it sees what a racing one has kept.
        Ok(self.kept(name).await?.unwrap_or_default())
    }

    async fn agreed(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.kept(name).await
    }
}

/// A number as the database keeps it. What does not fit lies beyond everything stored, and so does the greatest that
/// does.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
