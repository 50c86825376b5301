//! The real binary over real sockets.

mod bad_input;
mod crashes;
mod edge;
mod first_run;
mod nodes;
mod operations;
mod parity;
mod sweep;
