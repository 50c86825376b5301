//! The store against the contract and the model, and what only a database that is shared can do.
//!
//! `LINK_PLATFORM_TEST_DATABASE_URL` names a database of a server on which the tests may make databases of their own.
//! Without it they are skipped, and say so; with `LINK_PLATFORM_TEST_POSTGRES=required` that is a failure.

mod buckets;
mod clicks;
mod contract;
mod corrupt;
mod database;
mod log;
mod nodes;
mod opening;
mod outages;
mod wall;
