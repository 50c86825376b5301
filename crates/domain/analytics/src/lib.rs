//! What a visit counts as, and what a period of counts says.
//!
//! This crate decides which requests are clicks, how a period is read and how rates are rounded. It does not know how
//! clicks are stored or summed, and never sees an address: visitors arrive as keyed hashes.

mod click;
mod period;
mod totals;

pub use click::{Click, counts};
pub use period::{Period, PeriodFault, Range};
pub use totals::{Freshness, FreshnessStatus, Totals};
