//! The assembly as an embedding program sees it.

mod builder;
mod doctor;
mod examples;
mod heads;
mod metrics;
