//! Public traffic: where a visitor of a short link is sent.
//!
//! This crate decides which routes are kept in memory and how fresh they are (docs/adr/0003), and how a decision looks
//! in HTTP. It does not know which host belongs to whom (its caller has sorted that), how links are stored or changed,
//! where a link leads (`lp-personalization` decides; the edge finds out what it asks of a visitor), or what becomes of a click after it was handed over.

mod edge;
mod key;
mod live;
mod table;

pub use edge::{Client, Edge, EdgeStats, Entrance, Head, RecordClicks, Visited, Whereabouts};
pub use key::RouteKey;
pub use live::{Found, LiveRoutes, LoadRoutes, Loading, LoadingRules};
pub use table::{Bounds, HeldRules, RouteTable, TableStats};
