use async_trait::async_trait;
use lp_analytics::{Click, Range, Split, Totals, day_of};
use lp_core::{ClickId, Handle, SlugKey, Timestamp};
use lp_ports::{AnalyticsReader, StoreError};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, SqliteConnection};

use crate::clicks;
use crate::fault::unavailable;
use crate::rows::{Broken, count, instant_or_none, whole};
use crate::store::{SqliteStore, read};

/// Before which day a handle's clicks are forgotten; null where none are.
const FORGOTTEN: &str = "SELECT (SELECT before FROM clicks_forgotten WHERE handle = ?1) AS before";

/// Whole hours from their counts, what lies around them from the clicks themselves. Visitors cannot be added up: they are
/// told apart among the clicks, and where those are forgotten they were, day by day.
const TOTALS: &str = "SELECT sum(clicks) AS clicks, sum(bot_clicks) AS bot_clicks, max(last_at) AS last_at, \
     (SELECT count(DISTINCT visitor) FROM clicks WHERE handle = ?1 AND at >= ?9 AND at < ?10 \
         AND device <> 'BOT' AND (?2 = '' OR lower(slug) = ?2)) \
     + (SELECT coalesce(sum(visitors), 0) FROM visitor_days \
         WHERE handle = ?1 AND slug_key = ?2 AND day >= ?11 AND day < ?12) AS unique_visitors \
     FROM ( \
         SELECT coalesce(sum(clicks), 0) AS clicks, coalesce(sum(bot_clicks), 0) AS bot_clicks, \
             max(last_at) AS last_at \
         FROM click_hours \
         WHERE handle = ?1 AND slug_key = ?2 AND dimension = 'all' AND hour >= ?3 AND hour < ?4 \
         UNION ALL SELECT count(*), count(*) FILTER (WHERE device = 'BOT'), max(at) FROM clicks \
         WHERE handle = ?1 AND at >= ?5 AND at < ?6 AND (?2 = '' OR lower(slug) = ?2) \
         UNION ALL SELECT count(*), count(*) FILTER (WHERE device = 'BOT'), max(at) FROM clicks \
         WHERE handle = ?1 AND at >= ?7 AND at < ?8 AND (?2 = '' OR lower(slug) = ?2))";

#[async_trait]
impl AnalyticsReader for SqliteStore {
    async fn totals(
        &self,
        handle: &Handle,
        range: Range,
        slug: Option<&SlugKey>,
    ) -> Result<Totals, StoreError> {
        let mut connection = self.scans.acquire().await.map_err(unavailable)?;
        // A transaction that only reads sees one moment.
        let mut moment = connection.begin().await.map_err(unavailable)?;
        let kept = kept_since(&mut moment, handle).await?;
        let Split { hours, clicks: [before, behind] } = range.split(kept);
        let mut query = sqlx::query(TOTALS).bind(handle.as_str()).bind(slug.map_or("", SlugKey::as_str));
        let visits = Range { from: range.from.max(kept), to: range.to };
        let days = Range { from: day_of(range.from), to: range.to.min(kept) };
        for part in [hours, before, behind, visits, days] {
            query = query.bind(part.from.micros()).bind(part.to.micros());
        }
        let row = read("db.click.totals", query.fetch_one(&mut *moment)).await?;
        whole(totals(&row), "clicks", || handle.to_string())
    }

    async fn click(&self, handle: &Handle, id: ClickId) -> Result<Option<Click>, StoreError> {
        clicks::one(self, handle, id).await
    }

    async fn newest_visits(
        &self,
        handle: &Handle,
        slug: Option<&SlugKey>,
        most: u32,
    ) -> Result<Vec<Click>, StoreError> {
        clicks::newest(self, handle, slug, most).await
    }
}

/// Before when a handle's clicks are forgotten; the least instant where none are.
pub(crate) async fn kept_since(
    connection: &mut SqliteConnection,
    handle: &Handle,
) -> Result<Timestamp, StoreError> {
    let query = sqlx::query(FORGOTTEN).bind(handle.as_str());
    let row = read("db.click.forgotten", query.fetch_one(connection)).await?;
    let kept = whole(instant_or_none(&row, "before"), "clicks_forgotten", || handle.to_string())?;
    Ok(kept.unwrap_or(Timestamp::from_micros(i64::MIN)))
}

fn totals(row: &SqliteRow) -> Result<Totals, Broken> {
    Ok(Totals {
        clicks: count(row, "clicks")?,
        bot_clicks: count(row, "bot_clicks")?,
        unique_visitors: count(row, "unique_visitors")?,
        conversions: 0,
        last_at: instant_or_none(row, "last_at")?,
    })
}
