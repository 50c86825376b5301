//! Outbound requests behind one address guard.
//!
//! This crate decides which hosts and addresses a request of this installation may reach, and asks them. Users choose
//! the addresses, so every name is resolved once, every address it has is judged, and the connection goes to nothing
//! else; redirects pass the same way again. It does not know whose link or subscription an address belongs to, nor
//! what an answer means to it.

mod address;
mod client;
mod documents;
mod freshness;
mod guard;
mod lookup;
mod prober;

pub use address::is_public;
pub use client::{Failure, Outbound, Timeouts};
pub use documents::WebDocuments;
pub use guard::{Guard, Policy, Refused};
pub use lookup::{Lookup, SystemLookup};
pub use prober::WebProber;
