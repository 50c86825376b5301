//! A store adapter as one who embeds Link Platform would write it: everything in maps behind one mutex, gone with the
//! process.
//!
//! It decides how links, accounts, events, audit, replies and clicks lie in memory, and how a batch becomes all or
//! nothing there. It does not know what an operation is, who may call it, or what a rule means: those are decided before
//! a store is asked. One file per port; each says in its words what the contract asks, and `tests/it/main.rs` runs the
//! published suite that asks it.
//!
//! Begin with `commit.rs`, where most of the contract is; then `links.rs` and `clicks.rs`. A store over a database has the
//! same files: its tables stand in place of the maps, a transaction in place of the mutex.

mod access;
mod audit;
mod budgets;
mod clicks;
mod commit;
mod connections;
mod counters;
mod counts;
mod events;
mod handles;
mod health;
mod links;
mod log;
mod mail;
mod replies;
mod rules;
mod sessions;
mod store;

pub use store::MemoryStore;
