//! Contract suites for adapters, and a platform in memory with a fixed clock and seeded ids.
