use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lp_application::{Code, Error, Loaded, RouteSource};
use lp_core::{Handle, Revision, Slug, SlugKey};
use lp_personalization::{Policy, Route};
use triomphe::Arc as Shared;

use crate::table::{Entry, HeldRules, Home, Joined};
use crate::{RouteKey, RouteTable};

/// What a slug holds. Stays whole for whoever has it, whatever news or eviction do to the table.
#[derive(Clone)]
pub struct Found(Option<Shared<Entry>>);

/// A load under way.
pub type Loading<'l> = Pin<Box<dyn Future<Output = Result<Loaded, Error>> + Send + 'l>>;

/// A load of a handle's rules under way.
pub type LoadingRules<'l> = Pin<Box<dyn Future<Output = Result<Arc<Policy>, Error>> + Send + 'l>>;

/// Where routes are loaded from. [`RouteSource`] is the one in use; tests hold theirs back.
pub trait LoadRoutes: Send + Sync {
    /// Reads what the slug holds now: nothing older than what was acknowledged before the call.
    fn load<'l>(&'l self, handle: &'l Handle, slug: &'l SlugKey) -> Loading<'l>;

    /// Reads the rules of a handle as they are now, likewise.
    fn load_rules<'l>(&'l self, handle: &'l Handle) -> LoadingRules<'l>;
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

    /// The rules by which the link's visitors are decided; `None` where they have to be loaded.
    pub fn policy(&self) -> Option<HeldRules> {
        self.0.as_deref().map_or(Some(HeldRules::NOTHING), |entry| entry.home().policy())
    }

    /// Which revision of the link it is.
    pub fn revision(&self) -> Option<Revision> {
        self.0.as_deref().and_then(Entry::revision)
    }
}

impl LoadRoutes for RouteSource {
    fn load<'l>(&'l self, handle: &'l Handle, slug: &'l SlugKey) -> Loading<'l> {
        Box::pin(Self::load(self, handle, slug))
    }

    fn load_rules<'l>(&'l self, handle: &'l Handle) -> LoadingRules<'l> {
        Box::pin(self.policy(handle))
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

    /// The rules of what was found, likewise.
    pub async fn policy(&self, found: &Found) -> Result<HeldRules, Arc<Error>> {
        if let Some(held) = found.policy() {
            return Ok(held);
        }
        let Some(entry) = &found.0 else { return Ok(HeldRules::NOTHING) };
        Box::pin(self.load_policy(entry.home())).await
    }

    /// The rules of a handle, whether anybody has asked for a link of it or not: from memory, else from the store.
    pub async fn policy_of(&self, handle: &Handle) -> Result<HeldRules, Arc<Error>> {
        let home = self.table.home_of(handle);
        match home.policy() {
            Some(held) => Ok(held),
            None => Box::pin(self.load_policy(&home)).await,
        }
    }

    /// Reads the rules of a handle again because others changed them, if anybody has asked for a link of it. Fails, and is
    /// repeated, as [`refresh`](Self::refresh) is.
    pub async fn refresh_rules(&self, handle: &Handle) -> Result<(), Error> {
        let Some(home) = self.table.home(handle) else { return Ok(()) };
        let read = self.source.load_rules(handle).await.inspect_err(|error| {
            if error.code != Code::UNAVAILABLE {
                tracing::error!(?error, "changed rules cannot be loaded; what was known keeps answering");
            }
        })?;
        self.table.store_answered();
        home.learn(read);
        Ok(())
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

    /// Whoever comes first reads, for all who come meanwhile.
    async fn load_policy(&self, home: &Home) -> Result<HeldRules, Arc<Error>> {
        let loading = &home.loading;
        let arrived = loading.ended.load(Ordering::Acquire);
        let mut failure = loading.failure.lock().await;
        loop {
            if let Some(held) = home.policy() {
                return Ok(held);
            }
            if loading.ended.load(Ordering::Acquire) != arrived
                && let Some(failure) = &*failure
            {
                return Err(failure.clone());
            }
            let before = home.told();
            match self.source.load_rules(&home.handle).await {
                Ok(read) => {
                    self.table.store_answered();
                    *failure = None;
                    // Where it was overtaken it is read again: what was told is in the store by now.
                    home.land(read, before);
                }
                Err(error) => {
                    *failure = Some(self.table.unread(error));
                    loading.ended.fetch_add(1, Ordering::Release);
                }
            }
        }
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
