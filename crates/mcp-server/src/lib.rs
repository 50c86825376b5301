//! MCP from the catalogue: tools over streamable HTTP, both protocol eras.
//!
//! This crate decides how rows become tools, which HTTP requests reach the protocol at all, how credentials are asked for
//! (RFC 6750, RFC 9728), and how answers and errors stand in the envelope of a tool's result. It keeps no session: every
//! request stands alone, and a call needs no handshake before it. It does not know which host or path leads to which
//! handle, nor ports, stores or listeners, and it decides nothing about any operation: the gate does.

mod caller;
mod challenge;
#[cfg(feature = "conformance")]
mod conformance;
mod credential;
mod envelope;
mod handler;
mod identity;
mod message;
mod origin;
mod portable;
mod reply;
mod service;
mod step_up;
mod tools;

#[cfg(feature = "conformance")]
pub use conformance::FixtureService;
pub use service::{BoundHandle, ClientAddr, McpService, Options};
pub use step_up::ScopeChallenge;
pub use tools::tools_document;
