use std::path::Path;
use std::time::Duration;

use lp_ports::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqlitePool};
use tokio::sync::oneshot;

use crate::behind;
use crate::fault::{is_held, unavailable};
use crate::migrations::migrate;
use crate::store::SqliteStore;
use crate::writer::Writer;

/// Another process may be writing to the same file.
const BUSY: Duration = Duration::from_secs(5);
/// Of several that open a new file at once one switches it to its write-ahead log, alone; to that the engine applies no
/// patience of its own.
const TRIES: u32 = 100;
/// How many reads run at once.
const READERS: u32 = 8;
/// How many of them may be long.
const SCANNERS: u32 = 2;

impl SqliteStore {
    /// Opens the file, making it and its folder where they are missing, and brings its schema up to date.
    ///
    /// Commits are synced to the disk before they are answered: among them are the audit and tokens.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        prepare(path).map_err(unavailable)?;
        let options = options().filename(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let writes = connect(pool(1), for_writing(options.clone())).await?;
        Self::over(writes, options)
    }

    /// Opens a file that is there, with the schema that it has: for looking at it. Whether this program can work with
    /// that, [`ping`](lp_ports::StoreHealth::ping) says.
    pub async fn look(path: &Path) -> Result<Self, StoreError> {
        let options = options().filename(path);
        let writes = pool(1).connect_with(for_writing(options.clone())).await.map_err(unavailable)?;
        Self::over(writes, options)
    }

    fn over(writes: SqlitePool, options: SqliteConnectOptions) -> Result<Self, StoreError> {
        let options = options.pragma("query_only", "ON");
        let reads = pool(READERS).connect_lazy_with(options.clone());
        let scans = pool(SCANNERS).connect_lazy_with(options);
        Ok(Self { reads, scans, writer: Writer::start(writes)? })
    }

    /// A fresh database that lives as long as the store; its one connection serves reads and writes in turn.
    pub async fn in_memory() -> Result<Self, StoreError> {
        let writes = connect(pool(1).min_connections(1), options().in_memory(true)).await?;
        Ok(Self { reads: writes.clone(), scans: writes.clone(), writer: Writer::start(writes)? })
    }

    /// Applies what was handed in before, then closes the database. Whatever comes later is refused as unavailable.
    pub async fn close(&self) {
        self.writer.stop().await;
        self.reads.close().await;
        self.scans.close().await;
        // The last connection out folds the write-ahead log into the file.
        self.writer.disconnect().await;
    }
}

/// What the intake of clicks needs: a stretch touches tens of megabytes of pages, which would otherwise be written out
/// and read back within its transaction, and copied into the main file after every few of them.
fn for_writing(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-65536")
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", "8000")
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new().busy_timeout(BUSY).foreign_keys(true).disable_statement_logging()
}

/// Connections stay: an idle one costs little, and that of a database in memory *is* the database.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(BUSY)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

async fn connect(pool: SqlitePoolOptions, options: SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    let mut tries = 0;
    let pool = loop {
        let (answer, answered) = oneshot::channel();
        let opening = pool.clone().connect_with(options.clone());
        // The engine's thread takes over the priority of the one that makes it.
        behind::run("sqlite-opener", opening, |opened| drop(answer.send(opened)))?;
        match answered.await.map_err(unavailable)? {
            Ok(pool) => break pool,
            Err(fault) if tries < TRIES && is_held(&fault) => tries += 1,
            Err(fault) => return Err(unavailable(fault)),
        }
        tokio::time::sleep(BUSY / TRIES).await;
    };
    let mut connection = pool.acquire().await.map_err(unavailable)?;
    migrate(&mut connection).await.map_err(unavailable)?;
    drop(connection);
    Ok(pool)
}

/// Makes folder and file for the owner's eyes only: password hashes lie in there. SQLite gives its side files the
/// permissions of the file.
fn prepare(path: &Path) -> std::io::Result<()> {
    let mut folders = std::fs::DirBuilder::new();
    let mut file = std::fs::OpenOptions::new();
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        folders.recursive(true).create(parent)?;
    }
    file.create(true).append(true).open(path).map(drop)
}
