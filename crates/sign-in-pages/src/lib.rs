//! The pages on which people sign in and look after their account: plain HTML, whole without scripts.
//!
//! This crate decides how a browser's form becomes the arguments of an operation, how its answer becomes a page, which
//! cookies keep a person signed in, and which forms are not ours. It decides nothing about accounts: who may sign in, what
//! a password must be and how often somebody may try is said behind the gate, and a page whose operation the catalogue
//! lacks does not exist. It does not know ports, stores or listeners, nor which host it is served on but for its origin.

mod agent;
mod cookies;
mod faults;
mod fields;
mod form;
mod guard;
mod look;
mod next;
mod page;
mod pages;
mod render;
mod router;
mod session;
mod site;
mod visit;

pub use router::{ClientAddr, router};
