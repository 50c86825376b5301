use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use ipnet::IpNet;
use lp_application::{Limits, PlanRules, PublicUrls, SignUps};
use lp_core::Handle;
use lp_ports::{ClientDocuments, Clock, HealthProbe, Ids, Mailer};

use crate::clock::SystemClock;
use crate::ids::SystemIds;
use crate::metrics::Lines;
use crate::platform::Start;
use crate::{Config, Database, Journal, MailRoute, Platform, ScopeChallenge, StartError, Store, backing};

/// What a platform shall be. [`Platform::builder`] gives one.
///
/// One thing must be said: where everything is kept, with [`in_memory`](Self::in_memory) or
/// [`data_dir`](Self::data_dir). Store, click journal and secret go there unless each has a place of its own; the rest has
/// defaults. [`build`](Self::build) checks all of it before it touches anything, and tells every fault at once.
#[must_use = "nothing runs until it is built"]
pub struct Builder {
    in_memory: bool,
    data_dir: Option<PathBuf>,
    database: Option<Database>,
    store: Option<Store>,
    journal: Option<Journal>,
    secret_file: Option<PathBuf>,
    click_retention: Option<Duration>,
    domain: String,
    port: Option<u16>,
    urls: Option<PublicUrls>,
    default_handle: Option<Handle>,
    limits: Option<Limits>,
    plans: PlanRules,
    allow_private_targets: bool,
    trusted_proxies: Vec<IpNet>,
    country_header: Option<HeaderName>,
    route_memory: usize,
    region_header: Option<HeaderName>,
    geoip_db: Option<PathBuf>,
    clock: Option<Arc<dyn Clock>>,
    ids: Option<Arc<dyn Ids>>,
    probe: Option<Arc<dyn HealthProbe>>,
    documents: Option<Arc<dyn ClientDocuments>>,
    sign_ups: SignUps,
    scope_challenge: ScopeChallenge,
    mail: Option<MailRoute>,
    mailer: Option<Arc<dyn Mailer>>,
    metrics: Option<Lines>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            in_memory: false,
            data_dir: None,
            database: None,
            store: None,
            journal: None,
            secret_file: None,
            click_retention: Some(Config::CLICK_RETENTION),
            domain: "localhost".to_owned(),
            port: None,
            urls: None,
            default_handle: None,
            limits: Some(Limits::default()),
            plans: PlanRules::default(),
            allow_private_targets: false,
            trusted_proxies: Vec::new(),
            country_header: None,
            route_memory: Config::ROUTE_MEMORY,
            region_header: None,
            geoip_db: None,
            clock: None,
            ids: None,
            probe: None,
            documents: None,
            sign_ups: SignUps::Open,
            scope_challenge: ScopeChallenge::Envelope,
            mail: None,
            mailer: None,
            metrics: None,
        }
    }

    /// Keeps what has no other place in memory, where it is gone with the platform.
    pub fn in_memory(self) -> Self {
        Self { in_memory: true, ..self }
    }

    /// Keeps what has no other place in this folder, which is made where it is missing.
    pub fn data_dir(self, folder: impl Into<PathBuf>) -> Self {
        Self { data_dir: Some(folder.into()), ..self }
    }

    /// Keeps links and all else that is stored in this database.
    pub fn database(self, database: Database) -> Self {
        Self { database: Some(database), ..self }
    }

    /// Keeps links and all else that is stored in a store of the program's own.
    pub fn store(self, store: Store) -> Self {
        Self { store: Some(store), ..self }
    }

    /// Notes clicks here until they are counted.
    pub fn journal(self, journal: Journal) -> Self {
        Self { journal: Some(journal), ..self }
    }

    /// Keeps the installation's secret in this file, which is made where it is missing. Nodes that share a store must
    /// share the secret.
    pub fn secret_file(self, file: impl Into<PathBuf>) -> Self {
        Self { secret_file: Some(file.into()), ..self }
    }

    /// How long clicks are kept one by one, 400 days unless said otherwise; `None`: for ever. Their hourly counts are
    /// kept for ever.
    pub fn click_retention(self, kept: Option<Duration>) -> Self {
        Self { click_retention: kept, ..self }
    }

    /// The domain below which handles have their hosts: `localhost` unless said otherwise. Any other is reached over
    /// HTTPS, with the API at `https://ai.{domain}`.
    pub fn public_domain(self, domain: impl Into<String>) -> Self {
        Self { domain: domain.into(), ..self }
    }

    /// The port of public addresses, where it is not the scheme's own: 8080 on `localhost` unless said otherwise.
    pub fn public_port(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    /// Every public address, in place of what domain and port say.
    pub fn public_urls(self, urls: PublicUrls) -> Self {
        Self { urls: Some(urls), ..self }
    }

    /// The handle that is meant where nothing names one.
    pub fn default_handle(self, handle: Handle) -> Self {
        Self { default_handle: Some(handle), ..self }
    }

    /// How often an actor or address may call; `None` turns limits off.
    pub fn limits(self, limits: Option<Limits>) -> Self {
        Self { limits, ..self }
    }

    /// With which plan accounts start, and what it allows them; the greatest, and as much as they like, unless said
    /// otherwise.
    pub fn plans(self, plans: PlanRules) -> Self {
        Self { plans, ..self }
    }

    /// Lets health checks and fetches of clients' documents reach loopback and private addresses: for tests and closed networks.
    pub fn allow_private_targets(self) -> Self {
        Self { allow_private_targets: true, ..self }
    }

    /// The proxies whose `X-Forwarded-*` headers are believed; none unless given.
    pub fn trusted_proxies(self, networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self { trusted_proxies: networks.into_iter().collect(), ..self }
    }

    /// The header in which trusted proxies name the country of a visitor, such as `CF-IPCountry`. They have to set it, or
    /// drop what a visitor sent: the two are not told apart.
    pub fn country_header(self, name: HeaderName) -> Self {
        Self { country_header: Some(name), ..self }
    }

    /// What routes in memory may take, in bytes; the least visited go first. Links beyond it are read from the store when
    /// somebody comes.
    pub fn route_memory(self, bytes: usize) -> Self {
        Self { route_memory: bytes, ..self }
    }

    /// The header in which the same proxies name the region of a visitor (ISO 3166-2 without the country), such as
    /// `CF-Region-Code`; believed where they name the country as well.
    pub fn region_header(self, name: HeaderName) -> Self {
        Self { region_header: Some(name), ..self }
    }

    /// A file of countries or cities in MaxMind's format, which says the countries of visitors where no trusted proxy does.
    /// It is read once, into memory.
    pub fn geoip_db(self, file: impl Into<PathBuf>) -> Self {
        Self { geoip_db: Some(file.into()), ..self }
    }

    /// The time; the machine's unless given.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// Ids and randomness; the machine's unless given. Secrets are made of them: others than a test's must be
    /// unguessable.
    pub fn ids(self, ids: Arc<dyn Ids>) -> Self {
        Self { ids: Some(ids), ..self }
    }

    /// Who asks destinations whether they live. Without one and without the feature `probe` nobody does, and health
    /// checks say that the address is forbidden.
    pub fn probe(self, probe: Arc<dyn HealthProbe>) -> Self {
        Self { probe: Some(probe), ..self }
    }

    /// Who fetches what clients of OAuth publish about themselves. Without one and without the feature `probe` nobody does,
    /// and such clients are unknown.
    pub fn client_documents(self, documents: Arc<dyn ClientDocuments>) -> Self {
        Self { documents: Some(documents), ..self }
    }

    /// Who may have an account: whoever reads a mailbox, unless said otherwise.
    pub fn sign_ups(self, sign_ups: SignUps) -> Self {
        Self { sign_ups, ..self }
    }

    /// How connectors are told that a tool needs more scopes: in its result, unless said otherwise.
    pub fn scope_challenge(self, scope_challenge: ScopeChallenge) -> Self {
        Self { scope_challenge, ..self }
    }

    /// Where mails go: into the folder `outbox` of the data folder unless said otherwise, and nowhere where there is none.
    pub fn mail(self, route: MailRoute) -> Self {
        Self { mail: Some(route), ..self }
    }

    /// Who takes mails, in the place of any route.
    pub fn mailer(self, mailer: Arc<dyn Mailer>) -> Self {
        Self { mailer: Some(mailer), ..self }
    }

    /// What the program measures itself, for the end of `/metrics`: whole lines in Prometheus' text form, asked for with
    /// each page.
    pub fn metrics(self, lines: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self { metrics: Some(Box::new(lines)), ..self }
    }

    /// Opens what is to be opened and starts the loops: the platform runs. Must be called on a tokio runtime.
    pub async fn build(self) -> Result<Platform, StartError> {
        Platform::start(self.settle()?).await
    }

    /// The same without loops and without a click journal on disk: for single commands beside a running platform on the
    /// same store.
    pub async fn open(self) -> Result<Platform, StartError> {
        Platform::open(self.settle()?, false).await
    }

    /// The same on a store whose schema is left as it is: for checks, which may run beside a platform of another version.
    pub async fn look(self) -> Result<Platform, StartError> {
        Platform::open(self.settle()?, true).await
    }

    /// What is meant, or everything that is wrong with it.
    fn settle(self) -> Result<Start, StartError> {
        let mut faults = Vec::new();
        let folder = self.data_dir.as_deref();
        match (self.in_memory, folder) {
            (true, Some(folder)) => faults.push(format!(
                "in_memory and data_dir({}) exclude each other: say where everything is kept once",
                folder.display()
            )),
            (false, None) => {
                let places = [
                    ("the store", self.database.is_some() || self.store.is_some()),
                    ("the click journal", self.journal.is_some()),
                    ("the secret", self.secret_file.is_some()),
                ];
                let homeless = places.iter().filter(|(_, has_place)| !has_place);
                faults.extend(
                    homeless.map(|(what, _)| format!("{what} has no place: say data_dir(…) or in_memory()")),
                );
            }
            _ => {}
        }
        let database = self.database.clone().unwrap_or_else(|| {
            folder.map_or(Database::Memory, |folder| Database::File(folder.join(Config::DATABASE)))
        });
        if self.store.is_some() && self.database.is_some() {
            faults.push(format!("store and database({database}) exclude each other: say one"));
        } else if self.store.is_none()
            && let Some(feature) = backing::lacking(&database)
        {
            faults.push(format!("database {database} needs the feature `{feature}` of link-platform"));
        }
        let mail = self.mail.unwrap_or_else(|| folder.map_or(MailRoute::Nowhere, MailRoute::in_folder));
        let mailer = match self.mailer {
            Some(mailer) => Some(mailer),
            None => backing::mailer(&mail).map_err(|fault| faults.push(fault.to_string())).ok(),
        };
        let urls = self.urls.unwrap_or_else(|| PublicUrls::below(&self.domain, self.port));
        faults.extend(urls.faults());
        let (Some(mailer), true) = (mailer, faults.is_empty()) else {
            return Err(StartError::Invalid(faults));
        };
        let config = Config {
            database,
            journal: self.journal.unwrap_or_else(|| folder.map_or(Journal::Memory, Journal::in_folder)),
            click_retention: self.click_retention,
            secret_file: self.secret_file.or_else(|| folder.map(|folder| folder.join(Config::SECRET))),
            urls,
            default_handle: self.default_handle,
            limits: self.limits,
            plans: self.plans,
            allow_private_targets: self.allow_private_targets,
            sign_ups: self.sign_ups,
            scope_challenge: self.scope_challenge,
            mail,
            trusted_proxies: self.trusted_proxies,
            country_header: self.country_header,
            route_memory: self.route_memory,
            region_header: self.region_header,
            geoip_db: self.geoip_db,
        };
        Ok(Start {
            store: self.store,
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock::new())),
            ids: self.ids.unwrap_or_else(|| Arc::new(SystemIds)),
            probe: self.probe.unwrap_or_else(|| backing::prober(config.allow_private_targets)),
            documents: self.documents.unwrap_or_else(|| backing::documents(config.allow_private_targets)),
            mailer,
            metrics: self.metrics,
            config,
        })
    }
}

/// For programs whose settings say everything: what has no place in them is kept in memory.
impl From<Config> for Builder {
    fn from(config: Config) -> Self {
        Self {
            in_memory: true,
            database: Some(config.database),
            journal: Some(config.journal),
            secret_file: config.secret_file,
            click_retention: config.click_retention,
            urls: Some(config.urls),
            default_handle: config.default_handle,
            limits: config.limits,
            plans: config.plans,
            allow_private_targets: config.allow_private_targets,
            sign_ups: config.sign_ups,
            scope_challenge: config.scope_challenge,
            mail: Some(config.mail),
            trusted_proxies: config.trusted_proxies,
            country_header: config.country_header,
            route_memory: config.route_memory,
            region_header: config.region_header,
            geoip_db: config.geoip_db,
            ..Self::new()
        }
    }
}
