use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use lp_application::Ports;
use lp_ports::{
    AccessReader, AnalyticsReader, AuditReader, ChangeLog, ClickBudgets, ClickJournal, ClientDocuments,
    Clock, CodeReader, Committer, ConnectionReader, Counters, CountsReader, HandleReader, HealthProbe,
    IdempotencyReader, Ids, Ingest, LinkReader, MailQueue, RulesReader, SessionReader, SignIn, StoreHealth,
};

/// A store, port by port: what [`Builder::store`](crate::Builder::store) takes.
///
/// The ports and their contracts are in [`adapter`](crate::adapter); the contract suite that every store of this project
/// passes is the crate `lp-testkit`.
#[derive(Clone)]
pub struct Store {
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
    /// Reads which apps may do what.
    pub connections: Arc<dyn ConnectionReader>,
    /// Reads codes that were mailed.
    pub codes: Arc<dyn CodeReader>,
    /// Where mails wait to be sent.
    pub mails: Arc<dyn MailQueue>,
    /// Reads counts.
    pub analytics: Arc<dyn AnalyticsReader>,
    /// Reads the audit.
    pub audit: Arc<dyn AuditReader>,
    /// Reads remembered replies.
    pub replies: Arc<dyn IdempotencyReader>,
    /// Applies batches.
    pub committer: Arc<dyn Committer>,
    /// Says whether it can be used.
    pub health: Arc<dyn StoreHealth>,
    /// Tells what others have changed.
    pub log: Arc<dyn ChangeLog>,
    /// Takes clicks in.
    pub ingest: Arc<dyn Ingest>,
    /// Counts the clicks that links with a limit may take.
    pub budgets: Arc<dyn ClickBudgets>,
    /// Gives clicks and their counts back, for checks.
    pub counts: Arc<dyn CountsReader>,
    /// What all nodes on it count together; `None` where there is only this one.
    pub counters: Option<Arc<dyn Counters>>,
    close: Arc<dyn Fn() -> Closing + Send + Sync>,
}

type Closing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the application needs beside the store.
pub(crate) struct Outside {
    pub(crate) probe: Arc<dyn HealthProbe>,
    pub(crate) documents: Arc<dyn ClientDocuments>,
    pub(crate) journal: Arc<dyn ClickJournal>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) sign_in: Option<SignIn>,
}

impl Store {
    /// One value behind every port, of one node.
    pub fn of<S>(store: Arc<S>) -> Self
    where
        S: LinkReader
            + RulesReader
            + AccessReader
            + HandleReader
            + SessionReader
            + ConnectionReader
            + CodeReader
            + MailQueue
            + AnalyticsReader
            + AuditReader
            + IdempotencyReader
            + Committer
            + StoreHealth
            + ChangeLog
            + Ingest
            + ClickBudgets
            + CountsReader
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
            mails: store.clone(),
            analytics: store.clone(),
            audit: store.clone(),
            replies: store.clone(),
            committer: store.clone(),
            health: store.clone(),
            log: store.clone(),
            ingest: store.clone(),
            budgets: store.clone(),
            counts: store,
            counters: None,
            close: Arc::new(|| Box::pin(async {})),
        }
    }

    /// Counts what all nodes on it count together, such as calls against a limit.
    #[must_use]
    pub fn counting(self, counters: Arc<dyn Counters>) -> Self {
        Self { counters: Some(counters), ..self }
    }

    /// What becomes of it when the platform stops; nothing unless said.
    #[must_use]
    pub fn on_close<F, R>(self, close: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self { close: Arc::new(move || Box::pin(close())), ..self }
    }

    /// Applies what was handed in before, then closes.
    pub(crate) async fn close(&self) {
        (self.close)().await;
    }

    pub(crate) fn ports(&self, outside: Outside) -> Ports {
        let Outside { probe, documents, journal, clock, ids, sign_in } = outside;
        Ports {
            links: self.links.clone(),
            rules: self.rules.clone(),
            access: self.access.clone(),
            handles: self.handles.clone(),
            sessions: self.sessions.clone(),
            connections: self.connections.clone(),
            codes: self.codes.clone(),
            sign_in,
            analytics: self.analytics.clone(),
            audit: self.audit.clone(),
            replies: self.replies.clone(),
            committer: self.committer.clone(),
            health: self.health.clone(),
            counters: self.counters.clone(),
            budgets: self.budgets.clone(),
            probe,
            documents,
            journal,
            clock,
            ids,
        }
    }
}
