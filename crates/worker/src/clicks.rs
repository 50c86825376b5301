use std::sync::Arc;
use std::time::Duration;

use lp_application::Application;
use lp_ports::{Ingest, JournalError, JournalReader, StoreError, Stretch};
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

/// How long the journal rests when it is empty: a click shows in the counts well within two seconds.
const PAUSE: Duration = Duration::from_millis(200);
/// How long to wait after the store did not answer.
const STORE_AWAY: Duration = Duration::from_secs(1);
/// How many clicks go into one transaction. In a busy hour thousands of clicks share their counts, so that a large batch
/// writes fewer of those; much larger ones would keep commits waiting.
const BATCH: usize = 5_000;

/// Why clicks stay in the journal.
#[derive(Debug, Error)]
pub enum DrainError {
    /// The store does not take them.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Something of ours broke.
    #[error("the intake broke off")]
    Broken(#[from] JoinError),
}

/// Moves clicks from the journal into the store until cancelled, and then what is left.
pub async fn drain_clicks(
    journal: Arc<dyn JournalReader>,
    ingest: Arc<dyn Ingest>,
    app: Application,
    cancelled: CancellationToken,
) {
    let mut waiting = false;
    while !cancelled.is_cancelled() {
        let ended = tokio::select! {
            ended = drain_once(&journal, &ingest, &app) => ended,
            () = cancelled.cancelled() => break,
        };
        let pause = match ended {
            Ok(()) if waiting => {
                info!("clicks are counted again");
                waiting = false;
                PAUSE
            }
            Ok(()) => PAUSE,
            Err(error) => {
                if !waiting {
                    warn!(error.source = %described(&error), "clicks wait in the journal");
                }
                waiting = true;
                STORE_AWAY
            }
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = cancelled.cancelled() => {}
        }
    }
    if let Err(error) = drain_once(&journal, &ingest, &app).await {
        warn!(error.source = %described(&error), "the last clicks of the journal are not counted yet");
    }
}

/// Moves everything that is in the journal now.
pub async fn drain_once(
    journal: &Arc<dyn JournalReader>,
    ingest: &Arc<dyn Ingest>,
    app: &Application,
) -> Result<(), DrainError> {
    // Reading, encoding and summing up thousands of clicks takes milliseconds of a processor: not on the threads that
    // answer visitors.
    while let Some(taken) = {
        let (journal, ingest, runtime) = (journal.clone(), ingest.clone(), Handle::current());
        spawn_blocking(move || move_stretch(journal.as_ref(), ingest.as_ref(), &runtime)).await??
    } {
        debug!(clicks.count = taken, "clicks were counted");
    }
    app.clicks_ingested();
    Ok(())
}

/// Moves the oldest clicks; says how many were counted, or that there are none.
fn move_stretch(
    journal: &dyn JournalReader,
    ingest: &dyn Ingest,
    runtime: &Handle,
) -> Result<Option<usize>, DrainError> {
    let Some(stretch) = journal.read(BATCH)? else { return Ok(None) };
    let stands = runtime.block_on(ingest.ingest(&stretch))?;
    journal.acknowledge(&stretch.journal, stands);
    if stands == stretch.upto {
        return Ok(Some(stretch.clicks.len()));
    }
    let Stretch { journal, from, .. } = stretch;
    if stands < from {
        warn!(journal = %journal, from, stands, "the store knows less of a journal than was acknowledged: an older state of it was restored");
    } else {
        debug!(journal = %journal, from, stands, "the store has some of these clicks already");
    }
    Ok(Some(0))
}

fn described(error: &DrainError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
