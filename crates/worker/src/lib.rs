//! The loops behind the surfaces.
//!
//! This crate decides when things happen that no caller waits for: counting clicks, following other nodes' changes, sending mails, giving back what is held of links with a limit,
//! writing refusals to the audit, forgetting old replies, notes of changes and clicks, deleting handles that were given up, noticing that the clock was set. It does not know how any of them is
//! done: that is behind ports and the application. Every loop ends when its token is cancelled, and finishes what it
//! has begun.

mod behind;
mod budgets;
mod changes;
mod clicks;
mod housekeeping;
mod mail;

pub use behind::BrokenOff;
pub use budgets::return_budgets;
pub use changes::{RouteKeeper, follow_changes};
pub use clicks::{Drain, DrainError, drain_clicks};
pub use housekeeping::{House, keep_house};
pub use mail::{Post, send_mails};
