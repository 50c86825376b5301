//! The assembly as an embedding program sees it.

mod doctor;
mod metrics;
