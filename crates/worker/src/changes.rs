use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use lp_application::{Code, Error};
use lp_core::text::with_causes;
use lp_core::{Handle, SlugKey};
use lp_ports::{ChangeLog, ChangePosition, Changed, Clock, StoreError};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How often the log is read: other nodes, and commands beside this one, are at most this far ahead.
const PAUSE: Duration = Duration::from_millis(250);
/// How many notes are taken at a time.
const BATCH: u32 = 1_000;

/// Who holds routes, and what names mean, that have to be kept as new as the store.
pub trait RouteKeeper: Send + Sync {
    /// Loads anew what a slug holds, if it is held.
    fn refresh(
        &self,
        handle: Handle,
        slug: SlugKey,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + '_>>;

    /// Loads anew what is decided for a handle as a whole, if it is held.
    fn rules_changed(&self, handle: Handle) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + '_>>;

    /// Accounts, tokens or members of a handle changed, or what it is called: what is held of it beside its routes is
    /// given up, or read again.
    fn access_changed(&self, handle: Handle) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + '_>>;

    /// What is held may be old, and nothing says which of it: all has to be loaded anew.
    fn lost_track(&self) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + '_>>;

    /// Everything up to this position of the change log is held as it is. Said after every reading that succeeded,
    /// those that found nothing new included.
    fn caught_up(&self, position: ChangePosition);

    /// All that was committed before this moment of the monotonic clock has been told.
    fn followed(&self, as_of: Duration);
}

/// Keeps the edge's routes as new as the store until cancelled.
///
/// `from` is the position that was read before anything was loaded. A note whose route cannot be loaded now is met
/// again with the next reading: the position moves on only behind what was done.
pub async fn follow_changes(
    log: Arc<dyn ChangeLog>,
    from: ChangePosition,
    keeper: Arc<dyn RouteKeeper>,
    clock: Arc<dyn Clock>,
    cancelled: CancellationToken,
) {
    let mut position = from;
    let mut away = false;
    while !cancelled.is_cancelled() {
        match follow_once(log.as_ref(), position, keeper.as_ref(), clock.as_ref()).await {
            Ok(next) => {
                if away {
                    info!("changes of other nodes are followed again");
                }
                (position, away) = (next, false);
            }
            Err(error) if !away => {
                warn!(error.source = %with_causes(&error), "changes of other nodes cannot be followed; what is loaded keeps answering");
                away = true;
            }
            Err(_) => {}
        }
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = log.hint() => {}
            () = cancelled.cancelled() => {}
        }
    }
}

/// One damaged row, which its reader has logged, must not hold up the others; a store that is away does.
fn unless_away(read: Result<(), Error>) -> Result<(), StoreError> {
    match read {
        Err(error) if error.code == Code::UNAVAILABLE => Err(StoreError::Unavailable(error.message.into())),
        _ => Ok(()),
    }
}

async fn follow_once(
    log: &dyn ChangeLog,
    from: ChangePosition,
    keeper: &dyn RouteKeeper,
    clock: &dyn Clock,
) -> Result<ChangePosition, StoreError> {
    let mut position = from;
    loop {
        let as_of = clock.monotonic();
        let changes = log.changes(position, BATCH).await?;
        if changes.missed {
            warn!("this node was away for longer than changes are noted; every route is loaded anew");
            unless_away(keeper.lost_track().await)?;
        }
        for note in changes.notes {
            unless_away(match note.changed {
                Changed::Link(slug) => keeper.refresh(note.handle, slug).await,
                Changed::Rules => keeper.rules_changed(note.handle).await,
                Changed::Access => keeper.access_changed(note.handle).await,
            })?;
        }
        keeper.caught_up(changes.position);
        if changes.position == position {
            keeper.followed(as_of);
            return Ok(position);
        }
        position = changes.position;
    }
}
