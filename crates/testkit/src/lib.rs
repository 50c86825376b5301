//! What tests share: a clock that stands still, ids that repeat, ready values, the contract of a store as a table of
//! cases, and random batches with a model that says what must become of them.
//!
//! This crate decides what every store must do and what a test may take for granted. The suites do not know any
//! adapter: one hands itself to [`store_contract!`]. How to do that with a store of your own is on [one page](contract).
//!
//! Only what comes with the feature `sandbox`, which is on where nobody turns it off, stands on an adapter: `Sandbox`, a
//! whole application in memory, `embedded_store` and `mint`.

#![expect(clippy::missing_panics_doc, reason = "a test kit panics where a test shall fail")]

mod author;
#[cfg(feature = "sandbox")]
mod budgets;
mod clock;
#[cfg(feature = "sandbox")]
pub mod connector;
pub mod contract;
#[cfg(feature = "sandbox")]
mod documents;
pub mod fixtures;
mod geo;
mod ids;
mod link;
mod location;
#[cfg(feature = "sandbox")]
mod mint;
pub mod model;
#[cfg(feature = "sandbox")]
mod sandbox;
mod store;

pub use author::Author;
#[cfg(feature = "sandbox")]
pub use budgets::StubBudgets;
pub use clock::{FixedClock, START};
#[cfg(feature = "sandbox")]
pub use documents::StubDocuments;
pub use geo::{GeoForm, geo_file};
pub use ids::SeededIds;
pub use link::link;
pub use location::without_context;
pub use lp_access::Secret;
#[cfg(feature = "sandbox")]
pub use mint::mint;
#[cfg(feature = "sandbox")]
pub use sandbox::{Recorder, Sandbox, SandboxOptions, StubProbe};
pub use store::Store;
#[cfg(feature = "sandbox")]
pub use store::embedded_store;
