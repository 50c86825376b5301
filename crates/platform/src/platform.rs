use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lp_adapters_journal::{DEFAULT_CAPACITY, MemoryJournal};
use lp_adapters_sqlite::SqliteStore;
use lp_adapters_web::{Policy, WebProber};
use lp_application::{
    Application, Bootstrap, BootstrapError, Bootstrapped, FirstRun, Ports, Settings, bootstrap, catalogue,
    first_run,
};
use lp_core::{Handle, SlugKey};
use lp_edge::{Edge, LiveRoutes, RouteTable};
use lp_ports::{
    AuditReader, ChangeLog, ChangePosition, Clock, Ids, Ingest, JournalId, JournalReader, StoreError,
};
use lp_worker::{RouteKeeper, drain_clicks, follow_changes, keep_house};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Config;
use crate::client::TrustedProxies;
use crate::clock::SystemClock;
use crate::ids::SystemIds;
use crate::metrics::{Metrics, Standing, keep_metrics};
use crate::secret;
use crate::serve::PlatformService;

/// A running platform.
pub struct Platform {
    pub(crate) parts: Arc<Parts>,
    ports: Ports,
    tasks: TaskTracker,
    cancelled: CancellationToken,
}

/// What requests need.
pub(crate) struct Parts {
    pub(crate) app: Application,
    pub(crate) edge: Edge,
    pub(crate) store: SqliteStore,
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) proxies: TrustedProxies,
    pub(crate) requests: TaskTracker,
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
    #[error("the store cannot be opened{}", .path.as_ref().map_or_else(String::new, |path| format!(" at {}", path.display())))]
    Store {
        /// Its file.
        path: Option<PathBuf>,
        /// Why.
        source: StoreError,
    },
    /// The secret cannot be read or made.
    #[error("the secret key file {} cannot be used", .path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Metrics cannot be set up.
    #[error("metrics cannot be set up")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

impl Platform {
    /// Opens the store, loads the secret and starts the loops. Must be called on a tokio runtime.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let platform = Self::open(config).await?;
        platform.start_loops().await?;
        Ok(platform)
    }

    /// The same without loops: for single commands beside a running platform on the same store.
    pub async fn open(config: Config) -> Result<Self, StartError> {
        let opened = match &config.database {
            Some(path) => SqliteStore::open(path).await,
            None => SqliteStore::in_memory().await,
        };
        let store = opened.map_err(|source| StartError::Store { path: config.database.clone(), source })?;
        let ids = Arc::new(SystemIds);
        let secret = match &config.secret_file {
            Some(path) => secret::load(path, ids.as_ref())?,
            None => ids.random(),
        };
        let metrics = Arc::new(Metrics::new()?);
        // Memory does not outlive the process, so every start has a journal of its own.
        let journal = Arc::new(MemoryJournal::new(JournalId(ids.uuid().to_string()), DEFAULT_CAPACITY));
        let probe = WebProber::new(Policy { allow_private: config.allow_private_targets });
        let clock = Arc::new(SystemClock::new());
        let ports =
            Ports::over(Arc::new(store.clone()), Arc::new(probe), journal.clone(), clock.clone(), ids);
        let settings = Settings {
            urls: config.urls,
            default_handle: config.default_handle,
            limits: config.limits,
            secret,
        };
        let table = Arc::new(RouteTable::default());
        let app = Application::new(catalogue(), ports.clone(), settings, table.clone(), metrics.clone());
        let edge = Edge::new(&app, table);
        let proxies = TrustedProxies(config.trusted_proxies);
        let followed = Arc::new(Followed::default());
        let requests = TaskTracker::new();
        let inner = Parts { app, edge, store, journal, metrics, proxies, requests, clock, followed };
        let (tasks, cancelled) = (TaskTracker::new(), CancellationToken::new());
        Ok(Self { parts: Arc::new(inner), ports, tasks, cancelled })
    }

    async fn start_loops(&self) -> Result<(), StartError> {
        let (app, store) = (&self.parts.app, &self.parts.store);
        // Read before anything is loaded: what is committed from here on is met again.
        let position = store.position().await.map_err(|source| StartError::Store { path: None, source })?;
        let keeper = Arc::new(EdgeRoutes {
            routes: self.parts.edge.routes().clone(),
            clock: self.parts.clock.clone(),
            followed: self.parts.followed.clone(),
        });
        let log: Arc<dyn ChangeLog> = Arc::new(store.clone());
        let ingest: Arc<dyn Ingest> = Arc::new(store.clone());
        let journal: Arc<dyn JournalReader> = self.parts.journal.clone();
        self.tasks.spawn(follow_changes(log.clone(), position, keeper, self.cancelled.clone()));
        self.tasks.spawn(drain_clicks(journal, ingest, app.clone(), self.cancelled.clone()));
        self.tasks.spawn(keep_house(app.clone(), log, self.cancelled.clone()));
        self.tasks.spawn(keep_metrics(self.parts.metrics.clone(), self.cancelled.clone()));
        Ok(())
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
        bootstrap(&self.ports, wanted).await
    }

    /// Gives an empty store something to click; `None` where it has accounts already.
    pub async fn first_run(&self) -> Result<Option<FirstRun>, BootstrapError> {
        let urls = &self.parts.app.settings().urls;
        let email = format!("owner@{}", urls.domain);
        first_run(&self.ports, &email, &format!("{}/v2/docs", urls.api)).await
    }

    pub(crate) fn audit(&self) -> &dyn AuditReader {
        self.ports.audit.as_ref()
    }

    /// Ends the loops, counts the last clicks and closes the store. Requests should have ended before.
    pub async fn stop(self) {
        self.parts.requests.close();
        self.parts.requests.wait().await;
        self.cancelled.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.parts.store.close().await;
    }
}

impl Parts {
    /// The page of metrics.
    pub(crate) fn metrics(&self) -> String {
        let change_age = self.followed.age(self.clock.monotonic());
        let (edge, clicks_lost) = (self.edge.stats(), self.journal.lost());
        self.metrics.render(&Standing { edge, clicks_lost, change_age })
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

    fn caught_up(&self, position: ChangePosition) {
        self.routes.table().caught_up(position.0);
        self.followed.note(self.clock.monotonic());
    }
}
