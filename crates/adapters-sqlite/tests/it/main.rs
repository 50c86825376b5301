//! The store against the contract and the model, and what only a file can do.

mod connections;
mod contract;
mod corrupt;
mod files;
mod load;
mod sessions;
