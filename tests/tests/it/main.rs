//! The real binary over real sockets.

mod bad_input;
mod edge;
mod first_run;
mod operations;
mod parity;
mod sweep;
