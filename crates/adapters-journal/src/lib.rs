//! The click journal: where a visit is noted before it is counted.
//!
//! This crate decides how durable a noted click is, what happens when there are too many of them, and what is still
//! true of a journal after a kill, a power cut or a damaged disk. [`FileJournal`] keeps clicks in segments on disk,
//! [`MemoryJournal`] in the process, and end with it. The crate does not know what a click counts as, where the reader
//! takes it, nor how far the store has come: positions are given out and taken back, and the store compares them.

mod file;
mod inspect;
mod lock;
mod map;
mod memory;
mod record;
mod segment;
mod slots;

pub use file::{Durability, FileJournal, JournalOptions, OpenError};
pub use inspect::{Inspection, SlotInspection, inspect};
pub use memory::{DEFAULT_CAPACITY, MemoryJournal};
