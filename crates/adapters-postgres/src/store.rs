use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use lp_core::Timestamp;
use lp_ports::{StoreError, StoreHealth};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, Executor, PgPool, Postgres, Transaction};
use tokio::sync::{Mutex, Semaphore};
use tracing::Instrument;

use crate::deadline::{CALL, SCAN, within};
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
    /// Where the database is, and what its sessions are bound to.
    pub(crate) target: PgConnectOptions,
    /// Commits under way: they leave half of the connections to others, whatever they wait for.
    pub(crate) writers: Semaphore,
    pub(crate) hints: Hints,
    pub(crate) days: KnownDays,
    /// Held by the one call that finds out why there are no connections.
    pub(crate) probing: Mutex<()>,
}

/// A transaction in which every statement sees what was committed before it. It does not ask to write: a database that is
/// read-only then says so at the first change.
const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// A transaction that sees one moment, that of the first statement that looks at something.
const MOMENT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Looks at nothing.
const HOLD: &str = "LOCK TABLE ONLY clicks IN ACCESS SHARE MODE";

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
        let query = within(CALL, query.instrument(tracing::debug_span!("db", operation)));
        match query.await {
            Ok(found) => Ok(found),
            Err(fault) => Err(self.unavailable(fault).await),
        }
    }

    /// Runs a query that may look at every row of a handle within its span.
    pub(crate) async fn scan<T>(
        &self,
        operation: &'static str,
        query: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        let query = within(SCAN, query.instrument(tracing::debug_span!("db", operation)));
        match query.await {
            Ok(found) => Ok(found),
            Err(fault) => Err(self.unavailable(fault).await),
        }
    }

    /// Begins to write.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.pool().begin_with(WRITE).await
    }

    /// Begins to read what was at one moment. `clicks` is held from before that moment on: no partition can leave it
    /// between two statements, which no snapshot would prevent.
    pub(crate) async fn moment(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut moment = self.scans().begin_with(MOMENT).await?;
        moment.execute(HOLD).await?;
        Ok(moment)
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
        self.touch().await?;
        self.may_make_days().await
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

/// How many rows a statement removes at most: it holds their locks, and none takes longer than a statement may.
pub(crate) const PIECE: u64 = 10_000;

/// Removes piece by piece until there is no whole one any more, and says how many rows it was.
pub(crate) async fn in_pieces<F>(piece: impl Fn() -> F + Send) -> Result<u64, StoreError>
where
    F: Future<Output = Result<u64, StoreError>> + Send,
{
    let mut all = 0;
    loop {
        let gone = piece().await?;
        all += gone;
        if gone < PIECE {
            return Ok(all);
        }
    }
}

/// A number as the database keeps it. What does not fit lies beyond everything stored, and so does the greatest that
/// does.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
