//! A whole application in memory: the real catalogue over the embedded store, with a fixed clock and seeded ids.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lp_access::{Actor, PlanRules, Secret};
use lp_adapters_journal::MemoryJournal;
use lp_adapters_signin::{BoundedPasswords, SignedTokens};
use lp_adapters_sqlite::SqliteStore;
use lp_application::{
    Accepts, Answer, Application, Bootstrap, CallRecord, Catalogue, Credential, Facts, Loaded, Observer,
    Ports, PublicUrls, Reply, Request, RouteListener, Settings, SignUps, Surface, Visit, bootstrap,
    catalogue,
};
use lp_core::{ClickId, Device, Handle, SlugKey, UserId, WebUrl};
use lp_ports::{
    Batch, Change, ClickBudgets, Clock, Committer, Counters, HealthProbe, Ids, Ingest, JournalId,
    JournalReader, LinkReader, MailQueue, Message, Probe, ProbeFault, SignIn, Stretch,
};
use serde_json::Value;

use crate::mint::{entry, store_token};
use crate::{FixedClock, SeededIds, StubDocuments, fixtures};

/// How many clicks a sandbox's journal holds.
const JOURNAL: usize = 10_000;
const SECRET: [u8; 32] = [7; 32];
const API: &str = "http://localhost:8080";
/// The owner's.
const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "correct horse";

/// An application with handle `hello`, its owner, and a token that may everything.
pub struct Sandbox {
    /// The application.
    pub app: Application,
    /// Its store.
    pub store: SqliteStore,
    /// Its time; stands still unless advanced.
    pub clock: Arc<FixedClock>,
    /// Its randomness.
    pub ids: Arc<SeededIds>,
    /// Where its clicks wait.
    pub journal: Arc<MemoryJournal>,
    /// What destinations answer.
    pub probe: Arc<StubProbe>,
    /// What clients publish about themselves.
    pub documents: Arc<StubDocuments>,
    /// The calls it has seen.
    pub observed: Arc<Recorder>,
    /// The owner of `hello`.
    pub owner: UserId,
    /// A token of `hello` with scope `*`.
    pub pat: String,
}

/// How a sandbox differs from the usual one.
#[derive(Default)]
pub struct SandboxOptions {
    /// Other rows than the real ones.
    pub catalogue: Option<Catalogue>,
    /// Who hears of changed routes.
    pub listener: Option<Arc<dyn RouteListener>>,
    /// In place of the store's own committer.
    pub committer: Option<Arc<dyn Committer>>,
    /// Rate limits; none unless given.
    pub limits: Option<lp_application::Limits>,
    /// Who may have an account; whoever reads a mailbox unless given.
    pub sign_ups: SignUps,
    /// What it counts together with other nodes; nothing unless given.
    pub counters: Option<Arc<dyn Counters>>,
    /// In place of the store's own budgets of clicks.
    pub budgets: Option<Arc<dyn ClickBudgets>>,
    /// Where it is reached; the usual place on `localhost` unless given.
    pub urls: Option<PublicUrls>,
    /// What accounts start with; the usual unless given.
    pub plans: PlanRules,
    /// Its secret; the usual one unless given. Nobody can sign in with another.
    pub secret: Option<Secret>,
}

/// Answers probes from a list; what is not on it cannot be reached.
#[derive(Debug, Default)]
pub struct StubProbe {
    answers: Mutex<HashMap<String, Probe>>,
}

/// Keeps what calls ended with.
#[derive(Debug, Default)]
pub struct Recorder {
    records: Mutex<Vec<CallRecord>>,
}

struct Deaf;

impl Sandbox {
    /// The usual one.
    pub async fn new() -> Self {
        Self::with(SandboxOptions::default()).await
    }

    /// One that differs.
    pub async fn with(options: SandboxOptions) -> Self {
        let store = SqliteStore::in_memory().await.expect("a database in memory");
        let clock = Arc::new(FixedClock::default());
        let ids = Arc::new(SeededIds::new(1));
        let journal = Arc::new(MemoryJournal::new(JournalId("sandbox".to_owned()), JOURNAL));
        let probe = Arc::new(StubProbe::default());
        let documents = Arc::new(StubDocuments::default());
        let observed = Arc::new(Recorder::default());
        let ports = Ports::over(
            Arc::new(store.clone()),
            probe.clone(),
            documents.clone(),
            journal.clone(),
            clock.clone(),
            ids.clone(),
        );
        let terms = options.plans.begin();
        let wanted = Bootstrap { terms, ..Bootstrap::new(EMAIL, PASSWORD, "hello") };
        let made = bootstrap(&ports, wanted).await.expect("an empty store takes its first account");
        let ports = Ports {
            committer: options.committer.unwrap_or_else(|| ports.committer.clone()),
            counters: options.counters,
            budgets: options.budgets.unwrap_or_else(|| ports.budgets.clone()),
            sign_in: Some(sign_in()),
            ..ports
        };
        let listener = options.listener.unwrap_or_else(|| Arc::new(Deaf));
        let rows = options.catalogue.unwrap_or_else(catalogue);
        let usual = settings(options.limits, options.sign_ups, options.urls);
        let secret = options.secret.unwrap_or_else(|| usual.secret.clone());
        let settings = Settings { plans: options.plans, secret, ..usual };
        let app = Application::new(rows, ports, settings, listener, observed.clone());
        let pat = made.pat.expect("the first run makes a token");
        Self { app, store, clock, ids, journal, probe, documents, observed, owner: made.user, pat }
    }

    /// Another token of `hello`, with these scopes only.
    pub async fn pat_with(&self, scopes: &[&str]) -> String {
        self.token("hello", scopes).await
    }

    /// A token of any handle; the handle need not exist.
    pub async fn token(&self, handle: &str, scopes: &[&str]) -> String {
        let handle = Handle::parse(handle).expect("a handle");
        store_token(&self.store, self.ids.as_ref(), self.clock.now(), handle, self.owner, scopes).await
    }

    /// Another handle with an owner of its own; gives the token that may everything there.
    pub async fn other(&self, handle: &str) -> String {
        let owner = UserId::new(self.ids.uuid());
        let name = Handle::parse(handle).expect("a handle");
        let at = self.clock.now();
        let account = lp_access::Account {
            id: owner,
            email: lp_access::Email::parse(&format!("{handle}@example.com")).expect("an address"),
            password_hash: "$none".to_owned(),
            created_at: at,
            terms: lp_access::Terms::default(),
        };
        let record = lp_access::HandleRecord::new(name.clone(), owner, at);
        let batch =
            Batch::new(entry(name, at)).change(Change::Account(account)).change(Change::Handle(record));
        self.store.commit(batch).await.expect("a handle is stored");
        self.token(handle, &["*"]).await
    }

    /// Calls as an embedding program does, with the sandbox's own token.
    pub async fn call(&self, operation: &str, arguments: Value) -> Answer<Reply> {
        self.app.call(self.request(operation, arguments, Credential::Bearer(self.pat.clone()))).await
    }

    /// A request for `hello` with any credential.
    pub fn request(&self, operation: &str, arguments: Value, credential: Credential) -> Request {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        Request {
            operation: operation.to_owned(),
            arguments,
            bound: Some("hello".to_owned()),
            credential,
            accepts: Accepts::Pat,
            surface: Surface::Embedded,
            request_id: "test".to_owned(),
            idempotency_key: None,
            address: None,
        }
    }

    /// Calls as somebody who is signed in.
    pub async fn call_as(&self, access_token: &str, operation: &str, arguments: Value) -> Answer<Reply> {
        let credential = Credential::Bearer(access_token.to_owned());
        self.app
            .call(Request { accepts: Accepts::Jwt, ..self.request(operation, arguments, credential) })
            .await
    }

    /// Calls as an account that a program vouches for, in any handle.
    pub async fn call_by(
        &self,
        user: UserId,
        handle: &str,
        operation: &str,
        arguments: Value,
    ) -> Answer<Reply> {
        let credential = Credential::Known(Actor::User { id: user, session: None });
        let request = self.request(operation, arguments, credential);
        let request = Request { accepts: Accepts::Trusted, bound: Some(handle.to_owned()), ..request };
        self.app.call(request).await
    }

    /// Signs the owner of `hello` in; what auth_login answers.
    pub async fn sign_in(&self) -> Value {
        let arguments = serde_json::json!({ "email": EMAIL, "password": PASSWORD });
        let answer = self.app.call(self.request("auth_login", arguments, Credential::None)).await;
        answer.result.expect("the owner may sign in").value
    }

    /// Takes the mails that are due, as the worker does.
    pub async fn mails(&self) -> Vec<Message> {
        let now = self.clock.now();
        let due = self.store.claim_mails(now, now, 100).await.expect("the store answers");
        for mail in &due {
            self.store.mail_done(mail.id).await.expect("the store answers");
        }
        due.iter().filter_map(|mail| self.app.message(mail)).collect()
    }

    /// Takes the clicks that wait in the journal, and does not count them.
    pub fn clicks(&self) -> Vec<lp_analytics::Click> {
        let mut clicks = Vec::new();
        while let Some(stretch) = self.journal.read(JOURNAL).expect("memory reads") {
            self.journal.acknowledge(&stretch.journal, stretch.upto);
            clicks.extend(stretch.clicks);
        }
        clicks
    }

    /// Counts these clicks, as if the journal had held them.
    pub async fn keep(&self, clicks: Vec<lp_analytics::Click>) {
        let journal = JournalId("kept".to_owned());
        let from = self.store.ingested(&journal).await.expect("the store answers");
        let upto = from + u64::try_from(clicks.len()).unwrap_or(0);
        let stretch = Stretch { journal, from, upto, clicks };
        self.store.ingest(&stretch).await.expect("clicks are taken in");
    }

    /// Has a link of `hello` visited once, and says what the visit is called.
    pub async fn visited(&self, slug: &str) -> ClickId {
        let (handle, slug) = (fixtures::handle(), fixtures::slug(slug));
        let slot = self.store.slot(&handle, &slug.key()).await.expect("the store answers");
        let visit = Visit {
            at: self.app.clicks().now(),
            handle: &handle,
            link: slot.live.expect("there is the link").parts().id,
            slug: &slug,
            visitor: 1,
            device: Device::Desktop,
            referrer: "",
            facts: Facts { link_revision: slot.latest, ..Facts::default() },
        };
        let noted = self.app.clicks().record(visit).expect("there is room");
        self.drain().await;
        noted.id
    }

    /// Counts what waits in the journal, as the worker does.
    pub async fn drain(&self) {
        while let Some(stretch) = self.journal.read(JOURNAL).expect("memory reads") {
            let stands = self.store.ingest(&stretch).await.expect("clicks are taken in");
            self.journal.acknowledge(&stretch.journal, stands);
        }
        self.app.clicks_ingested();
    }
}

impl StubProbe {
    /// From now on the address answers so.
    pub fn answer(&self, url: &str, probe: Probe) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned(), probe);
    }
}

#[async_trait]
impl HealthProbe for StubProbe {
    async fn probe(&self, url: WebUrl) -> Probe {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(url.as_str()).copied().unwrap_or(Probe::Failed(ProbeFault::Unreachable))
    }
}

impl Recorder {
    /// All ends so far, in order.
    pub fn records(&self) -> Vec<CallRecord> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Observer for Recorder {
    fn called(&self, record: &CallRecord) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).push(*record);
    }
}

impl RouteListener for Deaf {
    fn link_changed(&self, _: &Handle, _: &SlugKey, _: Loaded) {}

    fn rules_changed(&self, _: &Handle, _: Arc<lp_personalization::Policy>) {}
}

/// What signing in takes, with the secret and the origin of [`settings`].
fn sign_in() -> SignIn {
    SignIn {
        tokens: Arc::new(SignedTokens::new(Secret::new(SECRET), API)),
        passwords: Arc::new(BoundedPasswords::new(1)),
    }
}

fn settings(limits: Option<lp_application::Limits>, sign_ups: SignUps, urls: Option<PublicUrls>) -> Settings {
    let usual = || PublicUrls {
        domain: "localhost".to_owned(),
        scheme: "http".to_owned(),
        port: Some(8080),
        api: API.to_owned(),
    };
    Settings {
        urls: urls.unwrap_or_else(usual),
        default_handle: None,
        limits,
        sign_ups,
        plans: PlanRules::default(),
        secret: Secret::new(SECRET),
    }
}
