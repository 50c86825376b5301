//! The MCP front before a real application in memory, in process.

mod bodies;
mod calls;
mod client;
mod credentials;
mod lists;
mod origins;
mod plans;
mod protocol;
mod public;
mod scopes;
mod step_up;
