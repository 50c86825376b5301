use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use lp_application::{Code, Error, Loaded, RouteSource};
use lp_core::{Handle, Slug, SlugKey};
use lp_personalization::Route;
use triomphe::Arc as Shared;

use crate::table::{Entry, Joined};
use crate::{RouteKey, RouteTable};

/// What a slug holds. Stays whole for whoever has it, whatever news or eviction do to the table.
#[derive(Clone)]
pub struct Found(Option<Shared<Entry>>);

/// A load under way.
pub type Loading<'l> = Pin<Box<dyn Future<Output = Result<Loaded, Error>> + Send + 'l>>;

/// Where routes are loaded from. [`RouteSource`] is the one in use; tests hold theirs back.
pub trait LoadRoutes: Send + Sync {
    /// Reads what the slug holds now: nothing older than what was acknowledged before the call.
    fn load<'l>(&'l self, handle: &'l Handle, slug: &'l SlugKey) -> Loading<'l>;
}

/// The route table together with the store behind it.
#[derive(Clone)]
pub struct LiveRoutes {
    table: Arc<RouteTable>,
    source: Arc<dyn LoadRoutes>,
}

impl Found {
    pub(crate) const NOTHING: Self = Self(None);

    pub(crate) fn of(entry: Shared<Entry>) -> Self {
        Self(Some(entry))
    }

    /// Whose link it is, and where it leads; `None` where no link answers.
    pub fn link(&self) -> Option<(&Handle, &Route)> {
        self.0.as_deref().and_then(Entry::link)
    }
}

impl LoadRoutes for RouteSource {
    fn load<'l>(&'l self, handle: &'l Handle, slug: &'l SlugKey) -> Loading<'l> {
        Box::pin(Self::load(self, handle, slug))
    }
}

impl LiveRoutes {
    pub fn new(table: Arc<RouteTable>, source: Arc<dyn LoadRoutes>) -> Self {
        Self { table, source }
    }

    pub fn table(&self) -> &RouteTable {
        &self.table
    }

    /// What the slug holds: from memory, else from the store. An error says that it cannot be known now.
    pub async fn find(&self, key: &RouteKey) -> Result<Found, Arc<Error>> {
        match self.table.find(key) {
            Some(found) => Ok(found),
            // Boxed, so that visitors of loaded routes do not carry the state of a load.
            None => Box::pin(self.load(key)).await,
        }
    }

    /// Reads a slug again because others changed it, if anybody has asked for it. Until then, and if this fails, what is
    /// known keeps answering; who calls repeats it until it succeeds.
    pub async fn refresh(&self, handle: &Handle, slug: &SlugKey) -> Result<(), Error> {
        let Some(key) = RouteKey::parsed(handle, slug) else { return Ok(()) };
        let Some(birth) = self.table.birth(&key) else { return Ok(()) };
        let loaded = self.source.load(handle, slug).await.inspect_err(|error| {
            if error.code != Code::UNAVAILABLE {
                tracing::error!(?error, "a changed route cannot be loaded; what was known keeps answering");
            }
        })?;
        self.table.store_answered();
        self.table.apply(&key, Some(birth), loaded);
        Ok(())
    }

    async fn load(&self, key: &RouteKey) -> Result<Found, Arc<Error>> {
        let (Ok(handle), Ok(slug)) = (Handle::parse(key.handle()), Slug::parse(key.slug())) else {
            return Ok(Found::NOTHING);
        };
        let slug = slug.key();
        let seat = match self.table.join(key, &handle, &slug) {
            Joined::Known(found) => return Ok(found),
            Joined::Waiting(seat) => seat,
        };
        // Whoever comes first reads; if that visitor leaves meanwhile, the lock passes on without an outcome.
        let mut outcome = seat.flight.outcome.lock().await;
        if let Some(outcome) = &*outcome {
            return outcome.clone();
        }
        let read = self.source.load(&handle, &slug).await;
        if read.is_ok() {
            self.table.store_answered();
        }
        let found = self.table.finish(&seat, read);
        *outcome = Some(found.clone());
        found
    }
}
