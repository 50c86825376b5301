//! The laws of every parser of outside bytes.
//!
//! Each module takes bytes as they could come from outside, hands them to what reads them, through the same public door
//! that the server uses, and panics where a law is broken; `fuzz_targets/` hands them to libFuzzer. The crate decides what
//! must hold for every input. It knows no examples: those are the tests' of each crate.

pub mod arguments;
pub mod csv_import;
pub mod cursor;
pub mod host;
pub mod http;
pub mod journal;
pub mod mcp;
pub mod oauth;
pub mod query;
mod stage;
pub mod time;
pub mod token;
pub mod visit;
pub mod web_url;
pub mod words;
