//! What the application asks of the world.
//!
//! Small traits used as `dyn`: readers per context, one [`Committer`] that applies a whole [`Batch`] or nothing,
//! [`Ingest`] for measurements, and the outside (clock, ids, probes). The contracts stand in the doc comments; every
//! store proves them with the same suite in `lp-testkit`. This crate knows no engine, no query language, no transport
//! and no JSON.

#![warn(missing_docs)]

mod access;
mod analytics;
mod audit;
mod batch;
mod budgets;
mod changes;
mod connections;
mod counters;
mod documents;
mod event;
mod handles;
mod idempotency;
mod journal;
mod links;
mod mail;
mod outside;
mod rules;
mod store;

pub use access::{AccessReader, SessionReader};
pub use analytics::{AROUND, AnalyticsReader, CountsReader, DayCounts, Ingest};
pub use audit::AuditReader;
#[cfg(feature = "mock")]
pub use batch::MockCommitter;
pub use batch::{Batch, Change, CommitError, Committer, CountedWrite, Guard, Receipt};
pub use budgets::{ClickBudgets, HandedOut};
pub use changes::{ChangeLog, ChangeNote, ChangePosition, Changed, Changes};
pub use connections::{ConnectionChange, ConnectionReader};
pub use counters::{Counters, Taken};
pub use documents::{ClientDocument, ClientDocuments, DocumentFault};
pub use event::{Event, EventKind, EventReader, StoredEvent};
pub use handles::HandleReader;
pub use idempotency::{IdempotencyReader, ReplyKey, StoredReply};
pub use journal::{
    ClickJournal, JournalError, JournalFull, JournalId, JournalReader, JournalStanding, Kept, Settling,
    Stretch,
};
pub use links::{LinkCursor, LinkQuery, LinkReader, Page};
pub use mail::{CodeReader, MailChange, MailFault, MailQueue, Mailer, Message};
#[cfg(feature = "mock")]
pub use outside::MockHealthProbe;
pub use outside::{
    AccessClaims, AccessTokens, Clock, Countries, HealthProbe, Ids, Passwords, PasswordsBusy, Probe,
    ProbeFault, PublishedKey, SignIn, UserAgents,
};
pub use rules::RulesReader;
pub use store::{Source, StoreError, StoreHealth};
