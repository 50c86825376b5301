//! Where a visitor of a link goes.
//!
//! This crate compiles a link into a [`Route`] and decides for each visitor: the one rule that redirects and previews
//! share. It does not know how routes are held in memory, how visitors are recognised, or what is counted; deciding
//! is pure, total and does not allocate.

mod decide;
mod location;
mod route;

pub use decide::{Closed, Decision, Redirect, Step, Visitor};
pub use route::{Route, compile};
