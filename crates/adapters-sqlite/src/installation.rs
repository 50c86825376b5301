use sqlx::SqliteConnection;

/// Keeps the first value that was given under a name. It is written anew even where it is there already: to see whether
/// the store takes writes is the other use of this.
pub(crate) async fn keep(
    connection: &mut SqliteConnection,
    (name, value): &(String, String),
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO installation (name, value) VALUES (?1, ?2) \
         ON CONFLICT (name) DO UPDATE SET value = installation.value",
    )
    .bind(name)
    .bind(value)
    .execute(connection)
    .await
    .map(drop)
}
