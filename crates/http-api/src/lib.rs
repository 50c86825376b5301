//! REST from the catalogue: routes, binding, rendering, and the documents about them.
//!
//! This crate decides how a row's mounts become routes, how path, query, headers and body become one JSON object of
//! arguments, and how answers become HTTP. It has no handler per operation and decides nothing about any: who may call,
//! what is faulty and what happens is the gate's. Beside the rows it shows the documents by which
//! clients of OAuth find the way in. It does not know ports, stores or listeners, nor which host a request is for.

mod bind;
mod cors;
mod credential;
mod docs;
mod errors;
mod keys;
mod oauth;
mod openapi;
mod render;
mod router;
mod stream;
mod table;

pub use docs::docs;
pub use errors::errors_markdown;
pub use oauth::McpHosts;
pub use openapi::openapi;
pub use router::{ClientAddr, Options, router};
