use async_trait::async_trait;
use lp_analytics::{Range, Totals};
use lp_core::{Handle, SlugKey};
use lp_ports::{AnalyticsReader, StoreError};
use sqlx::sqlite::SqliteRow;

use crate::rows::{Broken, count, instant_or_none, whole};
use crate::store::{SqliteStore, read};

const TOTALS: &str = "SELECT count(*) AS clicks, \
     count(*) FILTER (WHERE device = 'BOT') AS bot_clicks, \
     count(DISTINCT visitor) FILTER (WHERE device <> 'BOT') AS unique_visitors, \
     max(at) AS last_at \
     FROM clicks WHERE handle = ?1 AND at >= ?2 AND at < ?3 AND (?4 IS NULL OR lower(slug) = ?4)";

#[async_trait]
impl AnalyticsReader for SqliteStore {
    async fn totals(
        &self,
        handle: &Handle,
        range: Range,
        slug: Option<&SlugKey>,
    ) -> Result<Totals, StoreError> {
        let query = sqlx::query(TOTALS)
            .bind(handle.as_str())
            .bind(range.from.micros())
            .bind(range.to.micros())
            .bind(slug.map(SlugKey::as_str));
        let row = read("db.click.totals", query.fetch_one(&self.scans)).await?;
        whole(totals(&row), "clicks", || handle.to_string())
    }
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
