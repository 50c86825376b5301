use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use lp_access::{CodeRecord, Connection, Session};
use lp_core::{Handle, SlugKey, Timestamp};
use lp_personalization::Policy;
use lp_ports::{
    AccessReader, AnalyticsReader, AuditReader, Batch, ClickBudgets, ClickJournal, ClientDocuments, Clock,
    CodeReader, Committer, ConnectionReader, Counters, HandleReader, HealthProbe, IdempotencyReader, Ids,
    LinkReader, PublishedKey, RulesReader, SessionReader, SignIn, StoreHealth,
};

use crate::gate::HeldTokens;
use crate::limits::Limiter;
use crate::names::Names;
use crate::oauth::KnownDocuments;
use crate::refusals::Refusals;
use crate::{Budgets, Catalogue, ClickSink, ContextMint, Error, Loaded, RouteSource, Settings, Surface};

/// Everything the operations need of the world.
#[derive(Clone)]
pub struct Ports {
    /// Reads links.
    pub links: Arc<dyn LinkReader>,
    /// Reads what is decided for whole handles.
    pub rules: Arc<dyn RulesReader>,
    /// Reads accounts, handles and tokens.
    pub access: Arc<dyn AccessReader>,
    /// Reads members, profiles and names of handles.
    pub handles: Arc<dyn HandleReader>,
    /// Reads who is signed in.
    pub sessions: Arc<dyn SessionReader>,
    /// Reads which apps were let in.
    pub connections: Arc<dyn ConnectionReader>,
    /// Reads codes that were mailed.
    pub codes: Arc<dyn CodeReader>,
    /// What signing in takes; `None` where nobody can.
    pub sign_in: Option<SignIn>,
    /// Reads counts.
    pub analytics: Arc<dyn AnalyticsReader>,
    /// Reads the audit.
    pub audit: Arc<dyn AuditReader>,
    /// Reads remembered replies.
    pub replies: Arc<dyn IdempotencyReader>,
    /// Applies batches.
    pub committer: Arc<dyn Committer>,
    /// Says whether the store can be used.
    pub health: Arc<dyn StoreHealth>,
    /// What all nodes count together; `None` where there is only this one.
    pub counters: Option<Arc<dyn Counters>>,
    /// Counts the clicks that links with a limit may take.
    pub budgets: Arc<dyn ClickBudgets>,
    /// Asks destinations whether they live.
    pub probe: Arc<dyn HealthProbe>,
    /// Fetches what clients publish about themselves.
    pub documents: Arc<dyn ClientDocuments>,
    /// Takes visits.
    pub journal: Arc<dyn ClickJournal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and randomness.
    pub ids: Arc<dyn Ids>,
}

impl Ports {
    /// One store behind all its ports, and the outside; of one node.
    pub fn over<S>(
        store: Arc<S>,
        probe: Arc<dyn HealthProbe>,
        documents: Arc<dyn ClientDocuments>,
        journal: Arc<dyn ClickJournal>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self
    where
        S: LinkReader
            + RulesReader
            + AccessReader
            + HandleReader
            + SessionReader
            + ConnectionReader
            + CodeReader
            + AnalyticsReader
            + AuditReader
            + IdempotencyReader
            + Committer
            + ClickBudgets
            + StoreHealth
            + 'static,
    {
        Self {
            links: store.clone(),
            rules: store.clone(),
            access: store.clone(),
            handles: store.clone(),
            sessions: store.clone(),
            connections: store.clone(),
            codes: store.clone(),
            sign_in: None,
            analytics: store.clone(),
            audit: store.clone(),
            replies: store.clone(),
            committer: store.clone(),
            budgets: store.clone(),
            health: store,
            counters: None,
            probe,
            documents,
            journal,
            clock,
            ids,
        }
    }
}

/// Hears of changed routes and rules after their commit and before anybody is answered.
pub trait RouteListener: Send + Sync {
    /// The slug holds this from now on.
    fn link_changed(&self, handle: &Handle, slug: &SlugKey, now: Loaded);

    /// The rules of the handle are these from now on.
    fn rules_changed(&self, handle: &Handle, now: Arc<Policy>);
}

/// Hears of every call's end.
pub trait Observer: Send + Sync {
    /// A call ended.
    fn called(&self, record: &CallRecord);
}

/// How a call ended, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallRecord {
    /// Which operation.
    pub operation: &'static str,
    /// On which surface.
    pub surface: Surface,
    /// `ok`, or the error's code.
    pub code: &'static str,
    /// What sort of actor called.
    pub actor: &'static str,
    /// From its arrival at the gate to its answer.
    pub took: Duration,
}

/// The application: cheap to clone, shared by every front.
#[derive(Clone)]
pub struct Application {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) catalogue: Catalogue,
    pub(crate) ports: Ports,
    pub(crate) settings: Settings,
    pub(crate) listener: Arc<dyn RouteListener>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) limiter: Limiter,
    pub(crate) refusals: Refusals,
    pub(crate) tokens: HeldTokens,
    pub(crate) client_documents: KnownDocuments,
    pub(crate) names: Names,
    pub(crate) budgets: Budgets,
    pub(crate) contexts: ContextMint,
    ingested_at: AtomicI64,
}

impl Inner {
    /// When the click journal was last found empty or taken in; `None` before the first time.
    pub(crate) fn ingested_at(&self) -> Option<Timestamp> {
        let micros = self.ingested_at.load(Ordering::Relaxed);
        (micros != i64::MIN).then(|| Timestamp::from_micros(micros))
    }
}

impl Application {
    /// Puts an application together.
    pub fn new(
        catalogue: Catalogue,
        ports: Ports,
        settings: Settings,
        listener: Arc<dyn RouteListener>,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let limiter = Limiter::new(ports.counters.clone());
        let names = Names::new(ports.clock.clone());
        let contexts = ContextMint::new(settings.secret.clone(), ports.clock.now());
        let budgets = Budgets::new(ports.budgets.clone(), ports.health.clone(), ports.clock.clone());
        let inner = Inner {
            catalogue,
            ports,
            settings,
            listener,
            observer,
            limiter,
            refusals: Refusals::default(),
            tokens: HeldTokens::default(),
            client_documents: KnownDocuments::default(),
            names,
            budgets,
            contexts,
            ingested_at: AtomicI64::new(i64::MIN),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The rows.
    pub fn catalogue(&self) -> &Catalogue {
        &self.inner.catalogue
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The present instant, as operations see it.
    pub fn now(&self) -> Timestamp {
        self.inner.ports.clock.now()
    }

    /// A new id for a request that brought none.
    pub fn request_id(&self) -> String {
        lp_core::base32(self.inner.ports.ids.uuid().as_bytes())
    }

    /// The edge's way to the click journal.
    pub fn clicks(&self) -> ClickSink {
        let ports = &self.inner.ports;
        ClickSink::new(
            ports.journal.clone(),
            ports.clock.clone(),
            ports.ids.clone(),
            self.inner.settings.secret.now(),
        )
    }

    /// What this node holds of the clicks that links with a limit may take.
    pub fn budgets(&self) -> Budgets {
        self.inner.budgets.clone()
    }

    /// The edge's way to compiled routes.
    pub fn routes(&self) -> RouteSource {
        let Inner { ports, settings, names, .. } = self.inner.as_ref();
        RouteSource::new(ports.links.clone(), ports.rules.clone(), settings.urls.clone(), names.clone())
    }

    /// The edge's way to context tokens.
    pub fn contexts(&self) -> ContextMint {
        self.inner.contexts.clone()
    }

    /// Whether the store can be used now.
    pub async fn ready(&self) -> Result<(), Error> {
        Ok(self.inner.ports.health.ping().await?)
    }

    /// Notes that all clicks up to now are counted; the worker says so.
    pub fn clicks_ingested(&self) {
        self.inner.ingested_at.store(self.now().micros(), Ordering::Relaxed);
    }

    /// Writes the refusals since the last time into the audit; the worker calls it every minute.
    pub async fn audit_refusals(&self) -> Result<(), Error> {
        let mut entries = self.inner.refusals.take(self.now()).into_iter();
        while let Some(entry) = entries.next() {
            if let Err(error) = self.inner.ports.committer.commit(Batch::new(entry.clone())).await {
                // What is not written is summed on with what comes.
                std::iter::once(entry).chain(entries).for_each(|entry| self.inner.refusals.put_back(entry));
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Writes down when tokens and connected apps were last used; the worker calls it every minute.
    pub async fn note_token_uses(&self) -> Result<(), Error> {
        let Inner { tokens, ports, .. } = self.inner.as_ref();
        tokens.uses.note(async |uses| ports.access.note_token_uses(uses).await).await?;
        Ok(tokens
            .connection_uses
            .note(async |uses| ports.connections.note_connection_uses(uses).await)
            .await?)
    }

    /// Something of a handle's access changed on another node: nothing that is held of it is believed any more.
    pub fn access_changed(&self, handle: &Handle) {
        self.inner.tokens.forget(handle);
    }

    /// Anything may have changed on other nodes.
    pub fn lost_track(&self) {
        self.inner.tokens.forget_all();
    }

    /// What other nodes committed up to this moment of the monotonic clock has been told: what is held may be believed
    /// for a while. Where nobody says so, every call asks the store.
    pub fn caught_up(&self, as_of: Duration) {
        self.inner.tokens.followed(as_of);
    }

    /// The keys that access tokens are signed with about now; none where nobody can sign in.
    pub fn signing_keys(&self) -> Vec<PublishedKey> {
        self.inner
            .ports
            .sign_in
            .as_ref()
            .map_or_else(Vec::new, |sign_in| sign_in.tokens.published(self.now()))
    }

    /// Drops sessions that expired long ago; the worker calls it now and then.
    pub async fn forget_sessions(&self) -> Result<u64, Error> {
        Ok(self.inner.ports.sessions.forget_sessions(self.now().minus(Session::LIFE)).await?)
    }

    /// Drops what apps were allowed long ago, and codes and tokens of theirs that expired a while ago; the worker calls it
    /// now and then.
    pub async fn forget_connections(&self) -> Result<u64, Error> {
        let now = self.now();
        let (before, credentials) = (now.minus(Connection::KEPT), now.minus(Connection::CREDENTIALS_KEPT));
        Ok(self.inner.ports.connections.forget_connections(before, credentials).await?)
    }

    /// Drops mailed codes that expired a while ago; the worker calls it now and then.
    pub async fn forget_codes(&self) -> Result<u64, Error> {
        Ok(self.inner.ports.codes.forget_codes(self.now().minus(CodeRecord::LIFE)).await?)
    }

    /// Drops replies that nobody may ask for any more; the worker calls it now and then.
    pub async fn forget_replies(&self) -> Result<u64, Error> {
        Ok(self.inner.ports.replies.forget(self.now()).await?)
    }
}
