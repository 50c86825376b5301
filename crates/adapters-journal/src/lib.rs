//! The click journal: where a visit is noted before it is counted.
