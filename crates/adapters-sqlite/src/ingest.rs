use async_trait::async_trait;
use lp_analytics::Click;
use lp_ports::{Ingest, JournalId, StoreError};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use crate::rows::{count, whole};
use crate::store::{SqliteStore, int, read};

/// Rows per statement: enough to spread its cost, few enough for the engine's limit of values.
const CHUNK: usize = 100;

/// A stretch of a journal on its way to the writer.
pub(crate) struct Intake {
    pub(crate) journal: JournalId,
    pub(crate) upto: u64,
    pub(crate) clicks: Vec<Click>,
}

/// Takes a stretch in, unless the journal is beyond it. A click that a longer stretch brings again keeps its one row.
pub(crate) async fn take(connection: &mut SqliteConnection, intake: &Intake) -> Result<(), sqlx::Error> {
    let moved = sqlx::query(
        "INSERT INTO journal_positions (journal, upto) VALUES (?1, ?2) \
         ON CONFLICT (journal) DO UPDATE SET upto = excluded.upto WHERE excluded.upto > upto",
    )
    .bind(&intake.journal.0)
    .bind(int(intake.upto))
    .execute(&mut *connection)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(());
    }
    for chunk in intake.clicks.chunks(CHUNK) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO clicks (handle, at, id, link, slug, device, visitor, referrer) ",
        );
        insert.push_values(chunk, |mut row, click| {
            row.push_bind(click.handle.as_str())
                .push_bind(click.at.micros())
                .push_bind(click.id.uuid())
                .push_bind(click.link.uuid())
                .push_bind(click.slug.as_str())
                .push_bind(click.device.as_str())
                .push_bind(click.visitor.cast_signed())
                .push_bind(&click.referrer);
        });
        insert.push(" ON CONFLICT DO NOTHING");
        insert.build().persistent(chunk.len() == CHUNK).execute(&mut *connection).await?;
    }
    Ok(())
}

#[async_trait]
impl Ingest for SqliteStore {
    async fn ingest(&self, journal: &JournalId, upto: u64, clicks: &[Click]) -> Result<(), StoreError> {
        self.writer.ingest(Intake { journal: journal.clone(), upto, clicks: clicks.to_vec() }).await
    }

    async fn ingested(&self, journal: &JournalId) -> Result<u64, StoreError> {
        let query = sqlx::query("SELECT upto FROM journal_positions WHERE journal = ?1").bind(&journal.0);
        let row = read("db.click.ingested", query.fetch_optional(&self.reads)).await?;
        row.map_or(Ok(0), |row| whole(count(&row, "upto"), "journal_positions", || journal.0.clone()))
    }
}
