//! The REST front before a real application in memory.

mod api;
mod bodies;
mod credentials;
mod documents;
mod hard_cases;
mod limits;
mod openapi;
mod paths;
mod queries;
mod replies;
mod rows;
mod streams;
