//! The real binary in a temporary folder, and its three surfaces as a client sees them.
//!
//! This crate starts processes and speaks to them; it knows the platform only by its catalogue and its sockets.

#![expect(clippy::missing_panics_doc, reason = "a test harness panics where a test shall fail")]

mod binary;
mod database;
mod fitting;
mod ledger;
pub mod oauth;
mod surfaces;
mod wire;

pub use binary::{Server, Workspace};
pub use database::fresh_database;
pub use fitting::fitting;
pub use ledger::{Balance, Ordeal, run as run_ordeal};
pub use surfaces::{Answer, cli, cli_remote, embedded, mcp, rest, rest_at, rest_path};
pub use wire::Wire;
