//! Link Platform as a library: short links, their redirects and counts, and the API to operate them, inside a program of
//! yours.
//!
//! A [`Platform`] is a store, the loops that keep it in order, and services that your program mounts where it likes. It
//! opens no port, reads no environment and installs no logger: those are yours. The server binary is its first user.
//!
//! # Quick start
//!
//! ```
//! use link_platform::links::{self, LinkFields, Slug, UpsertLink, WebUrl};
//! use link_platform::{Bootstrap, Caller, Platform};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let platform = Platform::builder().in_memory().build().await?;
//!
//! // An account with the handle `hello`, for whose owner we make a link: the same
//! // operation as `PUT /v2/handles/hello/links/launch` and the tool `links_upsert`.
//! let account = Bootstrap::new("me@example.com", "correct horse", "hello");
//! let hello = platform.bootstrap(account).await?.handle;
//! let fields = LinkFields::to(WebUrl::parse("https://example.com")?);
//! let link = UpsertLink::new(Slug::parse("launch")?, fields);
//! let link = platform.run(&links::UPSERT, &Caller::operator().on(&hello), link).await?;
//! assert_eq!(link.short_url, "http://hello.localhost:8080/launch");
//!
//! let service = platform.service(); // for tower: redirects, REST, MCP, by host and path
//! # let _ = service;
//! platform.stop().await; // counts the last clicks
//! # Ok(())
//! # }
//! ```
//!
//! In place of `in_memory()`, [`data_dir("data")`](Builder::data_dir) keeps everything in a folder, and
//! [`database(…)`](Builder::database) shares a PostgreSQL with other nodes.
//!
//! # Features
//!
//! All are on by default. A program that wants less says `default-features = false` and names what it wants; what it
//! leaves out is not built.
//!
//! | Feature    | Brings                                                  | Without it                                    |
//! |------------|---------------------------------------------------------|-----------------------------------------------|
//! | `sqlite`   | the embedded store, in a file or in memory              | no SQLite; a database or store must be given  |
//! | `postgres` | the store that several nodes share, with TLS to it      | no driver, no TLS                             |
//! | `edge`     | redirects: in [`service`](Platform::service), and of one handle by `Platform::redirects` | no routes in memory |
//! | `http`     | REST below `/v2` and its documents; pages to sign in    | no axum                                       |
//! | `mcp`      | an MCP server for each handle                           | no rmcp                                       |
//! | `probe`    | health checks that really ask destinations              | no HTTP client; checks say `forbidden_address` |
//! | `mail`     | mails to a server, or into a folder                     | no SMTP client; mails are given up with a warning |
//!
//! [`run`](Platform::run), counting, audit, health and metrics are always there.
//!
//! # How it is called
//!
//! - **With types**: [`Platform::run`] with a key from [`links`], [`analytics`] or [`system`], on behalf of a [`Caller`].
//!   Every call passes the gate that REST and MCP pass: being in the same process is no permission.
//! - **With JSON and a name**: [`Platform::application`], for programs that have a front of their own.
//! - **Over HTTP**: [`Platform::service`] answers everything by host and path, `Platform::redirects` one handle's links at
//!   a place of yours. Both are services of `tower`; put [`Peer`] into each request's extensions.
//!
//! # What can be replaced
//!
//! The clock, ids, the prober of destinations, who takes mails, and the store: see [`Builder`], [`Store`] and [`adapter`]. A store proves
//! itself with the contract suite of the crate `lp-testkit`, the one that SQLite and PostgreSQL pass.
//!
//! # Errors
//!
//! [`StartError`] says why nothing runs; settings are checked before anything is opened, and all their faults are told at
//! once. [`Error`] is what a call is refused with: a stable [`Code`], a message for the caller, and every faulty field.
//! What the store or the network said is logged once, by `tracing`, and never handed out.
//!
//! # Examples
//!
//! In `crates/platform/examples`: `edge_in_axum` (redirects beside the routes of another axum application),
//! `typed_operations`, `own_clock`; a store of one's own is the package `examples/memory-store`. A program outside this
//! workspace is in `embedding/outside`; what it pulls in is measured in `docs/embedding.md`.

#![warn(missing_docs)]

mod agreement;
mod audit;
mod backing;
mod builder;
mod client;
mod clock;
mod config;
#[cfg(feature = "conformance")]
mod conformance;
mod counts;
mod doctor;
pub mod documents;
mod error;
mod follow;
mod ids;
mod metrics;
mod migrate;
mod platform;
#[cfg(feature = "edge")]
mod redirects;
mod secret;
mod serve;
mod store;

pub use agreement::{RotateError, rotate_secret};
pub use audit::{AuditChecked, AuditFault, AuditHead, AuditWanted, AuditWrong, audit_heads, verify_audit};
pub use builder::Builder;
pub use client::Peer;
pub use config::{Config, Database, Durability, Journal, MailRoute, MailRouteFault, ScopeChallenge};
pub use counts::{CountsChecked, verify_counts};
pub use doctor::{Finding, doctor};
pub use error::StartError;
pub use migrate::{MigrateError, migrate};
pub use platform::Platform;
#[cfg(feature = "edge")]
pub use redirects::Redirects;
pub use serve::{Answering, PlatformService};
pub use store::Store;

pub use axum_core::body::Body;
pub use lp_access::{Actor, AuditHash};
pub use lp_analytics::{Count, Difference};
pub use lp_application::Body as BodyBinding;
pub use lp_application::{
    Accepts, Answer, Application, Auth, Bootstrap, BootstrapError, Bootstrapped, ByteStream, Caller,
    Catalogue, Code, Country, Credential, CursorText, Dialect, Effect, Error, Fault, Feature, FirstRun, Kind,
    Limits, Method, Mount, Need, Op, Operation, Patch, Plan, PlanRules, PublicUrls, Query, Rate, Realm,
    Reply, Request, Search, Settings, SignUps, Stream, StreamReply, Surface, View, Wire, Word, catalogue,
    parse_json, whole,
};
pub use lp_core::{Handle, HandleFault, is_domain};

#[doc(inline)]
pub use lp_application::{
    accounts, analytics, audit as audit_events, handles, links, oauth, plans, system, tokens,
};

/// What a store, clock, prober or source of ids of your own is written against: the ports and their contracts, and the
/// domain's values that pass through them.
pub mod adapter {
    pub use lp_ports::{
        AccessClaims, AccessReader, AccessTokens, AnalyticsReader, AuditReader, Batch, Change, ChangeLog,
        ChangeNote, ChangePosition, Changed, Changes, ClickBudgets, ClickJournal, ClientDocument,
        ClientDocuments, Clock, CodeReader, CommitError, Committer, ConnectionChange, ConnectionReader,
        CountedWrite, Counters, Countries, CountsReader, DayCounts, DocumentFault, Event, EventKind,
        EventReader, Guard, HandedOut, HandleReader, HealthProbe, IdempotencyReader, Ids, Ingest,
        JournalError, JournalFull, JournalId, JournalReader, JournalStanding, Kept, LinkCursor, LinkQuery,
        LinkReader, MailChange, MailFault, MailQueue, Mailer, Message, Page, Passwords, PasswordsBusy, Probe,
        ProbeFault, PublishedKey, Receipt, ReplyKey, SessionReader, Settling, SignIn, Source, StoreError,
        StoreHealth, StoredEvent, StoredReply, Stretch, Taken,
    };

    /// Accounts, tokens, roles and the audit.
    pub use lp_access as access;
    /// Clicks and their counts.
    pub use lp_analytics as analytics;
    /// The words that everybody shares: handle, slug, ids, instants.
    pub use lp_core as core;
    /// Links and how they change.
    pub use lp_links as links;
    /// Ids are UUIDs.
    pub use uuid;
}
