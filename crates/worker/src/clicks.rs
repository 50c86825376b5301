use std::sync::Arc;
use std::time::Duration;

use lp_application::Application;
use lp_core::text::with_causes;
use lp_ports::{Ingest, JournalError, JournalReader, StoreError, Stretch};
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::behind::{Behind, BrokenOff};

/// How long the journal rests when it is empty: a click shows in the counts well within two seconds.
const PAUSE: Duration = Duration::from_millis(200);
/// How long to wait after the store did not answer.
const STORE_AWAY: Duration = Duration::from_secs(1);

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
    #[error(transparent)]
    Broken(#[from] BrokenOff),
}

/// The way from the journal into the store.
#[derive(Clone)]
pub struct Drain {
    journal: Arc<dyn JournalReader>,
    ingest: Arc<dyn Ingest>,
    app: Application,
    /// Reading, encoding and summing up thousands of clicks takes milliseconds of a processor.
    behind: Arc<Behind>,
}

/// Moves clicks from the journal into the store until cancelled, and then what is left.
pub async fn drain_clicks(drain: Drain, cancelled: CancellationToken) {
    let mut waiting = false;
    while !cancelled.is_cancelled() {
        let ended = tokio::select! {
            ended = drain.once() => ended,
            () = cancelled.cancelled() => break,
        };
        let pause = match ended {
            Ok(_) if waiting => {
                info!("clicks are counted again");
                waiting = false;
                PAUSE
            }
            Ok(_) => PAUSE,
            Err(error) => {
                if !waiting {
                    warn!(error.source = %with_causes(&error), "clicks wait in the journal");
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
    loop {
        match drain.once().await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => {
                warn!(error.source = %with_causes(&error), "the last clicks of the journal are not counted yet");
                return;
            }
        }
    }
}

impl Drain {
    /// Starts the thread that does the work; clicks are moved by [`drain_clicks`].
    pub fn start(
        journal: Arc<dyn JournalReader>,
        ingest: Arc<dyn Ingest>,
        app: Application,
    ) -> std::io::Result<Self> {
        Ok(Self { journal, ingest, app, behind: Arc::new(Behind::start("click-drain")?) })
    }

    /// Moves what is in the journal now. It ends with a stretch that is not full: what came meanwhile waits for the next
    /// turn, or a steady trickle would be written one transaction after the other. Says whether nothing was left.
    pub async fn once(&self) -> Result<bool, DrainError> {
        loop {
            let (journal, ingest, runtime) = (self.journal.clone(), self.ingest.clone(), Handle::current());
            let moved =
                self.behind.run(move || move_stretch(journal.as_ref(), ingest.as_ref(), &runtime)).await??;
            self.app.clicks_ingested();
            match moved {
                Moved::Nothing => return Ok(true),
                Moved::Realigned => {}
                Moved::Counted(clicks) => {
                    debug!(clicks.count = clicks, "clicks were counted");
                    if clicks < self.ingest.longest() {
                        return Ok(false);
                    }
                }
            }
        }
    }
}

/// What became of the oldest clicks.
enum Moved {
    /// There are none.
    Nothing,
    /// The store stands elsewhere in their journal: that is where it goes on.
    Realigned,
    /// So many were counted.
    Counted(usize),
}

fn move_stretch(
    journal: &dyn JournalReader,
    ingest: &dyn Ingest,
    runtime: &Handle,
) -> Result<Moved, DrainError> {
    let Some(stretch) = journal.read(ingest.longest())? else { return Ok(Moved::Nothing) };
    let stands = runtime.block_on(ingest.ingest(&stretch))?;
    journal.acknowledge(&stretch.journal, stands);
    if stands == stretch.upto {
        return Ok(Moved::Counted(stretch.clicks.len()));
    }
    let Stretch { journal, from, .. } = stretch;
    if stands < from {
        warn!(journal = %journal, from, stands, "the store knows less of a journal than was acknowledged: an older state of it was restored");
    } else {
        debug!(journal = %journal, from, stands, "the store has some of these clicks already");
    }
    Ok(Moved::Realigned)
}
