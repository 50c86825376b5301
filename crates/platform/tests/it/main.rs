//! The assembly as an embedding program sees it.

mod audit;
mod builder;
mod doctor;
mod examples;
#[cfg(not(feature = "conformance"))]
mod fixtures;
mod heads;
mod mail;
mod metrics;
mod rotation;
