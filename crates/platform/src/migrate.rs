#[cfg(feature = "sqlite")]
use lp_adapters_sqlite::SqliteStore;
use lp_ports::Source;
use thiserror::Error;

use crate::Database;

/// Why a schema was not brought up to date.
#[derive(Debug, Error)]
#[error("the schema of {database} was not brought up to date")]
pub struct MigrateError {
    /// Which, without password.
    database: String,
    source: Source,
}

/// Brings the schema of a database up to date, and answers the steps that were taken. The embedded store does so by
/// itself whenever it is opened, and is not asked what it did.
pub async fn migrate(database: &Database) -> Result<Vec<String>, MigrateError> {
    let fault = |source: Source| MigrateError { database: database.to_string(), source };
    match database {
        #[cfg(feature = "sqlite")]
        Database::Memory => Ok(Vec::new()),
        #[cfg(feature = "sqlite")]
        Database::File(path) => {
            SqliteStore::open(path).await.map_err(|error| fault(error.into()))?.close().await;
            Ok(Vec::new())
        }
        #[cfg(feature = "postgres")]
        Database::Postgres { url, .. } => {
            let report = lp_adapters_postgres::migrate(url).await.map_err(|error| fault(error.into()))?;
            Ok(report.applied.into_iter().map(|(number, name)| format!("{number:04} {name}")).collect())
        }
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        absent => {
            let feature = crate::backing::lacking(absent).unwrap_or_default();
            Err(fault(format!("it needs the feature `{feature}` of link-platform").into()))
        }
    }
}
