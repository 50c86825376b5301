use async_trait::async_trait;
use lp_analytics::{Count, CountKey, Dimension, Range, day_range, tally};
use lp_core::{Handle, Timestamp};
use lp_ports::{CountsReader, DayCounts, StoreError};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, SqliteConnection};
use uuid::Uuid;

use crate::analytics::kept_since;
use crate::change_log::slug_key;
use crate::clicks::click;
use crate::fault::unavailable;
use crate::rows::{Broken, count, field, instant, whole};
use crate::store::SqliteStore;

/// How many clicks are held at a time.
const PAGE: u32 = 10_000;

const DAYS: &str = "SELECT handle, day FROM ( \
         SELECT handle, at / 86400000000 * 86400000000 AS day FROM clicks GROUP BY 1, 2 \
         UNION SELECT handle, hour / 86400000000 * 86400000000 FROM click_hours \
         WHERE slug_key = '' GROUP BY 1, 2) AS days \
     WHERE day >= coalesce((SELECT before FROM clicks_forgotten WHERE handle = days.handle), day) \
     ORDER BY handle, day";

const CLICKS: &str = "SELECT * FROM clicks WHERE handle = ?1 AND at >= ?2 AND at < ?3 AND (at, id) > (?4, ?5) \
     ORDER BY at, id LIMIT ?6";

const STORED: &str = "SELECT * FROM click_hours WHERE handle = ?1 AND hour >= ?2 AND hour < ?3";

#[async_trait]
impl CountsReader for SqliteStore {
    async fn countable_days(&self) -> Result<Vec<(Handle, Timestamp)>, StoreError> {
        let rows = sqlx::query(DAYS).fetch_all(&self.scans).await.map_err(unavailable)?;
        let day = |row| Ok((Handle::parse(field(row, "handle")?)?, instant(row, "day")?));
        rows.iter()
            .map(|row| whole(day(row), "click_hours", || field(row, "handle").unwrap_or_default()))
            .collect()
    }

    async fn day_counts(&self, handle: &Handle, day: Timestamp) -> Result<DayCounts, StoreError> {
        let mut connection = self.scans.acquire().await.map_err(unavailable)?;
        // A transaction that only reads sees one moment.
        let mut moment = connection.begin().await.map_err(unavailable)?;
        let range = day_range(day);
        let mut counts = DayCounts::default();
        // It may have been forgotten since it was listed.
        if range.from < kept_since(&mut moment, handle).await? {
            return Ok(counts);
        }
        derive(&mut moment, handle, range, &mut counts).await?;
        let query =
            sqlx::query(STORED).bind(handle.as_str()).bind(range.from.micros()).bind(range.to.micros());
        for row in query.fetch_all(&mut *moment).await.map_err(unavailable)? {
            let (key, count) = whole(stored(&row, handle), "click_hours", || handle.to_string())?;
            counts.stored.insert(key, count);
        }
        moment.rollback().await.map_err(unavailable)?;
        Ok(counts)
    }
}

async fn derive(
    connection: &mut SqliteConnection,
    handle: &Handle,
    range: Range,
    counts: &mut DayCounts,
) -> Result<(), StoreError> {
    let mut after = (i64::MIN, Uuid::nil());
    loop {
        let query = sqlx::query(CLICKS)
            .bind(handle.as_str())
            .bind(range.from.micros())
            .bind(range.to.micros())
            .bind(after.0)
            .bind(after.1)
            .bind(PAGE);
        let rows = query.fetch_all(&mut *connection).await.map_err(unavailable)?;
        let clicks = rows.iter().map(|row| whole(click(row, handle), "clicks", || handle.to_string()));
        let clicks = clicks.collect::<Result<Vec<_>, _>>()?;
        let Some(last) = clicks.last() else { return Ok(()) };
        after = (last.at.micros(), last.id.uuid());
        counts.clicks += clicks.len() as u64;
        for (key, count) in tally(&clicks) {
            counts.derived.entry(key).and_modify(|sum| sum.add(count)).or_insert(count);
        }
    }
}

fn stored(row: &SqliteRow, handle: &Handle) -> Result<(CountKey, Count), Broken> {
    let slug: &str = field(row, "slug_key")?;
    let key = CountKey {
        handle: handle.clone(),
        slug: if slug.is_empty() { None } else { Some(slug_key(slug)?) },
        dimension: Dimension::parse(field(row, "dimension")?).ok_or_else(|| Broken::new("dimension"))?,
        hour: instant(row, "hour")?,
        value: field(row, "value")?,
    };
    let (clicks, bot_clicks) = (count(row, "clicks")?, count(row, "bot_clicks")?);
    Ok((key, Count { clicks, bot_clicks, last_at: instant(row, "last_at")? }))
}
