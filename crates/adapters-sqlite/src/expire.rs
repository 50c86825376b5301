use std::sync::Arc;

use lp_analytics::{day_of, day_range};
use lp_core::{Handle, Timestamp};
use lp_ports::StoreError;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::analytics::kept_since;
use crate::fault::unavailable;
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
const VISITORS: &str = "SELECT slug_key, count(DISTINCT visitor) AS visitors FROM ( \
         SELECT lower(slug) AS slug_key, visitor FROM clicks \
         WHERE handle = ?1 AND at >= ?2 AND at < ?3 AND device <> 'BOT' \
         UNION ALL SELECT '', visitor FROM clicks \
         WHERE handle = ?1 AND at >= ?2 AND at < ?3 AND device <> 'BOT') \
     GROUP BY slug_key";

const KEEP_VISITORS: &str = "INSERT INTO visitor_days (handle, slug_key, day, visitors) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (handle, slug_key, day) DO UPDATE SET visitors = visitors + excluded.visitors";

const MARK: &str = "INSERT INTO clicks_forgotten (handle, before) VALUES (?1, ?2) \
     ON CONFLICT (handle) DO UPDATE SET before = max(before, excluded.before)";

/// Visitors choose where they say they come from, so these counts may not be kept for ever.
const FORGET_REFERRERS: &str = "DELETE FROM click_hours \
     WHERE handle = ?1 AND dimension = 'referrer' AND hour >= ?2 AND hour < ?3";

const FORGET_SOME: &str = "DELETE FROM clicks WHERE (handle, at, id) IN ( \
     SELECT handle, at, id FROM clicks WHERE handle = ?1 AND at >= ?2 AND at < ?3 LIMIT ?4)";

/// How many clicks are deleted in one transaction: commits wait for that long at most.
const PIECE: u32 = 20_000;

/// A UTC day of a handle, and what is kept of it.
pub(crate) struct HandleDay {
    handle: Handle,
    day: Timestamp,
    /// By slug key; empty for the whole handle.
    visitors: Vec<(String, i64)>,
}

/// Forgets a day but for its clicks, which nothing looks at from then on: keeps the number of their visitors, drops what
/// was counted by referrer, and marks it.
pub(crate) async fn close(connection: &mut SqliteConnection, day: &HandleDay) -> Result<u64, sqlx::Error> {
    let range = day_range(day.day);
    let (handle, from, to) = (day.handle.as_str(), range.from.micros(), range.to.micros());
    for (slug, visitors) in &day.visitors {
        let query = sqlx::query(KEEP_VISITORS).bind(handle).bind(slug).bind(from).bind(visitors);
        query.execute(&mut *connection).await?;
    }
    sqlx::query(MARK).bind(handle).bind(to).execute(&mut *connection).await?;
    let query = sqlx::query(FORGET_REFERRERS).bind(handle).bind(from).bind(to);
    query.execute(connection).await.map(|_| 0)
}

/// Deletes some clicks of a day; says how many.
pub(crate) async fn forget(connection: &mut SqliteConnection, day: &HandleDay) -> Result<u64, sqlx::Error> {
    let range = day_range(day.day);
    sqlx::query(FORGET_SOME)
        .bind(day.handle.as_str())
        .bind(range.from.micros())
        .bind(range.to.micros())
        .bind(PIECE)
        .execute(connection)
        .await
        .map(|done| done.rows_affected())
}

impl SqliteStore {
    /// In pieces: commits wait for one of them at most. What comes in for a day while it is forgotten is forgotten with
    /// it, its visitors uncounted.
    pub(crate) async fn forget_clicks(&self, before: Timestamp) -> Result<u64, StoreError> {
        let before = day_of(before);
        let mut forgotten = 0;
        loop {
            let rows = read("db.click.oldest", sqlx::query(OLDEST).fetch_all(&self.scans)).await?;
            let days = rows
                .iter()
                .map(|row| whole(handle_day(row), "clicks", || field(row, "handle").unwrap_or_default()));
            let days = days.collect::<Result<Vec<_>, _>>()?;
            let due: Vec<_> = days.into_iter().filter(|(_, day)| *day < before).collect();
            if due.is_empty() {
                return Ok(forgotten);
            }
            for (handle, day) in due {
                forgotten += self.forget_day(handle, day).await?;
            }
        }
    }

    async fn forget_day(&self, handle: Handle, day: Timestamp) -> Result<u64, StoreError> {
        let range = day_range(day);
        let mut connection = self.scans.acquire().await.map_err(unavailable)?;
        let closed = range.to <= kept_since(&mut connection, &handle).await?;
        let visitors = if closed {
            // It was closed before, and what is left of it, or came late, is not counted again.
            Vec::new()
        } else {
            let query = sqlx::query_as(VISITORS).bind(handle.as_str());
            let query = query.bind(range.from.micros()).bind(range.to.micros());
            read("db.click.visitors", query.fetch_all(&mut *connection)).await?
        };
        drop(connection);
        let day = Arc::new(HandleDay { handle, day, visitors });
        if !closed {
            self.writer.close_day(day.clone()).await?;
        }
        let mut forgotten = 0;
        loop {
            let piece = self.writer.forget_some(day.clone()).await?;
            forgotten += piece;
            if piece < u64::from(PIECE) {
                return Ok(forgotten);
            }
        }
    }
}

fn handle_day(row: &SqliteRow) -> Result<(Handle, Timestamp), Broken> {
    Ok((Handle::parse(field(row, "handle")?)?, day_of(instant(row, "at")?)))
}
