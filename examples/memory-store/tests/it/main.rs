//! The store against the published contract, and behind a whole platform.

mod contract;
mod platform;
