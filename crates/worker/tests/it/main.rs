//! The loops, run by hand: what moves, what waits, what is met again.

mod changes;
mod clicks;
mod mail;
