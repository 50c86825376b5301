use async_trait::async_trait;
use lp_analytics::{Click, Range, Split, Totals, day_of};
use lp_core::{ClickId, Handle, SlugKey, Timestamp};
use lp_ports::{AnalyticsReader, StoreError};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use tracing::Instrument;

use crate::clicks;
use crate::deadline::{SCAN, within};
use crate::rows::{Broken, count, instant_or_none, whole};
use crate::store::PgStore;

const FORGOTTEN: &str = "SELECT max(before) AS before FROM clicks_forgotten";

/// Whole hours from their counts, what lies around them from the clicks themselves. Visitors cannot be added up: they are
/// told apart among the clicks, and where those are forgotten they were, day by day.
const TOTALS: &str = "SELECT sum(clicks)::bigint AS clicks, sum(bot_clicks)::bigint AS bot_clicks, \
     max(last_at) AS last_at, \
     (SELECT count(*) FROM (SELECT DISTINCT visitor FROM clicks WHERE handle = $1 AND at >= $9 AND at < $10 \
         AND device <> 'BOT' AND ($2 = '' OR lower(slug) = $2)) AS visitors) \
     + (SELECT coalesce(sum(visitors), 0)::bigint FROM visitor_days \
         WHERE handle = $1 AND slug_key = $2 AND day >= $11 AND day < $12) AS unique_visitors \
     FROM ( \
         SELECT coalesce(sum(clicks), 0) AS clicks, coalesce(sum(bot_clicks), 0) AS bot_clicks, \
             max(last_at) AS last_at \
         FROM click_hours \
         WHERE handle = $1 AND slug_key = $2 AND dimension = 'all' AND hour >= $3 AND hour < $4 \
         UNION ALL SELECT count(*), count(*) FILTER (WHERE device = 'BOT'), max(at) FROM clicks \
         WHERE handle = $1 AND at >= $5 AND at < $6 AND ($2 = '' OR lower(slug) = $2) \
         UNION ALL SELECT count(*), count(*) FILTER (WHERE device = 'BOT'), max(at) FROM clicks \
         WHERE handle = $1 AND at >= $7 AND at < $8 AND ($2 = '' OR lower(slug) = $2)) AS parts";

#[async_trait]
impl AnalyticsReader for PgStore {
    async fn totals(
        &self,
        handle: &Handle,
        range: Range,
        slug: Option<&SlugKey>,
    ) -> Result<Totals, StoreError> {
        let span = tracing::debug_span!("db", operation = "db.click.totals");
        let read = Box::pin(self.read_totals(handle, range, slug)).instrument(span);
        let row = match within(SCAN, read).await {
            Ok(row) => row,
            Err(fault) => return Err(self.unavailable(fault).await),
        };
        whole(totals(&row), "click_hours", || handle.to_string())
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

impl PgStore {
    async fn read_totals(
        &self,
        handle: &Handle,
        range: Range,
        slug: Option<&SlugKey>,
    ) -> Result<PgRow, sqlx::Error> {
        let mut moment = self.moment().await?;
        let kept = kept_since(&mut moment).await?;
        let Split { hours, clicks: [before, behind] } = range.split(kept);
        let visits = Range { from: range.from.max(kept), to: range.to };
        let days = Range { from: day_of(range.from), to: range.to.min(kept) };
        let mut query = sqlx::query(TOTALS).bind(handle.as_str()).bind(slug.map_or("", SlugKey::as_str));
        for part in [hours, before, behind, visits, days] {
            query = query.bind(part.from.micros()).bind(part.to.micros());
        }
        let row = query.fetch_one(&mut *moment).await?;
        moment.rollback().await?;
        Ok(row)
    }
}

/// From when on clicks are there; the earliest instant where none were forgotten.
pub(crate) async fn kept_since(connection: &mut PgConnection) -> Result<Timestamp, sqlx::Error> {
    let before: Option<i64> = sqlx::query(FORGOTTEN).fetch_one(connection).await?.try_get("before")?;
    Ok(Timestamp::from_micros(before.unwrap_or(i64::MIN)))
}

fn totals(row: &PgRow) -> Result<Totals, Broken> {
    Ok(Totals {
        clicks: count(row, "clicks")?,
        bot_clicks: count(row, "bot_clicks")?,
        unique_visitors: count(row, "unique_visitors")?,
        conversions: 0,
        last_at: instant_or_none(row, "last_at")?,
    })
}
