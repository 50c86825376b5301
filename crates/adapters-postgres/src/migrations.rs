use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection, SqlStr};
use thiserror::Error;

use crate::fault::{Fault, code};
use crate::open::{connect_once, parse};

/// Numbered, never edited once landed.
///
/// Nodes of the version before go on while a step runs, and until they are replaced. So a change takes several
/// versions: one *expands* (new tables, new columns that may be empty, new indices), the next ones write both ways and
/// *move* what is there in small pieces, and only one that comes after the last node that reads the old form *contracts*:
/// that one also sets `schema-needs` in `installation` to the oldest version that can live without the old form.
/// A step holds no lock that commits wait for longer than a moment: no rewrite of a table, no scan under an exclusive
/// lock (`NOT VALID` first, `VALIDATE` later). An index on a table that is in use is built `CONCURRENTLY`, which cannot
/// run in a transaction: it stands alone in a file that begins with [`ALONE`], after a `DROP INDEX CONCURRENTLY IF EXISTS`
/// of the same index, because a build that failed leaves one that is invalid and in the way.
const STEPS: &[(i64, &str, &str)] = &[
    (1, "init", include_str!("../migrations/0001_init.sql")),
    (2, "sessions", include_str!("../migrations/0002_sessions.sql")),
    (3, "mail-codes", include_str!("../migrations/0003_mail_codes.sql")),
    (4, "handles", include_str!("../migrations/0004_handles.sql")),
    (5, "plans", include_str!("../migrations/0005_plans.sql")),
    (6, "token_use", include_str!("../migrations/0006_token_use.sql")),
    (7, "row_security", include_str!("../migrations/0007_row_security.sql")),
    (8, "connections", include_str!("../migrations/0008_connections.sql")),
    (9, "link_controls", include_str!("../migrations/0009_link_controls.sql")),
    (10, "click_budgets", include_str!("../migrations/0010_click_budgets.sql")),
    (11, "click_facts", include_str!("../migrations/0011_click_facts.sql")),
    (12, "handle_rules", include_str!("../migrations/0012_handle_rules.sql")),
];

/// The schema this program was built for.
pub(crate) const LATEST: i64 = STEPS[STEPS.len() - 1].0;

/// The first line of a step that runs outside of a transaction.
const ALONE: &str = "-- no-transaction";

/// Held by whoever migrates. Any number that nothing else in the database uses.
const LOCK: i64 = 0x6c70_6d69_6772_6174;
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(500);

/// What a migration came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// The schema's version before; `None` where there was no schema.
    pub from: Option<i64>,
    /// Its version now.
    pub to: i64,
    /// The steps that were taken, in order; none where the schema was up to date.
    pub applied: Vec<(i64, String)>,
}

/// Why a schema was not brought up to date.
#[derive(Debug, Error)]
pub enum MigrateFault {
    /// The database cannot be reached, or fails.
    #[error(transparent)]
    Database(Box<dyn std::error::Error + Send + Sync>),
    /// Somebody else is at it.
    #[error("another migration of this database has been running for {} seconds", PATIENCE.as_secs())]
    Busy,
    /// It was made for texts of another kind.
    #[error("the database has the encoding {0}; it must be made with UTF8")]
    Encoding(String),
    /// The schema is not one that this program could have made.
    #[error("the schema cannot be brought up to date by this program")]
    Schema(#[source] MigrateError),
}

/// Brings the schema of a database up to date. Of several that try at once one does it and the others find it done.
pub async fn migrate(url: &str) -> Result<MigrationReport, MigrateFault> {
    let options = parse(url).map_err(|fault| MigrateFault::Database(fault.into()))?;
    let mut connection =
        connect_once(&session(options)).await.map_err(|fault| MigrateFault::Database(fault.into()))?;
    lock(&mut connection).await?;
    let outcome = run(&mut connection).await;
    // The lock goes with the session.
    let closed = connection.close().await;
    let report = outcome?;
    closed.map_err(failed)?;
    Ok(report)
}

/// What a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// The greatest step that was taken.
    pub(crate) version: i64,
    /// The version that a program must know at least; 0 where no step has contracted anything.
    pub(crate) needs: i64,
}

/// The schema that is there; `None` where there is none.
pub(crate) async fn version(connection: &mut PgConnection) -> Result<Option<Found>, sqlx::Error> {
    let found = sqlx::query_as::<_, (Option<i64>, Option<String>)>(
        "SELECT (SELECT max(version) FROM _sqlx_migrations WHERE success), \
         (SELECT value FROM installation WHERE name = 'schema-needs')",
    )
    .fetch_one(connection)
    .await;
    match found {
        // No such table.
        Err(fault) if code(&fault).as_deref() == Some("42P01") => Ok(None),
        Ok((version, needs)) => Ok(version.map(|version| {
            let needs = needs.and_then(|needs| needs.parse().ok()).unwrap_or_default();
            Found { version, needs }
        })),
        Err(fault) => Err(fault),
    }
}

/// A step may take its time, but waits for no lock for long: whoever comes behind it would have to wait as well.
fn session(options: PgConnectOptions) -> PgConnectOptions {
    options
        .application_name("link-platform migrate")
        .options([("statement_timeout", "0"), ("lock_timeout", "5s")])
}

/// Takes the lock by trying: a session that waits in the queue of a lock holds a snapshot, for which an index that is
/// built concurrently waits in turn.
async fn lock(connection: &mut PgConnection) -> Result<(), MigrateFault> {
    let mut waited = Duration::ZERO;
    loop {
        let taken: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(LOCK)
            .fetch_one(&mut *connection)
            .await
            .map_err(failed)?;
        if taken {
            return Ok(());
        }
        if waited >= PATIENCE {
            return Err(MigrateFault::Busy);
        }
        tokio::time::sleep(PAUSE).await;
        waited += PAUSE;
    }
}

async fn run(connection: &mut PgConnection) -> Result<MigrationReport, MigrateFault> {
    let encoding: String = sqlx::query_scalar("SELECT current_setting('server_encoding')")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed)?;
    if encoding != "UTF8" {
        return Err(MigrateFault::Encoding(encoding));
    }
    let from = version(connection).await.map_err(failed)?.map(|found| found.version);
    let mut migrator = Migrator::with_migrations(STEPS.iter().map(step).collect());
    // The lock of the library's own waits in the queue.
    migrator.set_locking(false);
    migrator.run_direct(None, connection, false).await.map_err(|fault| match fault {
        MigrateError::Execute(fault) => failed(fault),
        MigrateError::ExecuteMigration(fault, number) => MigrateFault::Database(Box::new(Fault::at(
            &format!("step {number} of the migration failed"),
            fault,
        ))),
        other => MigrateFault::Schema(other),
    })?;
    let taken = STEPS.iter().filter(|(number, ..)| from.is_none_or(|from| *number > from));
    let applied = taken.map(|(number, name, _)| (*number, (*name).to_owned())).collect();
    Ok(MigrationReport { from, to: LATEST, applied })
}

fn step(&(version, name, sql): &(i64, &'static str, &'static str)) -> Migration {
    let alone = sql.starts_with(ALONE);
    Migration::new(version, name.into(), MigrationType::Simple, SqlStr::from_static(sql), alone)
}

fn failed(source: sqlx::Error) -> MigrateFault {
    MigrateFault::Database(Box::new(Fault::at("the migration failed", source)))
}

#[cfg(test)]
mod tests {
    use super::{STEPS, step};

    #[test]
    fn a_step_that_begins_so_runs_outside_of_a_transaction() {
        assert!(step(&(2, "index", "-- no-transaction\nCREATE INDEX CONCURRENTLY …")).no_tx);
        assert!(!step(&STEPS[0]).no_tx);
    }

    #[test]
    fn steps_are_numbered_from_one() {
        assert!((1..).zip(STEPS).all(|(number, (version, ..))| number == *version));
    }
}
