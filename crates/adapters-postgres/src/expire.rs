use lp_analytics::day_of;
use lp_core::Timestamp;
use lp_ports::StoreError;
use sqlx::{AssertSqlSafe, Executor};
use tracing::Instrument;

use crate::fault::{code, may_go_well_again};
use crate::ingest::{bounds_of, table_of};
use crate::rows::{instant, whole};
use crate::store::{PgStore, WRITE};

/// How often a day is tried while others use its table.
const TRIES: u32 = 20;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(250);

const DUE: &str = "SELECT day FROM click_days WHERE day < $1 ORDER BY day";

/// One at a time forgets a day.
const CLAIM: &str = "DELETE FROM click_days WHERE day = $1";

/// How many visitors a day had, those of each slug and those of the whole handle.
const KEEP_VISITORS: &str = "INSERT INTO visitor_days AS known (handle, slug_key, day, visitors) \
     SELECT handle, slug_key, $1, count(*) FROM ( \
         SELECT DISTINCT handle, lower(slug) AS slug_key, visitor FROM clicks \
         WHERE at >= $1 AND at < $2 AND device <> 'BOT' \
         UNION ALL SELECT DISTINCT handle, '', visitor FROM clicks \
         WHERE at >= $1 AND at < $2 AND device <> 'BOT') AS visits \
     GROUP BY handle, slug_key \
     ON CONFLICT (handle, slug_key, day) DO UPDATE SET visitors = known.visitors + excluded.visitors";

const MARK: &str = "INSERT INTO clicks_forgotten AS known (before) VALUES ($1) \
     ON CONFLICT (one) DO UPDATE SET before = greatest(known.before, excluded.before)";

impl PgStore {
    pub(crate) async fn forget_clicks(&self, before: Timestamp) -> Result<u64, StoreError> {
        let query = sqlx::query(DUE).bind(day_of(before).micros());
        let rows = self.read("db.click.due", query.fetch_all(self.pool())).await?;
        let mut forgotten = 0;
        for row in rows {
            let day = whole(instant(&row, "day"), "click_days", String::new)?;
            let span = tracing::debug_span!("db", operation = "db.click.expire");
            forgotten += Box::pin(self.try_forget(day)).instrument(span).await?;
        }
        Ok(forgotten)
    }

    async fn try_forget(&self, day: Timestamp) -> Result<u64, StoreError> {
        let mut tries = 1;
        loop {
            match self.forget_day(day).await {
                Ok(forgotten) => return Ok(forgotten),
                Err(fault) if tries < TRIES && stands_in_the_way(&fault) => {
                    tokio::time::sleep(PAUSE).await;
                    tries += 1;
                }
                Err(fault) => return Err(self.unavailable(fault).await),
            }
        }
    }

    /// Forgets the clicks of one day, and keeps the number of their visitors, in one transaction.
    ///
    /// The table is closed to writers before its visitors are counted, so none is missed. Taking it away needs `clicks`
    /// for itself for a moment: everybody who comes meanwhile waits behind this one, so it gives up soon and tries again.
    async fn forget_day(&self, day: Timestamp) -> Result<u64, sqlx::Error> {
        let (table, (from, to)) = (table_of(day), bounds_of(day));
        let mut transaction = self.begin(WRITE).await?;
        transaction.execute("SET LOCAL statement_timeout = '60s'; SET LOCAL lock_timeout = '200ms'").await?;
        let claimed = sqlx::query(CLAIM).bind(from).execute(&mut *transaction).await?;
        if claimed.rows_affected() == 0 {
            return Ok(0);
        }
        transaction.execute(AssertSqlSafe(format!("LOCK TABLE {table} IN SHARE MODE"))).await?;
        let clicks: i64 = sqlx::query_scalar("SELECT count(*) FROM clicks WHERE at >= $1 AND at < $2")
            .bind(from)
            .bind(to)
            .fetch_one(&mut *transaction)
            .await?;
        sqlx::query(KEEP_VISITORS).bind(from).bind(to).execute(&mut *transaction).await?;
        sqlx::query(MARK).bind(to).execute(&mut *transaction).await?;
        let drop = format!("ALTER TABLE clicks DETACH PARTITION {table}; DROP TABLE {table}");
        transaction.execute(AssertSqlSafe(drop)).await?;
        transaction.commit().await?;
        self.inner.days.forget([&day]);
        Ok(clicks.cast_unsigned())
    }
}

fn stands_in_the_way(fault: &sqlx::Error) -> bool {
    // 55P03, lock_not_available.
    may_go_well_again(fault) || code(fault).as_deref() == Some("55P03")
}
