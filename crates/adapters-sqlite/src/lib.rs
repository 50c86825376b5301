//! The embedded store: SQLite behind the ports.
