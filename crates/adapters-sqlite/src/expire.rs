use lp_analytics::{day_of, day_range};
use lp_core::{Handle, Timestamp};
use lp_ports::StoreError;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::rows::{Broken, field, instant, whole};
use crate::store::{SqliteStore, read};

/// Per handle its oldest click. The index leads from handle to handle, so that the clicks between are not looked at.
const OLDEST: &str = "WITH RECURSIVE known (handle) AS ( \
         SELECT min(handle) FROM clicks \
         UNION ALL SELECT (SELECT min(handle) FROM clicks WHERE clicks.handle > known.handle) FROM known \
         WHERE known.handle IS NOT NULL) \
     SELECT handle, (SELECT min(at) FROM clicks WHERE clicks.handle = known.handle) AS at FROM known \
     WHERE handle IS NOT NULL";

/// How many visitors a day had, those of each slug and those of the whole handle.
const KEEP_VISITORS: &str = "INSERT INTO visitor_days (handle, slug_key, day, visitors) \
     SELECT ?1, slug_key, ?2, count(DISTINCT visitor) FROM ( \
         SELECT lower(slug) AS slug_key, visitor FROM clicks \
         WHERE handle = ?1 AND at >= ?2 AND at < ?3 AND device <> 'BOT' \
         UNION ALL SELECT '', visitor FROM clicks \
         WHERE handle = ?1 AND at >= ?2 AND at < ?3 AND device <> 'BOT') \
     GROUP BY slug_key \
     ON CONFLICT (handle, slug_key, day) DO UPDATE SET visitors = visitors + excluded.visitors";

const MARK: &str = "INSERT INTO clicks_forgotten (handle, before) VALUES (?1, ?2) \
     ON CONFLICT (handle) DO UPDATE SET before = max(before, excluded.before)";

/// A UTC day of a handle.
pub(crate) struct HandleDay {
    handle: Handle,
    day: Timestamp,
}

/// Forgets the clicks of one day, and keeps the number of their visitors.
pub(crate) async fn forget(
    connection: &mut SqliteConnection,
    HandleDay { handle, day }: &HandleDay,
) -> Result<u64, sqlx::Error> {
    let range = day_range(*day);
    let (from, to) = (range.from.micros(), range.to.micros());
    sqlx::query(KEEP_VISITORS).bind(handle.as_str()).bind(from).bind(to).execute(&mut *connection).await?;
    sqlx::query(MARK).bind(handle.as_str()).bind(to).execute(&mut *connection).await?;
    sqlx::query("DELETE FROM clicks WHERE handle = ?1 AND at >= ?2 AND at < ?3")
        .bind(handle.as_str())
        .bind(from)
        .bind(to)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
}

impl SqliteStore {
    /// One day of one handle per transaction: commits wait for one of them at most.
    pub(crate) async fn forget_clicks(&self, before: Timestamp) -> Result<u64, StoreError> {
        let before = day_of(before);
        let mut forgotten = 0;
        loop {
            let rows = read("db.click.oldest", sqlx::query(OLDEST).fetch_all(&self.scans)).await?;
            let days = rows
                .iter()
                .map(|row| whole(handle_day(row), "clicks", || field(row, "handle").unwrap_or_default()));
            let days = days.collect::<Result<Vec<_>, _>>()?;
            let due: Vec<_> = days.into_iter().filter(|oldest| oldest.day < before).collect();
            if due.is_empty() {
                return Ok(forgotten);
            }
            for oldest in due {
                forgotten += self.writer.expire(oldest).await?;
            }
        }
    }
}

fn handle_day(row: &SqliteRow) -> Result<HandleDay, Broken> {
    Ok(HandleDay { handle: Handle::parse(field(row, "handle")?)?, day: day_of(instant(row, "at")?) })
}
