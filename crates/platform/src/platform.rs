use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lp_adapters_journal::OpenError;
use lp_adapters_web::{Policy, WebProber};
use lp_application::{
    Application, Bootstrap, BootstrapError, Bootstrapped, FirstRun, Settings, bootstrap, catalogue, first_run,
};
use lp_core::{Handle, SlugKey};
use lp_edge::{Edge, LiveRoutes, RouteTable};
use lp_ports::{AuditReader, ChangePosition, Clock, Ids, JournalReader, StoreError};
use lp_worker::{Drain, House, RouteKeeper, drain_clicks, follow_changes, keep_house};
use thiserror::Error;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use crate::backing::{Backing, Clicks, Outside};
use crate::client::TrustedProxies;
use crate::clock::SystemClock;
use crate::ids::SystemIds;
use crate::metrics::{Metrics, Standing, keep_metrics};
use crate::secret;
use crate::serve::PlatformService;
use crate::{Config, Database, Journal};

/// How long calls whose connections are gone may go on at the end.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// A running platform.
pub struct Platform {
    pub(crate) parts: Arc<Parts>,
    pub(crate) backing: Backing,
    pub(crate) database: Database,
    pub(crate) journal: Journal,
    retention: Option<Duration>,
    tasks: TaskTracker,
    cancelled: CancellationToken,
}

/// What requests need.
pub(crate) struct Parts {
    pub(crate) app: Application,
    pub(crate) edge: Edge,
    pub(crate) journal: Arc<dyn JournalReader>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) proxies: TrustedProxies,
    pub(crate) requests: TaskTracker,
    /// It has no file: nobody has had it before.
    pub(crate) secret_is_fresh: bool,
    clock: Arc<SystemClock>,
    followed: Arc<Followed>,
}

/// When the change log was last read to good effect, in milliseconds of the monotonic clock.
#[derive(Debug, Default)]
struct Followed(AtomicU64);

/// The edge's routes, as the loop that follows other nodes sees them.
struct EdgeRoutes {
    routes: LiveRoutes,
    clock: Arc<SystemClock>,
    followed: Arc<Followed>,
}

/// Why a platform did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("the store {database} cannot be used")]
    Store {
        /// Which, without password.
        database: String,
        /// Why.
        source: StoreError,
    },
    /// The click journal cannot be opened.
    #[error("there is nowhere to note clicks")]
    Journal(#[from] OpenError),
    /// The secret cannot be read or made.
    #[error("the secret key file {} cannot be used", .path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A thread cannot be started.
    #[error("a thread cannot be started")]
    Thread(#[source] io::Error),
    /// Metrics cannot be set up.
    #[error("metrics cannot be set up")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

impl Platform {
    /// Opens the store, loads the secret and starts the loops. Must be called on a tokio runtime.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let clicks = Clicks::open(&config.journal, &SystemIds)?;
        let platform = Self::assemble(config, clicks, false).await?;
        // Read before anything is loaded: what is committed from here on is met again.
        let position = platform.backing.log.position().await;
        let fault = |source| StartError::Store { database: platform.database.to_string(), source };
        let position = position.map_err(fault)?;
        platform.compare_secret().await;
        platform.start_loops(position)?;
        Ok(platform)
    }

    /// The same without loops and without a click journal on disk: for single commands beside a running platform on the
    /// same store.
    pub async fn open(config: Config) -> Result<Self, StartError> {
        let clicks = Clicks::memory(&SystemIds);
        Self::assemble(config, clicks, false).await
    }

    /// The same on a store whose schema is left as it is: for checks, which may run beside a platform of another version.
    pub async fn look(config: Config) -> Result<Self, StartError> {
        let clicks = Clicks::memory(&SystemIds);
        Self::assemble(config, clicks, true).await
    }

    async fn assemble(config: Config, clicks: Clicks, looking: bool) -> Result<Self, StartError> {
        let ids = Arc::new(SystemIds);
        let clock = Arc::new(SystemClock::new());
        let probe = Arc::new(WebProber::new(Policy { allow_private: config.allow_private_targets }));
        let outside = Outside { probe, journal: clicks.journal, clock: clock.clone(), ids: ids.clone() };
        let backing = Backing::open(&config.database, outside, looking).await?;
        let secret = match &config.secret_file {
            Some(path) => secret::load(path, ids.as_ref())?,
            None => ids.random(),
        };
        let metrics = Arc::new(Metrics::new()?);
        let settings = Settings {
            urls: config.urls,
            default_handle: config.default_handle,
            limits: config.limits,
            secret,
        };
        let table = Arc::new(RouteTable::default());
        let app =
            Application::new(catalogue(), backing.ports.clone(), settings, table.clone(), metrics.clone());
        let edge = Edge::new(&app, table);
        let proxies = TrustedProxies(config.trusted_proxies);
        let followed = Arc::new(Followed::default());
        let requests = TaskTracker::new();
        let journal = clicks.reader;
        let secret_is_fresh = config.secret_file.is_none();
        let inner =
            Parts { app, edge, journal, metrics, proxies, requests, secret_is_fresh, clock, followed };
        Ok(Self {
            parts: Arc::new(inner),
            backing,
            database: config.database,
            journal: config.journal,
            retention: config.click_retention,
            tasks: TaskTracker::new(),
            cancelled: CancellationToken::new(),
        })
    }

    fn start_loops(&self, position: ChangePosition) -> Result<(), StartError> {
        let app = &self.parts.app;
        let keeper = Arc::new(EdgeRoutes {
            routes: self.parts.edge.routes().clone(),
            clock: self.parts.clock.clone(),
            followed: self.parts.followed.clone(),
        });
        let house = House {
            app: app.clone(),
            log: self.backing.log.clone(),
            ingest: self.backing.ingest.clone(),
            counters: self.backing.ports.counters.clone(),
            health: self.backing.ports.health.clone(),
            retention: self.retention,
            clock: self.parts.clock.clone(),
        };
        let (journal, ingest) = (self.parts.journal.clone(), self.backing.ingest.clone());
        let log = self.backing.log.clone();
        self.tasks.spawn(follow_changes(log, position, keeper, self.cancelled.clone()));
        let drain = Drain::start(journal, ingest, app.clone()).map_err(StartError::Thread)?;
        self.tasks.spawn(drain_clicks(drain, self.cancelled.clone()));
        self.tasks.spawn(keep_house(house, self.cancelled.clone()));
        self.tasks.spawn(keep_metrics(self.parts.metrics.clone(), self.cancelled.clone()));
        Ok(())
    }

    /// Whether this node has the secret that the first one to serve on this store had.
    pub(crate) async fn shares_secret(&self) -> Result<bool, StoreError> {
        let first = self.backing.ports.health.agreed("secret").await?;
        Ok(first.is_none_or(|first| first == self.secret_mark()))
    }

    fn secret_mark(&self) -> String {
        secret::mark(&self.parts.app.settings().secret)
    }

    async fn compare_secret(&self) {
        let mark = self.secret_mark();
        match self.backing.ports.health.agree("secret", &mark).await {
            Ok(first) if first == mark => {}
            Ok(_) => {
                warn!(
                    "this node's secret differs from that of the installation: addresses signed by other nodes are \
                     refused here, and their visitors are counted as others; give every node the same secret key file"
                );
            }
            Err(error) => {
                warn!(error.source = %error, "the secret could not be compared with the installation's");
            }
        }
    }

    /// Every surface as one service: REST, MCP, the edge and the operations endpoints, by host and path.
    pub fn service(&self) -> PlatformService {
        PlatformService::new(self.parts.clone())
    }

    /// The gate, for calls from within the program.
    pub fn application(&self) -> &Application {
        &self.parts.app
    }

    /// Makes what is missing of an account, its handle and its token.
    pub async fn bootstrap(&self, wanted: Bootstrap) -> Result<Bootstrapped, BootstrapError> {
        bootstrap(&self.backing.ports, wanted).await
    }

    /// Gives an empty store something to click; `None` where it has accounts already.
    pub async fn first_run(&self) -> Result<Option<FirstRun>, BootstrapError> {
        let urls = &self.parts.app.settings().urls;
        let email = format!("owner@{}", urls.domain);
        first_run(&self.backing.ports, &email, &format!("{}/v2/docs", urls.api)).await
    }

    pub(crate) fn audit(&self) -> &dyn AuditReader {
        self.backing.ports.audit.as_ref()
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
        self.backing.close().await;
    }
}

impl Parts {
    /// The page of metrics.
    pub(crate) fn metrics(&self) -> String {
        let change_age = self.followed.age(self.clock.monotonic());
        let (edge, journal) = (self.edge.stats(), self.journal.standing());
        self.metrics.render(&Standing { edge, journal, change_age })
    }
}

impl Followed {
    fn note(&self, now: Duration) {
        self.0.store(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(Duration::from_millis(self.0.load(Ordering::Relaxed)))
    }
}

impl RouteKeeper for EdgeRoutes {
    fn refresh(
        &self,
        handle: Handle,
        slug: SlugKey,
    ) -> Pin<Box<dyn Future<Output = Result<(), lp_application::Error>> + Send + '_>> {
        Box::pin(async move { self.routes.refresh(&handle, &slug).await })
    }

    fn lost_track(&self) {
        self.routes.table().forget_all();
    }

    fn caught_up(&self, position: ChangePosition) {
        self.routes.table().caught_up(position.0);
        self.followed.note(self.clock.monotonic());
    }
}
