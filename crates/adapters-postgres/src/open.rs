use std::sync::Arc;
use std::time::Duration;

use lp_ports::StoreError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, Row};
use thiserror::Error;
use tokio::sync::{Mutex, Semaphore};

use crate::deadline::within;
use crate::fault::{place, words};
use crate::hints::Hints;
use crate::ingest::KnownDays;
use crate::migrations::{Found, LATEST, version};
use crate::store::{Inner, PgStore};

/// How long a call waits for a connection.
pub(crate) const ACQUIRE: Duration = Duration::from_secs(2);
/// How long a first connection may take, with all that is asked on it.
const REACH: Duration = Duration::from_millis(2_500);
/// How long a connection that is given back may take to show that it can be used again.
const RELEASE: Duration = Duration::from_secs(1);
/// How long a statement of a call may take, as the database writes it.
const LONGEST: &str = "10s";
/// How many reads that may look at every row of a handle run at once.
const SCANNERS: u32 = 2;

/// How a store uses its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PgOptions {
    /// How many connections for commits and reads a node holds at most; two further ones serve long reads, one listens.
    pub connections: u32,
}

/// Why a database cannot be used as a store.
#[derive(Debug, Error)]
pub enum OpenFault {
    /// It cannot be reached, or refuses.
    #[error("{0}")]
    Unreachable(String, #[source] Option<sqlx::Error>),
    /// It has no schema.
    #[error("the {0} has no schema yet; run `link-platform migrate`")]
    Unmigrated(String),
    /// Its schema is older than this program.
    #[error(
        "the schema of the {place} is at version {found}, this program needs {LATEST}; run `link-platform migrate`"
    )]
    Older {
        /// Which database.
        place: String,
        /// The version of its schema.
        found: i64,
    },
    /// Its schema has been taken further than this program can follow.
    #[error(
        "the schema of the {place} is at version {found} and needs a program that knows {needs}, this one knows \
         {LATEST}; start a newer link-platform (a schema is not taken back)"
    )]
    Newer {
        /// Which database.
        place: String,
        /// The version of its schema.
        found: i64,
        /// The version that a program must know at least.
        needs: i64,
    },
}

impl Default for PgOptions {
    fn default() -> Self {
        Self { connections: 16 }
    }
}

impl PgStore {
    /// Opens the database at a URL (`postgres://user:password@host:port/name?sslmode=…`) whose schema
    /// [`migrate`](crate::migrate) has brought up to date. It changes nothing there, and says within three seconds why it
    /// cannot be used (an [`OpenFault`] as the source).
    pub async fn connect(url: &str, options: PgOptions) -> Result<Self, StoreError> {
        let target = parse(url).map_err(refused)?;
        let target = target.application_name("link-platform").disable_statement_logging();
        let scans = pool_of_scans(&target);
        let target = session(&target, LONGEST);
        check(&target).await.map_err(refused)?;
        let pool = pool(options.connections.max(1)).connect_lazy_with(target.clone());
        let hints = Hints::start(&pool, target.clone());
        let inner = Inner {
            pool,
            scans,
            target,
            writers: Semaphore::new(usize::try_from(options.connections / 2).unwrap_or(usize::MAX).max(1)),
            hints,
            days: KnownDays::default(),
            probing: Mutex::new(()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Ends what runs in the background and closes the connections. Whatever comes later is refused as unavailable.
    pub async fn close(&self) {
        self.inner.hints.stop().await;
        self.inner.pool.close().await;
        self.inner.scans.close().await;
    }
}

pub(crate) fn parse(url: &str) -> Result<PgConnectOptions, OpenFault> {
    url.parse()
        .map_err(|fault| OpenFault::Unreachable("the database's URL cannot be read".to_owned(), Some(fault)))
}

/// One connection beside the pools, with the reason why there is none: a pool only says that it took too long.
pub(crate) async fn connect_once(target: &PgConnectOptions) -> Result<PgConnection, OpenFault> {
    let place = place(target);
    match tokio::time::timeout(REACH, target.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(fault)) => Err(OpenFault::of(&place, fault)),
        Err(_) => Err(OpenFault::silent(&place)),
    }
}

async fn check(target: &PgConnectOptions) -> Result<(), OpenFault> {
    let place = place(target);
    let looked = async {
        let mut connection = connect_once(target).await?;
        let found = version(&mut connection).await.map_err(|fault| OpenFault::of(&place, fault))?;
        let bound = longest(&mut connection).await.map_err(|fault| OpenFault::of(&place, fault))?;
        if bound != LONGEST {
            tracing::warn!(
                place,
                wanted = LONGEST,
                found = bound,
                "sessions are not set as asked for (statement_timeout): a pooler between here and the database strips \
                 the settings; let it pass `options` on, or connect without it"
            );
        }
        // What it was opened for is known; how it ends does not matter.
        let _ = connection.close().await;
        Ok(found)
    };
    let found = tokio::time::timeout(REACH, looked).await.map_err(|_| OpenFault::silent(&place))??;
    judge(found, place)
}

async fn longest(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    sqlx::query_scalar("SELECT current_setting('statement_timeout')").fetch_one(connection).await
}

/// Whether this program can work with the schema. One that a newer program has expanded it can: its nodes go on until
/// they are replaced, and may be started again meanwhile.
pub(crate) fn judge(found: Option<Found>, place: String) -> Result<(), OpenFault> {
    match found {
        None => Err(OpenFault::Unmigrated(place)),
        Some(Found { version, .. }) if version < LATEST => Err(OpenFault::Older { place, found: version }),
        Some(Found { version, needs }) if needs > LATEST => {
            Err(OpenFault::Newer { place, found: version, needs })
        }
        Some(_) => Ok(()),
    }
}

/// What every connection is bound to. Commits are answered once they are on the disk, whatever the database's default:
/// among them are the audit and tokens. How long to wait for a lock may be said by the URL.
fn session(target: &PgConnectOptions, longest: &str) -> PgConnectOptions {
    let said = target.get_options().is_some_and(|options| options.contains("lock_timeout"));
    let target = if said { target.clone() } else { target.clone().options([("lock_timeout", "5s")]) };
    target.options([
        ("statement_timeout", longest),
        ("idle_in_transaction_session_timeout", "15s"),
        ("synchronous_commit", "on"),
    ])
}

fn pool_of_scans(target: &PgConnectOptions) -> PgPool {
    pool(SCANNERS).acquire_timeout(ACQUIRE * 5).connect_lazy_with(session(target, "60s"))
}

/// An idle connection is asked whether it lives before it is used: after a restart of the database the next call works.
/// One that is given back by a call that was given up may still be at it, or in a transaction that nobody knows of: it
/// gets a moment to end, and is dropped otherwise.
fn pool(connections: u32) -> PgPoolOptions {
    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE);
    pool.after_release(|connection, _| Box::pin(within(RELEASE, at_rest(connection))))
}

/// Whether no transaction is open. Asked in the simple protocol, where a statement on its own has the time of its
/// transaction.
async fn at_rest(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let asked = sqlx::raw_sql("SELECT transaction_timestamp() = statement_timestamp()");
    asked.fetch_one(connection).await?.try_get(0)
}

fn refused(fault: OpenFault) -> StoreError {
    StoreError::Unavailable(Box::new(fault))
}

impl OpenFault {
    fn of(place: &str, fault: sqlx::Error) -> Self {
        Self::Unreachable(format!("the {place}: {}", words(&fault)), Some(fault))
    }

    fn silent(place: &str) -> Self {
        Self::Unreachable(format!("the {place}: no answer in time"), None)
    }
}
