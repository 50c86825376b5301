use std::sync::Arc;
use std::time::Duration;

use lp_application::Application;
use lp_ports::{Ingest, JournalReader, StoreError};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// How long the journal rests when it is empty: a click shows in the counts well within two seconds.
const PAUSE: Duration = Duration::from_millis(200);
/// How long to wait after the store did not answer.
const STORE_AWAY: Duration = Duration::from_secs(1);
/// How many clicks go into one transaction: batches beyond some hundreds win nothing and only grow the write-ahead log.
const BATCH: usize = 1_000;

/// Moves clicks from the journal into the store until cancelled, and then what is left.
pub async fn drain_clicks(
    journal: Arc<dyn JournalReader>,
    ingest: Arc<dyn Ingest>,
    app: Application,
    cancelled: CancellationToken,
) {
    while !cancelled.is_cancelled() {
        let pause = match drain_once(journal.as_ref(), ingest.as_ref(), &app).await {
            Ok(()) => PAUSE,
            Err(error) => {
                warn!(error.source = %error, "clicks wait in the journal: the store does not take them");
                STORE_AWAY
            }
        };
        tokio::select! {
            () = sleep(pause) => {}
            () = cancelled.cancelled() => {}
        }
    }
    if let Err(error) = drain_once(journal.as_ref(), ingest.as_ref(), &app).await {
        warn!(error.source = %error, "the last clicks of the journal could not be counted");
    }
}

/// Moves everything that is in the journal now.
pub async fn drain_once(
    journal: &dyn JournalReader,
    ingest: &dyn Ingest,
    app: &Application,
) -> Result<(), StoreError> {
    loop {
        let batch = journal.read(BATCH);
        if batch.clicks.is_empty() {
            app.clicks_ingested();
            return Ok(());
        }
        ingest.ingest(&journal.id(), batch.upto, &batch.clicks).await?;
        journal.acknowledge(batch.upto);
        debug!(clicks.count = batch.clicks.len(), "clicks were counted");
    }
}
