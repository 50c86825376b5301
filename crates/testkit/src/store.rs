use lp_ports::{
    AccessReader, AnalyticsReader, AuditReader, ChangeLog, Committer, EventReader, IdempotencyReader, Ingest,
    LinkReader, StoreHealth,
};

/// Everything a store must be, in one word.
pub trait Store:
    LinkReader
    + AccessReader
    + Committer
    + Ingest
    + AnalyticsReader
    + ChangeLog
    + IdempotencyReader
    + EventReader
    + AuditReader
    + StoreHealth
{
}

impl<T> Store for T where
    T: LinkReader
        + AccessReader
        + Committer
        + Ingest
        + AnalyticsReader
        + ChangeLog
        + IdempotencyReader
        + EventReader
        + AuditReader
        + StoreHealth
{
}
