//! What tests share: a clock that stands still, ids that repeat, ready values, the contract of a store as a table of
//! cases, and random batches with a model that says what must become of them.
//!
//! This crate decides what every store must do and what a test may take for granted. The suites do not know any
//! adapter: one hands itself to [`contract::run`] and [`model::apply`]. Only [`Sandbox`], a whole application in memory,
//! and [`embedded_store`] stand on an adapter.

#![expect(clippy::missing_panics_doc, reason = "a test kit panics where a test shall fail")]

mod author;
mod clock;
pub mod contract;
pub mod fixtures;
mod ids;
mod mint;
pub mod model;
mod sandbox;
mod store;

pub use author::Author;
pub use clock::{FixedClock, START};
pub use ids::SeededIds;
pub use mint::mint;
pub use sandbox::{Recorder, Sandbox, SandboxOptions, StubProbe};
pub use store::{Store, embedded_store};
