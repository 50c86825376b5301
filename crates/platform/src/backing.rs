//! What stands behind the ports: which store and which journal.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use lp_adapters_journal::{DEFAULT_CAPACITY, FileJournal, JournalOptions, MemoryJournal};
use lp_adapters_postgres::{PgOptions, PgStore};
use lp_adapters_sqlite::SqliteStore;
use lp_application::Ports;
use lp_ports::{
    AccessReader, AnalyticsReader, AuditReader, ChangeLog, ClickJournal, Clock, Committer, Counters,
    CountsReader, HealthProbe, IdempotencyReader, Ids, Ingest, JournalId, JournalReader, LinkReader,
    StoreHealth,
};

use crate::{Database, Journal, StartError};

/// A store, port by port.
pub(crate) struct Backing {
    pub(crate) ports: Ports,
    pub(crate) log: Arc<dyn ChangeLog>,
    pub(crate) ingest: Arc<dyn Ingest>,
    pub(crate) counts: Arc<dyn CountsReader>,
    close: Box<dyn Fn() -> Closing + Send + Sync>,
}

type Closing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is not the store.
pub(crate) struct Outside {
    pub(crate) probe: Arc<dyn HealthProbe>,
    pub(crate) journal: Arc<dyn ClickJournal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
}

/// Both ends of a journal.
pub(crate) struct Clicks {
    pub(crate) journal: Arc<dyn ClickJournal>,
    pub(crate) reader: Arc<dyn JournalReader>,
}

impl Backing {
    /// Opens the store; where it is only to be looked at, an embedded one keeps the schema that it has.
    pub(crate) async fn open(
        database: &Database,
        outside: Outside,
        looking: bool,
    ) -> Result<Self, StartError> {
        let fault = |source| StartError::Store { database: database.to_string(), source };
        Ok(match database {
            Database::Memory => Self::sqlite(SqliteStore::in_memory().await.map_err(fault)?, outside),
            Database::File(path) if looking => {
                Self::sqlite(SqliteStore::look(path).await.map_err(fault)?, outside)
            }
            Database::File(path) => Self::sqlite(SqliteStore::open(path).await.map_err(fault)?, outside),
            Database::Postgres { url, connections } => {
                let options = PgOptions { connections: *connections };
                let store = PgStore::connect(url, options).await.map_err(fault)?;
                let (shared, closing) = (Arc::new(store.clone()), store);
                Self::of(shared.clone(), Some(shared), outside, move || {
                    let store = closing.clone();
                    Box::pin(async move { store.close().await })
                })
            }
        })
    }

    fn sqlite(store: SqliteStore, outside: Outside) -> Self {
        let closing = store.clone();
        Self::of(Arc::new(store), None, outside, move || {
            let store = closing.clone();
            Box::pin(async move { store.close().await })
        })
    }

    fn of<S>(
        store: Arc<S>,
        counters: Option<Arc<dyn Counters>>,
        outside: Outside,
        close: impl Fn() -> Closing + Send + Sync + 'static,
    ) -> Self
    where
        S: LinkReader
            + AccessReader
            + AnalyticsReader
            + AuditReader
            + IdempotencyReader
            + Committer
            + StoreHealth
            + ChangeLog
            + Ingest
            + CountsReader
            + 'static,
    {
        let Outside { probe, journal, clock, ids } = outside;
        let ports = Ports { counters, ..Ports::over(store.clone(), probe, journal, clock, ids) };
        Self { ports, log: store.clone(), ingest: store.clone(), counts: store, close: Box::new(close) }
    }

    /// Applies what was handed in before, then closes the store.
    pub(crate) async fn close(&self) {
        (self.close)().await;
    }
}

impl Clicks {
    /// Every start has a journal of its own; what earlier ones left in the folder is taken over.
    pub(crate) fn open(journal: &Journal, ids: &dyn Ids) -> Result<Self, StartError> {
        let id = JournalId(ids.uuid().to_string());
        match journal {
            Journal::Memory => Ok(Self::memory(ids)),
            Journal::Folder { path, durability, capacity } => {
                let options = JournalOptions {
                    durability: *durability,
                    capacity: *capacity,
                    ..JournalOptions::default()
                };
                let journal = Arc::new(FileJournal::open(path, options, id)?);
                Ok(Self { journal: journal.clone(), reader: journal })
            }
        }
    }

    pub(crate) fn memory(ids: &dyn Ids) -> Self {
        let id = JournalId(ids.uuid().to_string());
        let journal = Arc::new(MemoryJournal::new(id, DEFAULT_CAPACITY));
        Self { journal: journal.clone(), reader: journal }
    }
}
