//! The assembly as an embedding program sees it.

mod audit;
mod builder;
mod doctor;
mod examples;
mod fixtures;
mod heads;
mod mail;
mod metrics;
mod rotation;
