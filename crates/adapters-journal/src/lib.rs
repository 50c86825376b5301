//! The click journal: where a visit is noted before it is counted.
//!
//! This crate decides how durable a noted click is and what happens when there are too many of them. Here is the
//! durability mode `memory`: clicks live in the process and end with it. The modes `process` and `disk` come with
//! their own files later. It does not know what a click counts as, nor where the reader takes it.

mod memory;

pub use memory::{DEFAULT_CAPACITY, MemoryJournal};
