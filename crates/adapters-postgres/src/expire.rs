use std::time::Duration;

use lp_analytics::day_of;
use lp_core::Timestamp;
use lp_core::text::with_causes;
use lp_ports::StoreError;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Postgres, Transaction};
use tracing::Instrument;

use crate::deadline::{WORK, within};
use crate::fault::{may_go_well_again, stood_in_the_way};
use crate::ingest::{bounds_of, table_of};
use crate::rows::{instant, whole};
use crate::store::PgStore;

/// How often a day is tried while others take clicks in for it.
const TRIES: u32 = 20;
/// How often its table, while others use `clicks`: what was worked out for the day is kept meanwhile.
const PULLS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(250);

/// A day takes as long as it has clicks. Whoever comes behind this one in the queue of a lock has to wait as well, so it
/// gives up soon and tries again.
const LIMITS: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '200ms'";

const DUE: &str = "SELECT day FROM click_days WHERE day < $1 ORDER BY day";

/// One at a time forgets days: two would hold what the other needs. The number is like those of `locks`.
const ALONE: &str = "SELECT pg_try_advisory_xact_lock($1)";
const FORGETTING: i64 = 0x4c46 << 48;

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

/// Referrers are what visitors send: they are not kept for ever. Found by what the day's clicks were counted under, for
/// the counts are by far more than those of a day.
const DROP_REFERRERS: &str = "DELETE FROM click_hours AS counted USING ( \
         SELECT DISTINCT handle, lower(slug) AS slug_key FROM clicks WHERE at >= $1 AND at < $2 \
         UNION SELECT DISTINCT handle, '' FROM clicks WHERE at >= $1 AND at < $2) AS had \
     WHERE counted.handle = had.handle AND counted.slug_key = had.slug_key \
         AND dimension = 'referrer' AND hour >= $1 AND hour < $2";

const MARK: &str = "INSERT INTO clicks_forgotten AS known (before) VALUES ($1) \
     ON CONFLICT (one) DO UPDATE SET before = greatest(known.before, excluded.before)";

impl PgStore {
    /// A day that cannot be forgotten now keeps no other: it is told at the end, and is due the next time.
    pub(crate) async fn forget_clicks(&self, before: Timestamp) -> Result<u64, StoreError> {
        let query = sqlx::query(DUE).bind(day_of(before).micros());
        let rows = self.read("db.click.due", query.fetch_all(self.pool())).await?;
        let (mut forgotten, mut failed) = (0, None);
        for row in rows {
            let day = whole(instant(&row, "day"), "click_days", String::new)?;
            let span = tracing::debug_span!("db", operation = "db.click.expire");
            match within(WORK, Box::pin(self.try_forget(day)).instrument(span)).await {
                Ok(clicks) => forgotten += clicks,
                Err(fault) => {
                    let source = with_causes(&fault);
                    tracing::warn!(%day, error.source = source, "the clicks of a day could not be forgotten");
                    failed.get_or_insert(fault);
                }
            }
        }
        failed.map_or(Ok(forgotten), Err)
    }

    /// Forgets the clicks of one day, and keeps the number of their visitors, in one transaction.
    async fn try_forget(&self, day: Timestamp) -> Result<u64, StoreError> {
        let forgotten = match self.close_day(day).await {
            Ok(Some(mut transaction)) => match forget(&mut transaction, day).await {
                Ok(clicks) => transaction.commit().await.map(|()| clicks),
                Err(fault) => Err(back(transaction, fault).await),
            },
            Ok(None) => Ok(0),
            Err(fault) => Err(fault),
        };
        match forgotten {
            Ok(forgotten) => {
                self.inner.days.forget([&day]);
                Ok(forgotten)
            }
            Err(fault) => Err(self.unavailable(fault).await),
        }
    }

    /// Begins, and closes the day to those who write; `None` where somebody else has forgotten it, or is at it. Nothing has been
    /// worked out yet, so it can begin again.
    async fn close_day(&self, day: Timestamp) -> Result<Option<Transaction<'static, Postgres>>, sqlx::Error> {
        let mut tries = 1;
        loop {
            let mut transaction = self.begin().await?;
            match close(&mut transaction, day).await {
                Ok(true) => return Ok(Some(transaction)),
                Ok(false) => return transaction.rollback().await.map(|()| None),
                Err(fault) if tries < TRIES && is_in_use(&fault) => transaction.rollback().await?,
                Err(fault) => return Err(back(transaction, fault).await),
            }
            tokio::time::sleep(PAUSE).await;
            tries += 1;
        }
    }
}

/// How many clicks there were.
async fn forget(
    transaction: &mut Transaction<'static, Postgres>,
    day: Timestamp,
) -> Result<u64, sqlx::Error> {
    let (from, to) = bounds_of(day);
    let clicks: i64 = sqlx::query_scalar("SELECT count(*) FROM clicks WHERE at >= $1 AND at < $2")
        .bind(from)
        .bind(to)
        .fetch_one(&mut **transaction)
        .await?;
    for statement in [KEEP_VISITORS, DROP_REFERRERS] {
        sqlx::query(statement).bind(from).bind(to).execute(&mut **transaction).await?;
    }
    sqlx::query(MARK).bind(to).execute(&mut **transaction).await?;
    pull_out(transaction, &table_of(day)).await?;
    Ok(clicks.cast_unsigned())
}

/// Ends what failed before the next day begins, which would find its lock taken. Where that fails as well, the
/// connection is gone and the lock with it.
async fn back(transaction: Transaction<'static, Postgres>, fault: sqlx::Error) -> sqlx::Error {
    let _ = transaction.rollback().await;
    fault
}

/// Whether it is this one that forgets the day. Whoever takes clicks in for it has ended, or waits for this one to end,
/// so no visitor is missed.
async fn close(connection: &mut PgConnection, day: Timestamp) -> Result<bool, sqlx::Error> {
    connection.execute(LIMITS).await?;
    if !sqlx::query_scalar::<_, bool>(ALONE).bind(FORGETTING).fetch_one(&mut *connection).await? {
        return Ok(false);
    }
    let claimed = sqlx::query(CLAIM).bind(day.micros()).execute(&mut *connection).await?;
    if claimed.rows_affected() == 0 {
        return Ok(false);
    }
    let lock = format!("LOCK TABLE {} IN SHARE MODE", table_of(day));
    connection.execute(AssertSqlSafe(lock)).await?;
    Ok(true)
}

/// Takes a table away, for which it needs `clicks` for itself for a moment.
async fn pull_out(transaction: &mut Transaction<'static, Postgres>, table: &str) -> Result<(), sqlx::Error> {
    let mut pulls = 1;
    loop {
        let mut point = transaction.begin().await?;
        let drop = format!("ALTER TABLE clicks DETACH PARTITION {table}; DROP TABLE {table}");
        match point.execute(AssertSqlSafe(drop)).await {
            Ok(_) => return point.commit().await,
            Err(fault) if pulls < PULLS && is_in_use(&fault) => point.rollback().await?,
            Err(fault) => return Err(fault),
        }
        tokio::time::sleep(PAUSE).await;
        pulls += 1;
    }
}

fn is_in_use(fault: &sqlx::Error) -> bool {
    may_go_well_again(fault) || stood_in_the_way(fault)
}
