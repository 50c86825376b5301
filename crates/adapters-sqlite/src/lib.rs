//! The embedded store: SQLite behind the ports.
//!
//! This crate decides how links, access, events, audit, replies and clicks lie in one SQLite file, how batches become
//! transactions, and which failures are passing ones. One writer applies what waits as one transaction, each batch
//! in its own savepoint; reads go through a pool beside it. It does not know what an operation is, who may call it,
//! or what a rule means: rows become domain values only through the domain's own constructors, and one that they
//! refuse is reported as corrupt.

mod access;
mod analytics;
mod audit;
mod behind;
mod budgets;
mod change_log;
mod changes;
mod clicks;
mod commit;
mod connections;
mod counts;
mod expire;
mod fault;
mod guards;
mod handles;
mod heads;
mod ingest;
mod installation;
mod links;
mod mail;
mod migrations;
mod open;
mod outbox;
mod plans;
mod replies;
mod rows;
mod rules;
mod script;
mod sessions;
mod store;
mod writer;

pub use store::SqliteStore;
