#[cfg(feature = "sandbox")]
use std::sync::Arc;

#[cfg(feature = "sandbox")]
use lp_adapters_sqlite::SqliteStore;
use lp_ports::{
    AccessReader, AnalyticsReader, AuditReader, ChangeLog, ClickBudgets, CodeReader, Committer,
    ConnectionReader, CountsReader, EventReader, HandleReader, IdempotencyReader, Ingest, LinkReader,
    MailQueue, RulesReader, SessionReader, StoreHealth,
};

/// Everything a store must be, in one word.
pub trait Store:
    LinkReader
    + RulesReader
    + AccessReader
    + HandleReader
    + SessionReader
    + ConnectionReader
    + CodeReader
    + MailQueue
    + Committer
    + Ingest
    + ClickBudgets
    + AnalyticsReader
    + CountsReader
    + ChangeLog
    + IdempotencyReader
    + EventReader
    + AuditReader
    + StoreHealth
{
}

impl<T> Store for T where
    T: LinkReader
        + RulesReader
        + AccessReader
        + HandleReader
        + SessionReader
        + ConnectionReader
        + CodeReader
        + MailQueue
        + Committer
        + Ingest
        + ClickBudgets
        + AnalyticsReader
        + CountsReader
        + ChangeLog
        + IdempotencyReader
        + EventReader
        + AuditReader
        + StoreHealth
{
}

/// The embedded store in memory: what another store is compared with.
#[cfg(feature = "sandbox")]
pub async fn embedded_store() -> Arc<dyn Store> {
    Arc::new(SqliteStore::in_memory().await.expect("a database in memory"))
}
