//! How what this node holds follows what other nodes change.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lp_application::Application;
use lp_core::{Handle, SlugKey};
use lp_edge::LiveRoutes;
use lp_ports::{ChangePosition, Clock};
use lp_worker::RouteKeeper;

/// When the change log was last read to good effect, in milliseconds of the monotonic clock.
#[derive(Debug, Default)]
pub(crate) struct Followed(AtomicU64);

/// The edge's routes and the gate's tokens, as the loop that follows other nodes sees them.
pub(crate) struct Holdings {
    pub(crate) app: Application,
    pub(crate) routes: LiveRoutes,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) followed: Arc<Followed>,
}

impl Followed {
    fn note(&self, now: Duration) {
        self.0.store(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(Duration::from_millis(self.0.load(Ordering::Relaxed)))
    }
}

impl RouteKeeper for Holdings {
    fn refresh(
        &self,
        handle: Handle,
        slug: SlugKey,
    ) -> Pin<Box<dyn Future<Output = Result<(), lp_application::Error>> + Send + '_>> {
        Box::pin(async move { self.routes.refresh(&handle, &slug).await })
    }

    fn lost_track(&self) {
        self.routes.table().forget_all();
        self.app.lost_track();
    }

    fn access_changed(&self, handle: &Handle) {
        self.app.access_changed(handle);
    }

    fn caught_up(&self, position: ChangePosition) {
        self.routes.table().caught_up(position.0);
        self.followed.note(self.clock.monotonic());
    }

    fn followed(&self, as_of: Duration) {
        self.app.caught_up(as_of);
    }
}
