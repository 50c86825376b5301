use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Connection, SqlStr, SqliteConnection};

/// Numbered, never edited once landed.
const STEPS: &[(i64, &str, &str)] = &[
    (1, "init", include_str!("../migrations/0001_init.sql")),
    (2, "counts", include_str!("../migrations/0002_counts.sql")),
    (3, "sessions", include_str!("../migrations/0003_sessions.sql")),
    (4, "mail-codes", include_str!("../migrations/0004_mail_codes.sql")),
    (5, "handles", include_str!("../migrations/0005_handles.sql")),
    (6, "plans", include_str!("../migrations/0006_plans.sql")),
    (7, "token_use", include_str!("../migrations/0007_token_use.sql")),
    (8, "connections", include_str!("../migrations/0008_connections.sql")),
    (9, "link_controls", include_str!("../migrations/0009_link_controls.sql")),
    (10, "click_budgets", include_str!("../migrations/0010_click_budgets.sql")),
    (11, "click_facts", include_str!("../migrations/0011_click_facts.sql")),
    (12, "handle_rules", include_str!("../migrations/0012_handle_rules.sql")),
];

/// The schema this program was built for.
pub(crate) const LATEST: i64 = STEPS[STEPS.len() - 1].0;

/// Brings the schema up to date. Processes that start at once on one file do it one after the other.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    let steps = STEPS.iter().map(|&(version, name, sql)| {
        Migration::new(version, name.into(), MigrationType::Simple, SqlStr::from_static(sql), false)
    });
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    Migrator::with_migrations(steps.collect()).run(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}
