use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderName;
use ipnet::IpNet;
use lp_application::{Limits, PlanRules, PublicUrls, SignUps};
use lp_core::Handle;
use thiserror::Error;

pub use lp_adapters_journal::Durability;

use crate::backing;

/// Everything that settings can say of a platform, for programs that have settings of their own:
/// `Builder::from(config)`. [`Platform::builder`](crate::Platform::builder) is shorter where most of it is as usual.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where everything is kept.
    pub database: Database,
    /// Where clicks wait until they are counted.
    pub journal: Journal,
    /// How long clicks are kept one by one; their hourly counts are kept for ever. `None`: for ever too.
    pub click_retention: Option<Duration>,
    /// The file with the installation's secret; `None`: a fresh one that is gone with the process.
    pub secret_file: Option<PathBuf>,
    /// Where the platform can be reached.
    pub urls: PublicUrls,
    /// The handle that is meant where nothing names one.
    pub default_handle: Option<Handle>,
    /// `None` turns rate limits off.
    pub limits: Option<Limits>,
    /// What accounts start with, and what its plan allows an account.
    pub plans: PlanRules,
    /// Lets health checks and fetches of clients' documents reach loopback and private addresses: for tests and closed networks.
    pub allow_private_targets: bool,
    /// How connectors are told that they need more scopes.
    pub scope_challenge: ScopeChallenge,
    /// Who may have an account.
    pub sign_ups: SignUps,
    /// Where mails go.
    pub mail: MailRoute,
    /// Proxies whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which those proxies name the country of a visitor.
    pub country_header: Option<HeaderName>,
    /// What routes in memory may take, in bytes; the least visited go first.
    pub route_memory: usize,
    /// As that one, for the region.
    pub region_header: Option<HeaderName>,
    /// A file of countries or cities in MaxMind's format, where no proxy names the country.
    pub geoip_db: Option<PathBuf>,
}

/// A store.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// The embedded one in memory, gone with the process.
    Memory,
    /// The embedded one in a file.
    File(PathBuf),
    /// PostgreSQL, which several nodes may share.
    Postgres {
        /// `postgres://user:password@host:port/database`, with the parameters of libpq.
        url: String,
        /// At most so many connections of this node.
        connections: u32,
    },
}

/// How a connector on MCP is told that a tool needs more scopes than it has. Personal access tokens, which nobody can
/// widen, are always told in the envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScopeChallenge {
    /// In the result of the tool, which every client hands to its model.
    #[default]
    Envelope,
    /// With the same body under HTTP status 403: some clients ask the person for more then, and call again.
    Http,
}

/// Where mails go.
#[derive(Clone, PartialEq, Eq)]
pub enum MailRoute {
    /// Nowhere: each is given up, and a warning says so. Nobody can sign up or set a forgotten password.
    Nowhere,
    /// Into files in a folder, for the operator to read.
    Folder(PathBuf),
    /// To an SMTP server.
    Smtp {
        /// `smtps://user:password@host:port`, or `smtp://…` for STARTTLS.
        url: String,
        /// `links@example.com`, or `Links <links@example.com>`.
        from: String,
    },
}

/// Why no mail could go a way; says nothing of a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailRouteFault {
    /// The server's address.
    #[error("mail server: {0}")]
    Server(String),
    /// Of whom mails are.
    #[error("mail sender: {0}")]
    Sender(String),
}

/// A click journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Journal {
    /// In memory, gone with the process.
    Memory,
    /// In a folder, which processes on one machine may share.
    Folder {
        /// Made where it is missing.
        path: PathBuf,
        /// What an answered click survives.
        durability: Durability,
        /// At most so many bytes; beyond them visitors are redirected and not counted.
        capacity: u64,
    },
}

impl Config {
    /// One that keeps everything in a folder and is reached on `localhost` at this port.
    pub fn local(data_dir: &Path, port: u16) -> Self {
        Self {
            database: Database::File(data_dir.join(Self::DATABASE)),
            journal: Journal::in_folder(data_dir),
            click_retention: Some(Self::CLICK_RETENTION),
            secret_file: Some(data_dir.join(Self::SECRET)),
            mail: MailRoute::in_folder(data_dir),
            ..Self::in_memory(port)
        }
    }

    /// One that keeps nothing beyond the process and is reached on `localhost` at this port.
    pub fn in_memory(port: u16) -> Self {
        Self {
            database: Database::Memory,
            journal: Journal::Memory,
            click_retention: None,
            secret_file: None,
            urls: PublicUrls {
                domain: "localhost".to_owned(),
                scheme: "http".to_owned(),
                port: Some(port),
                api: format!("http://localhost:{port}"),
            },
            default_handle: None,
            limits: Some(Limits::default()),
            plans: PlanRules::default(),
            allow_private_targets: false,
            scope_challenge: ScopeChallenge::Envelope,
            sign_ups: SignUps::Open,
            mail: MailRoute::Nowhere,
            trusted_proxies: Vec::new(),
            country_header: None,
            route_memory: Self::ROUTE_MEMORY,
            region_header: None,
            geoip_db: None,
        }
    }

    /// The embedded store's file below a data folder.
    pub(crate) const DATABASE: &str = "link-platform.db";
    /// The secret's file below a data folder.
    pub(crate) const SECRET: &str = "secret.key";

    /// Some two and a half million links.
    pub const ROUTE_MEMORY: usize = 512 * 1024 * 1024;
    /// Thirteen months and a little: last year's month can be looked at beside this one's.
    pub const CLICK_RETENTION: Duration = Duration::from_hours(400 * 24);
}

impl Journal {
    /// At most so many bytes unless said otherwise: some ten million clicks.
    pub const CAPACITY: u64 = 1 << 30;

    /// The usual one below a data folder: clicks survive a killed process.
    pub fn in_folder(data_dir: &Path) -> Self {
        let path = data_dir.join("journal");
        Self::Folder { path, durability: Durability::Process, capacity: Self::CAPACITY }
    }
}

impl MailRoute {
    /// The usual one below a data folder, where nothing else is said.
    pub fn in_folder(data_dir: &Path) -> Self {
        Self::Folder(data_dir.join("outbox"))
    }

    /// What is wrong with it, before anything is started.
    pub fn fault(&self) -> Option<MailRouteFault> {
        backing::mailer(self).err()
    }
}

/// Without user and password.
impl fmt::Debug for MailRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("Nowhere"),
            Self::Folder(path) => f.debug_tuple("Folder").field(path).finish(),
            Self::Smtp { from, .. } => f.debug_struct("Smtp").field("from", from).finish_non_exhaustive(),
        }
    }
}

impl Database {
    /// How many connections a node makes to PostgreSQL unless said otherwise.
    pub const CONNECTIONS: u32 = 16;
}

/// Without user and password.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Postgres { url, .. } => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let rest = rest.split(['?', '#']).next().unwrap_or_default();
                write!(f, "postgres://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
            }
        }
    }
}

/// Without the password, because configurations are logged.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({self})")
    }
}
