use std::io;
use std::path::PathBuf;

use lp_adapters_journal::OpenError;
use lp_ports::{Source, StoreError};
use thiserror::Error;

/// Why a platform did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// What was asked for contradicts itself, leaves out what must be said, or needs a feature that this build does not
    /// have. All of it, one sentence each.
    #[error("{}", .0.join("; "))]
    Invalid(Vec<String>),
    /// The store cannot be opened.
    #[error("the store {database} cannot be used")]
    Store {
        /// Which, without password.
        database: String,
        /// Why.
        source: StoreError,
    },
    /// The click journal cannot be opened.
    #[error("there is nowhere to note clicks")]
    Journal(#[from] OpenError),
    /// The secret cannot be read or made.
    #[error("the secret key file {} cannot be used", .path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file of countries cannot be read.
    #[error("the database of addresses {} cannot be used", .path.display())]
    Geo {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Source,
    },
    /// A thread cannot be started.
    #[error("a thread cannot be started")]
    Thread(#[source] io::Error),
    /// Metrics cannot be set up.
    #[error("metrics cannot be set up")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}
