//! How long a call waits for a database that says nothing. The limits of its statements are kept by the database, and
//! one whose host has vanished keeps none.

use std::io;
use std::time::Duration;

use lp_ports::{CommitError, StoreError};
use tokio::time::timeout;

/// A little longer than the statements of a call may take.
pub(crate) const CALL: Duration = Duration::from_secs(12);
/// A little longer than those of a long read may take.
pub(crate) const SCAN: Duration = Duration::from_secs(62);
/// For work whose statements have no limit: only against waiting for ever.
pub(crate) const WORK: Duration = Duration::from_hours(1);

/// The time was over.
pub(crate) struct Silence;

const WORDS: &str = "no answer in time";

/// What was under way is given up: the connection is looked at before anybody gets it again.
pub(crate) async fn within<T, E: From<Silence>>(
    limit: Duration,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    timeout(limit, call).await.unwrap_or_else(|_| Err(Silence.into()))
}

impl From<Silence> for StoreError {
    fn from(_: Silence) -> Self {
        Self::Unavailable(WORDS.into())
    }
}

impl From<Silence> for CommitError {
    fn from(silence: Silence) -> Self {
        StoreError::from(silence).into()
    }
}

impl From<Silence> for sqlx::Error {
    fn from(_: Silence) -> Self {
        Self::Io(io::Error::new(io::ErrorKind::TimedOut, WORDS))
    }
}
