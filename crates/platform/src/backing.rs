//! What stands behind the ports: which store, which journal, which prober.

#[cfg(feature = "edge")]
use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "edge")]
use http::HeaderName;
use lp_access::Secret;
#[cfg(feature = "edge")]
use lp_adapters_agents::KnownAgents;
#[cfg(feature = "edge")]
use lp_adapters_geo::GeoFile;
use lp_adapters_journal::{DEFAULT_CAPACITY, FileJournal, JournalOptions, MemoryJournal};
#[cfg(feature = "postgres")]
use lp_adapters_postgres::{PgOptions, PgStore};
#[cfg(feature = "sqlite")]
use lp_adapters_sqlite::SqliteStore;
#[cfg(feature = "edge")]
use lp_edge::Whereabouts;
#[cfg(feature = "edge")]
use lp_ports::Countries;
use lp_ports::{
    ClickJournal, ClientDocuments, HealthProbe, Ids, JournalId, JournalReader, MailFault, Mailer, Message,
    SignIn,
};

use crate::config::MailRouteFault;
use crate::{Database, Journal, MailRoute, StartError, Store};

/// Both ends of a journal.
pub(crate) struct Clicks {
    pub(crate) journal: Arc<dyn ClickJournal>,
    pub(crate) reader: Arc<dyn JournalReader>,
}

/// The feature that this build lacks for a database of this kind.
pub(crate) fn lacking(database: &Database) -> Option<&'static str> {
    match database {
        Database::Memory | Database::File(_) => (!cfg!(feature = "sqlite")).then_some("sqlite"),
        Database::Postgres { .. } => (!cfg!(feature = "postgres")).then_some("postgres"),
    }
}

/// Opens a store; where it is only to be looked at, an embedded one keeps the schema that it has.
#[cfg_attr(
    not(feature = "sqlite"),
    expect(unused_variables, reason = "only the embedded store is looked at")
)]
pub(crate) async fn open(database: &Database, looking: bool) -> Result<Store, StartError> {
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    let fault = |source| StartError::Store { database: database.to_string(), source };
    match database {
        #[cfg(feature = "sqlite")]
        Database::Memory => SqliteStore::in_memory().await.map(embedded).map_err(fault),
        #[cfg(feature = "sqlite")]
        Database::File(path) if looking => SqliteStore::look(path).await.map(embedded).map_err(fault),
        #[cfg(feature = "sqlite")]
        Database::File(path) => SqliteStore::open(path).await.map(embedded).map_err(fault),
        #[cfg(feature = "postgres")]
        Database::Postgres { url, connections } => {
            let options = PgOptions { connections: *connections };
            PgStore::connect(url, options).await.map(shared).map_err(fault)
        }
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        absent => {
            let feature = lacking(absent).unwrap_or_default();
            Err(StartError::Invalid(vec![format!("{absent} needs the feature `{feature}` of link-platform")]))
        }
    }
}

#[cfg(feature = "sqlite")]
fn embedded(store: SqliteStore) -> Store {
    let closing = store.clone();
    Store::of(Arc::new(store)).on_close(move || {
        let store = closing.clone();
        async move { store.close().await }
    })
}

#[cfg(feature = "postgres")]
fn shared(store: PgStore) -> Store {
    let closing = store.clone();
    let store = Arc::new(store);
    Store::of(store.clone()).counting(store).on_close(move || {
        let store = closing.clone();
        async move { store.close().await }
    })
}

/// Who asks destinations whether they live, where the program brings nobody of its own.
#[cfg(feature = "probe")]
pub(crate) fn prober(allow_private: bool) -> Arc<dyn HealthProbe> {
    use lp_adapters_web::{Policy, WebProber};
    Arc::new(WebProber::new(Policy { allow_private }))
}

/// Nobody: no network may be entered.
#[cfg(not(feature = "probe"))]
pub(crate) fn prober(_: bool) -> Arc<dyn HealthProbe> {
    use lp_core::WebUrl;
    use lp_ports::{Probe, ProbeFault};

    struct Nobody;

    #[async_trait::async_trait]
    impl HealthProbe for Nobody {
        async fn probe(&self, _: WebUrl) -> Probe {
            Probe::Failed(ProbeFault::Forbidden)
        }
    }

    Arc::new(Nobody)
}

/// Who fetches what clients publish about themselves, where the program brings nobody of its own.
#[cfg(feature = "probe")]
pub(crate) fn documents(allow_private: bool) -> Arc<dyn ClientDocuments> {
    use lp_adapters_web::{Policy, WebDocuments};
    Arc::new(WebDocuments::new(Policy { allow_private }))
}

/// Nobody: no network may be entered.
#[cfg(not(feature = "probe"))]
pub(crate) fn documents(_: bool) -> Arc<dyn ClientDocuments> {
    use lp_core::WebUrl;
    use lp_ports::{ClientDocument, DocumentFault};

    struct Nobody;

    #[async_trait::async_trait]
    impl ClientDocuments for Nobody {
        async fn fetch(&self, _: &WebUrl) -> Result<ClientDocument, DocumentFault> {
            Err(DocumentFault::Forbidden)
        }
    }

    Arc::new(Nobody)
}

/// The database of addresses in this file.
#[cfg(feature = "edge")]
pub(crate) fn geo_file(path: &Path) -> Result<Arc<GeoFile>, StartError> {
    GeoFile::open(path)
        .map(Arc::new)
        .map_err(|fault| StartError::Geo { path: path.to_owned(), source: Box::new(fault) })
}

/// How it is found out from where and with what visitors come.
#[cfg(feature = "edge")]
pub(crate) fn whereabouts(
    header: Option<HeaderName>,
    region_header: Option<HeaderName>,
    geo: Option<&Arc<GeoFile>>,
) -> Whereabouts {
    let countries = geo.map(|file| Arc::clone(file) as Arc<dyn Countries>);
    Whereabouts { header, region_header, countries, agents: Some(KnownAgents::prepared()) }
}

/// Who takes mails of this route.
pub(crate) fn mailer(route: &MailRoute) -> Result<Arc<dyn Mailer>, MailRouteFault> {
    match route {
        MailRoute::Nowhere => Ok(Arc::new(NoMailer)),
        #[cfg(feature = "mail")]
        MailRoute::Folder(path) => Ok(Arc::new(lp_adapters_mail::OutboxFolder::new(path))),
        #[cfg(feature = "mail")]
        MailRoute::Smtp { url, from } => {
            use lp_adapters_mail::{SmtpMailer, SmtpSettingFault};
            let mailer = SmtpMailer::new(url, from).map_err(|fault| match fault {
                SmtpSettingFault::From => MailRouteFault::Sender(fault.to_string()),
                _ => MailRouteFault::Server(fault.to_string()),
            })?;
            Ok(Arc::new(mailer))
        }
        // The usual one; who wants mails and has left out what sends them is told with the first.
        #[cfg(not(feature = "mail"))]
        MailRoute::Folder(_) => Ok(Arc::new(NoMailer)),
        #[cfg(not(feature = "mail"))]
        MailRoute::Smtp { .. } => {
            Err(MailRouteFault::Server("it needs the feature `mail` of link-platform".to_owned()))
        }
    }
}

/// Takes none.
struct NoMailer;

#[async_trait::async_trait]
impl Mailer for NoMailer {
    async fn send(&self, _: &Message) -> Result<(), MailFault> {
        Err(MailFault::Never("there is no way for mails: neither a folder nor a server is set".into()))
    }

    async fn check(&self) -> Result<String, MailFault> {
        Ok("none are sent".to_owned())
    }
}

impl Clicks {
    /// Every start has a journal of its own; what earlier ones left in the folder is taken over.
    pub(crate) fn open(journal: &Journal, ids: &dyn Ids) -> Result<Self, StartError> {
        let id = JournalId(ids.uuid().to_string());
        match journal {
            Journal::Memory => Ok(Self::memory(ids)),
            Journal::Folder { path, durability, capacity } => {
                let options = JournalOptions {
                    durability: *durability,
                    capacity: *capacity,
                    ..JournalOptions::default()
                };
                let journal = Arc::new(FileJournal::open(path, options, id)?);
                Ok(Self { journal: journal.clone(), reader: journal })
            }
        }
    }

    pub(crate) fn memory(ids: &dyn Ids) -> Self {
        let id = JournalId(ids.uuid().to_string());
        let journal = Arc::new(MemoryJournal::new(id, DEFAULT_CAPACITY));
        Self { journal: journal.clone(), reader: journal }
    }
}

/// What signing in takes, where there is a surface on which somebody can.
#[cfg(feature = "http")]
#[expect(clippy::unnecessary_wraps, reason = "without that surface there is none")]
pub(crate) fn sign_in(secret: Secret, issuer: &str) -> Option<SignIn> {
    use lp_adapters_signin::{BoundedPasswords, SignedTokens};
    // One core stays for everybody else.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Some(SignIn {
        tokens: Arc::new(SignedTokens::new(secret, issuer)),
        passwords: Arc::new(BoundedPasswords::new(cores - 1)),
    })
}

/// Nobody can sign in.
#[cfg(not(feature = "http"))]
pub(crate) fn sign_in(_: Secret, _: &str) -> Option<SignIn> {
    None
}
