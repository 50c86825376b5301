//! Where a visitor of a link goes.
//!
//! This crate compiles a link into a [`Route`] and decides for each visitor: the one rule that redirects and previews
//! share. It says what has to be known of a visitor, and how a request says where one comes from. It does not know how
//! routes are held in memory, how devices, countries and keys of visitors are found out, or what is counted; deciding is
//! pure, total and does not allocate.

mod allocate;
mod attribution;
mod decide;
mod location;
mod route;
mod rules;
mod visitor;

pub use allocate::lot;
pub use attribution::{Room, campaign_in, referred_by, source_in};
pub use decide::{Choice, Closed, Decision, Redirect, Step};
pub use lp_links::Fact;
pub use route::{Route, compile};
pub use rules::Verdict;
pub use visitor::{Asks, Visitor};
