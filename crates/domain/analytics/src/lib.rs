//! What a visit counts as, and what a period of counts says.
//!
//! This crate decides which requests are clicks, what is kept of them, into which hourly counts they go,
//! how a period is read and how rates are
//! rounded. It does not know how clicks and counts are stored, and never sees an address: visitors arrive as keyed
//! hashes.

mod click;
mod counts;
mod events;
mod facts;
mod grid;
mod period;
mod totals;

pub use click::{Click, ClickRef, counts};
pub use counts::{Count, CountKey, Counts, Difference, Dimension, differences, tally};
pub use events::events;
pub use facts::{Facts, LONGEST_SAYING, bounded};
pub use grid::{Split, day_of, day_range, hour_of};
pub use period::{Period, PeriodFault, Range};
pub use totals::{Freshness, FreshnessStatus, Totals, share};
