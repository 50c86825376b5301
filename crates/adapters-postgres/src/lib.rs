//! The shared store: PostgreSQL behind the ports.
//!
//! This crate decides how links, access, events, audit, replies, clicks and buckets lie in one PostgreSQL database, how
//! a batch becomes a transaction among those of other nodes, how a reader of the change log steps over none of them, and
//! what an operator is told when the database does not do its part. It does not know what an operation is, who may call
//! it, or what a rule means: rows become domain values only through the domain's own constructors, and one that they
//! refuse is reported as corrupt.

mod access;
mod analytics;
mod audit;
mod budgets;
mod change_log;
mod changes;
mod clicks;
mod commit;
mod connections;
mod counters;
mod counts;
mod deadline;
mod expire;
mod fault;
mod guards;
mod handles;
mod heads;
mod hints;
mod ingest;
mod installation;
mod links;
mod locks;
mod mail;
mod migrations;
mod open;
mod outbox;
mod plans;
mod replies;
mod rows;
mod rules;
mod sessions;
mod store;
mod text;

pub use migrations::{MigrateFault, MigrationReport, migrate};
pub use open::{OpenFault, PgOptions};
pub use store::PgStore;
