//! How what this node holds follows what other nodes change.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lp_application::{Application, Error};
use lp_core::{Handle, SlugKey};
#[cfg(feature = "edge")]
use lp_edge::LiveRoutes;
use lp_ports::{ChangePosition, Clock};
use lp_worker::RouteKeeper;

/// When the change log was last read to good effect, in milliseconds of the monotonic clock.
#[derive(Debug, Default)]
pub(crate) struct Followed(AtomicU64);

/// What this node holds of the store, as the loop that follows other nodes sees it: routes, tokens, and what names mean.
pub(crate) struct Holdings {
    pub(crate) app: Application,
    #[cfg(feature = "edge")]
    pub(crate) routes: LiveRoutes,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) followed: Arc<Followed>,
}

impl Followed {
    fn note(&self, now: Duration) {
        self.0.store(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    #[cfg(feature = "edge")]
    pub(crate) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(Duration::from_millis(self.0.load(Ordering::Relaxed)))
    }
}

/// Something that is read again.
type Reading<'h> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'h>>;

impl RouteKeeper for Holdings {
    #[cfg(feature = "edge")]
    fn refresh(&self, handle: Handle, slug: SlugKey) -> Reading<'_> {
        Box::pin(async move { self.routes.refresh(&handle, &slug).await })
    }

    #[cfg(not(feature = "edge"))]
    fn refresh(&self, _: Handle, _: SlugKey) -> Reading<'_> {
        Box::pin(async { Ok(()) })
    }

    #[cfg(feature = "edge")]
    fn rules_changed(&self, handle: Handle) -> Reading<'_> {
        Box::pin(async move { self.routes.refresh_rules(&handle).await })
    }

    #[cfg(not(feature = "edge"))]
    fn rules_changed(&self, _: Handle) -> Reading<'_> {
        Box::pin(async { Ok(()) })
    }

    fn access_changed(&self, handle: Handle) -> Reading<'_> {
        self.app.access_changed(&handle);
        Box::pin(async move {
            self.app.handle_changed(&handle).await?;
            // Which addresses are those of its own links depends on what it is called.
            self.rules_changed(handle).await
        })
    }

    fn lost_track(&self) -> Reading<'_> {
        #[cfg(feature = "edge")]
        self.routes.table().forget_all();
        self.app.lost_track();
        Box::pin(async move { Ok(self.app.load_names().await?) })
    }

    #[cfg_attr(not(feature = "edge"), expect(unused_variables, reason = "only the edge shows it"))]
    fn caught_up(&self, position: ChangePosition) {
        #[cfg(feature = "edge")]
        self.routes.table().caught_up(position.0);
        self.followed.note(self.clock.monotonic());
    }

    fn followed(&self, as_of: Duration) {
        self.app.caught_up(as_of);
    }
}
