//! The REST front before a real application in memory.

mod api;
mod bodies;
mod credentials;
mod cross_origin;
mod documents;
mod forms;
mod hard_cases;
mod issuer;
mod limits;
mod mcp_hosts;
mod openapi;
mod paths;
mod queries;
mod replies;
mod rows;
mod streams;
