//! A database for each test, copied from one that was migrated once.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use lp_adapters_postgres::{PgOptions, PgStore, migrate};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

const URL: &str = "LINK_PLATFORM_TEST_DATABASE_URL";
const REQUIRED: &str = "LINK_PLATFORM_TEST_POSTGRES";
/// Owns the databases, as an installation should have it: row security does not bind superusers.
const ROLE: &str = "lp_test_owner";
/// Held by the one process that makes the template.
const LOCK: i64 = 0x6c70_7465_7374;

/// A database that is gone with this value.
pub(crate) struct Database {
    name: String,
    pub(crate) url: String,
}

impl Database {
    /// One with the schema; `None` where there is no server to test with.
    pub(crate) async fn fresh() -> Option<Self> {
        let server = server()?;
        let template = template(&server).await;
        Some(Self::make(&server, &format!("TEMPLATE {template}")).await)
    }

    /// One without.
    pub(crate) async fn empty() -> Option<Self> {
        let server = server()?;
        Some(Self::make(&server, "").await)
    }

    async fn make(server: &str, how: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::SeqCst);
        let name = format!("lp_test_{}_{number}", std::process::id());
        let mut connection = connect(server).await;
        run(&mut connection, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        role(&mut connection).await;
        run(&mut connection, format!("CREATE DATABASE {name} {how} OWNER {ROLE}")).await;
        connection.close().await.expect("it closes");
        Self { url: of_role(&url_of(server, &name)), name }
    }

    pub(crate) async fn store(&self) -> Arc<PgStore> {
        Arc::new(PgStore::connect(&self.url, PgOptions::default()).await.expect("the store opens"))
    }

    /// A connection beside all stores.
    pub(crate) async fn connection(&self) -> PgConnection {
        connect(&self.url).await
    }

    pub(crate) async fn damage(&self, statement: &'static str) {
        let mut connection = self.connection().await;
        sqlx::raw_sql(statement).execute(&mut connection).await.expect("the damage is done");
        connection.close().await.expect("it closes");
    }
}

/// On a thread of its own, because a test may end anywhere.
impl Drop for Database {
    fn drop(&mut self) {
        let (name, server) = (self.name.clone(), server());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let (Ok(runtime), Some(server)) = (runtime, server) else { return };
            runtime.block_on(async {
                let statement = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
                if let Ok(mut connection) = PgConnection::connect(&server).await {
                    // One that stays does no harm.
                    let _ = connection.execute(statement).await;
                }
            });
        });
        let _ = dropping.join();
    }
}

fn server() -> Option<String> {
    if let Some(url) = variable(URL) {
        return Some(url);
    }
    assert!(variable(REQUIRED).as_deref() != Some("required"), "{REQUIRED}=required, but {URL} is not set");
    skipped();
    None
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the server is, only the environment of the tests can say"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[expect(clippy::print_stderr, reason = "a test that tests nothing must not look like one that passed")]
fn skipped() {
    eprintln!("SKIPPED: {URL} is not set, so nothing was tested with PostgreSQL");
}

/// Its name says what it was made of, so one that is there is up to date.
async fn template(server: &str) -> String {
    let name = format!("lp_owned_{:016x}", fingerprint());
    let making = format!("{name}_making");
    let mut connection = connect(server).await;
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut connection).await.expect("it locks");
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut connection)
        .await
        .expect("it reads");
    if !there {
        run(&mut connection, format!("DROP DATABASE IF EXISTS {making} WITH (FORCE)")).await;
        role(&mut connection).await;
        run(&mut connection, format!("CREATE DATABASE {making} OWNER {ROLE}")).await;
        migrate(&of_role(&url_of(server, &making))).await.expect("it migrates");
        rename(&mut connection, &making, &name).await;
    }
    connection.close().await.expect("it closes");
    name
}

/// Waits until the session that migrated has gone.
async fn rename(connection: &mut PgConnection, from: &str, to: &str) {
    for _ in 0..200 {
        let statement = AssertSqlSafe(format!("ALTER DATABASE {from} RENAME TO {to}"));
        match connection.execute(statement).await {
            Ok(_) => return,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    }
    panic!("{from} is in use by somebody else");
}

fn fingerprint() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let files = std::fs::read_dir(folder).expect("the migrations").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        std::fs::read(file).expect("a migration").hash(&mut hasher);
    }
    hasher.finish()
}

/// Makes the role; several tests may do so at once.
async fn role(connection: &mut PgConnection) {
    let made = format!("CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}' NOSUPERUSER NOBYPASSRLS");
    let _ = connection.execute(AssertSqlSafe(made)).await;
    // A test acts as that one, which owns nothing.
    let _ = connection.execute(AssertSqlSafe(format!("GRANT pg_monitor TO {ROLE}"))).await;
}

/// The same database, as its owner.
fn of_role(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (_, place) = rest.split_once('@').unwrap_or(("", rest));
    format!("{scheme}://{ROLE}:{ROLE}@{place}")
}

/// The same server, another database.
fn url_of(server: &str, name: &str) -> String {
    let (place, options) = server.split_once('?').unwrap_or((server, ""));
    let (place, _) = place.rsplit_once('/').expect("the URL names a database");
    format!("{place}/{name}?{options}")
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the server of the tests answers")
}

async fn run(connection: &mut PgConnection, statement: String) {
    connection.execute(AssertSqlSafe(statement)).await.expect("the server of the tests obeys");
}
