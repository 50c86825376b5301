//! A database of a test's own on the throw-away server that `cargo xtask pg` runs.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor};

/// Where the server is.
const SERVER: &str = "LINK_PLATFORM_TEST_DATABASE_URL";
/// `required`: a test without a server fails instead of being skipped.
const DEMAND: &str = "LINK_PLATFORM_TEST_POSTGRES";

/// The address of an empty database, without a schema; `None` where there is no server, which is said aloud.
pub async fn fresh_database() -> Option<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Some(server) = variable(SERVER) else {
        assert_ne!(variable(DEMAND).as_deref(), Some("required"), "{SERVER} is not set");
        skipped();
        return None;
    };
    let name = format!("e2e_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
    let options = PgConnectOptions::from_str(&server).expect("an address");
    let mut connection = options.connect().await.expect("the test server");
    let create = AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}"));
    for statement in create.0.split("; ") {
        connection.execute(AssertSqlSafe(statement.to_owned())).await.expect("a database");
    }
    let (front, _) = server.rsplit_once('/').expect("an address with a database");
    Some(format!("{front}/{name}"))
}

#[expect(clippy::print_stderr, reason = "a test that proves nothing must say so")]
fn skipped() {
    eprintln!("SKIPPED: no PostgreSQL; run the tests with `cargo xtask pg -- cargo nextest run`");
}

#[expect(clippy::disallowed_methods, reason = "the one who runs the tests says where the server is")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
