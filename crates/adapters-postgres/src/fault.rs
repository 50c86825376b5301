//! What went wrong, in words for the operator. The engine's own words follow as the source.

use std::fmt;
use std::io;

use lp_ports::StoreError;
use sqlx::postgres::PgConnectOptions;

/// A failure of the database or of the way to it.
#[derive(Debug)]
pub(crate) struct Fault {
    words: String,
    source: sqlx::Error,
}

/// Whatever fails here is the engine, not the data.
pub(crate) fn unavailable(source: sqlx::Error) -> StoreError {
    let words = words(&source).to_owned();
    StoreError::Unavailable(Box::new(Fault { words, source }))
}

impl Fault {
    /// One that is about a certain place.
    pub(crate) fn at(place: &str, source: sqlx::Error) -> Self {
        Self { words: format!("{place}: {}", words(&source)), source }
    }
}

/// Where the database is said to be. Never says the password.
pub(crate) fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    match options.get_socket() {
        Some(socket) => format!("database '{database}' at {}:{}", socket.display(), options.get_port()),
        None => format!("database '{database}' at {}:{}", options.get_host(), options.get_port()),
    }
}

/// Whether the database gave up on a transaction in favour of another one: nothing of it has happened, and it may go
/// well the next time (deadlock, serialization failure).
pub(crate) fn may_go_well_again(fault: &sqlx::Error) -> bool {
    matches!(code(fault).as_deref(), Some("40P01" | "40001"))
}

/// Whether somebody else held a lock for too long (`lock_not_available`).
pub(crate) fn stood_in_the_way(fault: &sqlx::Error) -> bool {
    code(fault).as_deref() == Some("55P03")
}

pub(crate) fn code(fault: &sqlx::Error) -> Option<String> {
    fault.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

/// By SQLSTATE (PostgreSQL documentation, appendix A).
pub(crate) fn words(fault: &sqlx::Error) -> &'static str {
    match fault {
        sqlx::Error::Io(fault) if fault.kind() == io::ErrorKind::ConnectionRefused => {
            "nobody listens there (connection refused)"
        }
        sqlx::Error::Io(fault) if fault.kind() == io::ErrorKind::TimedOut => "no answer in time",
        sqlx::Error::Io(_) => "the connection to the database failed",
        sqlx::Error::Tls(_) => "TLS with the database could not be agreed",
        sqlx::Error::Configuration(_) => "the database's address cannot be used",
        sqlx::Error::PoolTimedOut => "no connection to the database became free in time",
        sqlx::Error::PoolClosed => "the store is closed",
        other => match code(other).as_deref() {
            Some("25006") => "the database is read-only: it is a standby, or was set so",
            Some("0A000") => "the database does not do this; it may be a standby",
            Some("53100") => "the disk of the database is full",
            Some("53300") => "the database has too many connections",
            Some("28P01" | "28000") => "the database refuses this user or password",
            Some("3D000") => "there is no such database",
            Some("42501") => "the database user may not do this",
            Some("42P01" | "42703" | "3F000") => "a table of the schema is missing",
            Some("55P03") => "somebody else held a lock for too long",
            Some("57014") => "the statement took too long",
            Some("57P01" | "57P02" | "57P03") => "the database is starting, stopping or recovering",
            Some("40P01" | "40001") => "other transactions were in the way again and again",
            Some(code) if code.starts_with("53") => "the database is out of resources",
            Some(code) if code.starts_with("08") => "the connection to the database failed",
            _ => "the database failed",
        },
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
