use std::sync::Arc;
use std::time::Duration;

use lp_access::{Secret, Terms};
use lp_application::plans::{AccountTerms, SetTerms, TermsError, account_terms};
use lp_application::{
    Application, Bootstrap, BootstrapError, Bootstrapped, ByteStream, Caller, Error, FirstRun, Op, PlanRules,
    Ports, RouteListener, Settings, StreamReply, View, bootstrap, catalogue, first_run,
};
#[cfg(feature = "edge")]
use lp_core::Handle;
#[cfg(feature = "edge")]
use lp_edge::{Bounds, Edge, RouteTable};
use lp_ports::{
    AuditReader, ChangePosition, ClientDocuments, Clock, Countries, HealthProbe, Ids, JournalReader, Mailer,
};
use lp_worker::{Drain, House, Post, drain_clicks, follow_changes, keep_house, return_budgets, send_mails};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

#[cfg(feature = "edge")]
use lp_adapters_geo::GeoFile;

#[cfg(feature = "edge")]
use crate::Redirects;
#[cfg(feature = "mcp")]
use crate::ScopeChallenge;
use crate::agreement;
use crate::backing::{self, Clicks};
use crate::client::TrustedProxies;
use crate::follow::{Followed, Holdings};
use crate::metrics::{Lines, Metrics, Standing, keep_metrics};
use crate::secret;
use crate::serve::PlatformService;
use crate::store::Outside;
use crate::{Builder, Config, Journal, StartError, Store};

/// How long calls whose connections are gone may go on at the end.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// A running platform.
///
/// [`builder`](Self::builder) makes one, [`stop`](Self::stop) ends it. In between it is called by [`run`](Self::run), and
/// answers requests through its services, which the program mounts where it likes.
pub struct Platform {
    pub(crate) parts: Arc<Parts>,
    pub(crate) ports: Ports,
    pub(crate) store: Store,
    /// Which store, without password.
    pub(crate) database: String,
    pub(crate) journal: Journal,
    pub(crate) mailer: Arc<dyn Mailer>,
    retention: Option<Duration>,
    tasks: TaskTracker,
    cancelled: CancellationToken,
}

/// What requests need.
pub(crate) struct Parts {
    pub(crate) app: Application,
    #[cfg(feature = "edge")]
    pub(crate) edge: Edge,
    #[cfg(feature = "edge")]
    pub(crate) geo: Option<Arc<GeoFile>>,
    pub(crate) journal: Arc<dyn JournalReader>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) proxies: TrustedProxies,
    pub(crate) requests: TaskTracker,
    /// It has no file: nobody has had it before.
    pub(crate) secret_is_fresh: bool,
    #[cfg(feature = "mcp")]
    pub(crate) scope_challenge: ScopeChallenge,
    clock: Arc<dyn Clock>,
    followed: Arc<Followed>,
}

/// All that a platform is started with.
pub(crate) struct Start {
    pub(crate) config: Config,
    /// In place of the configuration's database.
    pub(crate) store: Option<Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) probe: Arc<dyn HealthProbe>,
    pub(crate) documents: Arc<dyn ClientDocuments>,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) metrics: Option<Lines>,
}

impl Platform {
    /// Where a platform begins: [`build`](Builder::build) makes what the builder was told to.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) async fn start(start: Start) -> Result<Self, StartError> {
        let clicks = Clicks::open(&start.config.journal, start.ids.as_ref())?;
        let platform = Self::assemble(start, clicks, false).await?;
        // Read before anything is loaded: what is committed from here on is met again.
        let position = platform.store.log.position().await;
        let fault = |source| StartError::Store { database: platform.database.clone(), source };
        let position = position.map_err(fault)?;
        platform.load_names().await?;
        agreement::compare(platform.store.health.as_ref(), &platform.parts.app.settings().secret).await;
        platform.start_loops(position)?;
        Ok(platform)
    }

    pub(crate) async fn open(start: Start, looking: bool) -> Result<Self, StartError> {
        let clicks = Clicks::memory(start.ids.as_ref());
        let platform = Self::assemble(start, clicks, looking).await?;
        // What is only looked at may have a schema that knows no names yet.
        if !looking {
            platform.load_names().await?;
        }
        Ok(platform)
    }

    async fn load_names(&self) -> Result<(), StartError> {
        let fault = |source| StartError::Store { database: self.database.clone(), source };
        self.parts.app.load_names().await.map_err(fault)
    }

    async fn assemble(start: Start, clicks: Clicks, looking: bool) -> Result<Self, StartError> {
        let Start { config, store, clock, ids, probe, documents, mailer, metrics } = start;
        let (store, database) = match store {
            Some(store) => (store, "a store of the program's own".to_owned()),
            None => (backing::open(&config.database, looking).await?, config.database.to_string()),
        };
        let secret = match &config.secret_file {
            Some(path) => secret::load(path, ids.as_ref())?,
            None => Secret::new(ids.random()),
        };
        let sign_in = backing::sign_in(secret.clone(), &config.urls.api);
        let outside =
            Outside { probe, documents, journal: clicks.journal, clock: clock.clone(), ids, sign_in };
        let ports = store.ports(outside);
        let metrics = Arc::new(Metrics::new(metrics)?);
        let settings = Settings {
            urls: config.urls,
            default_handle: config.default_handle,
            limits: config.limits,
            sign_ups: config.sign_ups,
            plans: config.plans,
            secret,
        };
        #[cfg(feature = "edge")]
        let geo = config.geoip_db.as_deref().map(backing::geo_file).transpose()?;
        #[cfg(feature = "edge")]
        let whereabouts = backing::whereabouts(config.country_header, config.region_header, geo.as_ref());
        #[cfg(feature = "edge")]
        let table = Arc::new(RouteTable::new(Bounds::within(config.route_memory)));
        #[cfg(feature = "edge")]
        let listener: Arc<dyn RouteListener> = table.clone();
        #[cfg(not(feature = "edge"))]
        let listener: Arc<dyn RouteListener> = Arc::new(Deaf);
        let app = Application::new(catalogue(), ports.clone(), settings, listener, metrics.clone());
        let inner = Parts {
            #[cfg(feature = "edge")]
            edge: Edge::new(&app, table, whereabouts),
            #[cfg(feature = "edge")]
            geo,
            app,
            journal: clicks.reader,
            metrics,
            proxies: TrustedProxies(config.trusted_proxies),
            requests: TaskTracker::new(),
            secret_is_fresh: config.secret_file.is_none(),
            #[cfg(feature = "mcp")]
            scope_challenge: config.scope_challenge,
            clock,
            followed: Arc::new(Followed::default()),
        };
        Ok(Self {
            parts: Arc::new(inner),
            ports,
            store,
            database,
            journal: config.journal,
            mailer,
            retention: config.click_retention,
            tasks: TaskTracker::new(),
            cancelled: CancellationToken::new(),
        })
    }

    fn start_loops(&self, position: ChangePosition) -> Result<(), StartError> {
        let app = &self.parts.app;
        let keeper = Arc::new(Holdings {
            app: app.clone(),
            #[cfg(feature = "edge")]
            routes: self.parts.edge.routes().clone(),
            clock: self.parts.clock.clone(),
            followed: self.parts.followed.clone(),
        });
        let (log, clock) = (self.store.log.clone(), self.parts.clock.clone());
        self.tasks.spawn(follow_changes(log, position, keeper, clock, self.cancelled.clone()));
        let house = House {
            app: app.clone(),
            log: self.store.log.clone(),
            ingest: self.store.ingest.clone(),
            counters: self.store.counters.clone(),
            health: self.store.health.clone(),
            retention: self.retention,
            clock: self.parts.clock.clone(),
            countries: self.countries(),
        };
        let (journal, ingest) = (self.parts.journal.clone(), self.store.ingest.clone());
        let drain = Drain::start(journal, ingest, app.clone()).map_err(StartError::Thread)?;
        let post = Post {
            app: app.clone(),
            queue: self.store.mails.clone(),
            mailer: self.mailer.clone(),
            clock: self.parts.clock.clone(),
        };
        self.tasks.spawn(send_mails(post, self.cancelled.clone()));
        self.tasks.spawn(return_budgets(app.budgets(), self.cancelled.clone()));
        self.tasks.spawn(drain_clicks(drain, self.cancelled.clone()));
        self.tasks.spawn(keep_house(house, self.cancelled.clone()));
        self.tasks.spawn(keep_metrics(self.parts.metrics.clone(), self.cancelled.clone()));
        Ok(())
    }

    /// Who knows where visitors are, where a file says it: told to [renew](Countries::renew), it reads a newer file, as it
    /// does by itself every minute.
    pub fn countries(&self) -> Option<Arc<dyn Countries>> {
        #[cfg(feature = "edge")]
        let countries = self.parts.geo.clone().map(|file| -> Arc<dyn Countries> { file });
        #[cfg(not(feature = "edge"))]
        let countries = None;
        countries
    }

    /// Every surface of this build as one service, by host and path: REST, MCP, redirects, health and metrics.
    pub fn service(&self) -> PlatformService {
        PlatformService::new(self.parts.clone())
    }

    /// The short links of one handle as a service, for a place of the program's own: `/{slug}` redirects, whatever the
    /// host.
    #[cfg(feature = "edge")]
    pub fn redirects(&self, handle: &Handle) -> Redirects {
        Redirects::new(self.parts.clone(), handle.clone())
    }

    /// Calls an operation with its types: `platform.run(&links::UPSERT, &caller, input)`. It goes through the same gate
    /// as a call over REST or MCP: the caller must be allowed, the input is checked, the call is audited and counted.
    pub async fn run<I, O>(&self, operation: &Op<I, O>, caller: &Caller, input: I) -> Result<O, Error>
    where
        I: Serialize,
        O: View + DeserializeOwned,
    {
        self.parts.app.run(operation, caller, input).await
    }

    /// Calls an operation that moves bytes, such as [`links::IMPORT`](crate::links::IMPORT); `bytes` is what is sent to
    /// it.
    pub async fn run_stream<I: Serialize>(
        &self,
        operation: &Op<I, StreamReply>,
        caller: &Caller,
        input: I,
        bytes: ByteStream,
    ) -> Result<StreamReply, Error> {
        self.parts.app.run_stream(operation, caller, input, bytes).await
    }

    /// The gate itself, for calls by name and with JSON.
    pub fn application(&self) -> &Application {
        &self.parts.app
    }

    /// Makes what is missing of an account, its handle and its token. A new account that is given no plan starts with that
    /// of the settings.
    pub async fn bootstrap(&self, wanted: Bootstrap) -> Result<Bootstrapped, BootstrapError> {
        let plan = wanted.terms.plan.or(Some(self.plans().start));
        let terms = Terms { plan, ..wanted.terms };
        bootstrap(&self.ports, Bootstrap { terms, ..wanted }).await
    }

    /// Sets what is given of the terms of an account, and says how it stands then; for whoever runs the installation.
    pub async fn account_terms(&self, email: &str, set: SetTerms) -> Result<AccountTerms, TermsError> {
        account_terms(&self.ports, self.plans(), email, set).await
    }

    fn plans(&self) -> &PlanRules {
        &self.parts.app.settings().plans
    }

    /// Gives an empty store something to click; `None` where it has accounts already.
    pub async fn first_run(&self) -> Result<Option<FirstRun>, BootstrapError> {
        let urls = &self.parts.app.settings().urls;
        let email = format!("owner@{}", urls.domain);
        first_run(&self.ports, &email, &format!("{}/v2/docs", urls.api), self.plans().begin()).await
    }

    pub(crate) fn audit(&self) -> &dyn AuditReader {
        self.store.audit.as_ref()
    }

    /// Ends the loops, counts the last clicks and closes the store. Requests should have ended before.
    pub async fn stop(self) {
        self.parts.requests.close();
        // One that takes longer has been cut off by its caller; what waits in the loops must not be lost for it.
        if timeout(LAST_REQUESTS, self.parts.requests.wait()).await.is_err() {
            warn!(
                requests.count = self.parts.requests.len(),
                "some calls had not ended when the platform did"
            );
        }
        self.cancelled.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.store.close().await;
    }
}

impl Parts {
    /// The page of metrics.
    pub(crate) fn metrics(&self) -> String {
        self.metrics.render(&Standing {
            journal: self.journal.standing(),
            #[cfg(feature = "edge")]
            edge: self.edge.stats(),
            #[cfg(feature = "edge")]
            change_age: self.followed.age(self.clock.monotonic()),
        })
    }
}

/// Hears of changed routes where nobody holds any.
#[cfg(not(feature = "edge"))]
struct Deaf;

#[cfg(not(feature = "edge"))]
impl RouteListener for Deaf {
    fn link_changed(&self, _: &lp_core::Handle, _: &lp_core::SlugKey, _: lp_application::Loaded) {}

    fn rules_changed(&self, _: &lp_core::Handle, _: Arc<lp_application::Policy>) {}
}
