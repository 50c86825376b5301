use std::collections::BTreeSet;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use lp_analytics::{Click, Count, CountKey, Dimension, Range, day_range, tally};
use lp_core::{Handle, Timestamp};
use lp_ports::{CountsReader, DayCounts, StoreError};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::analytics::kept_since;
use crate::clicks::{click, click_columns};
use crate::deadline::{Silence, WORK, within};
use crate::ingest::table_of;
use crate::rows::{Broken, count, field, instant, slug_key, text, whole};
use crate::store::PgStore;

/// How many clicks are held at a time.
const CHUNK: usize = 10_000;

/// Looked at by hand, and as long as it takes.
const PATIENTLY: &str = "SET LOCAL statement_timeout = 0";

/// The index leads from handle to handle, and to the hours of each: whatever is counted is counted among all.
const COUNTED: &str = "WITH RECURSIVE known (handle) AS ( \
         SELECT min(handle) FROM click_hours \
         UNION ALL SELECT (SELECT min(handle) FROM click_hours WHERE click_hours.handle > known.handle) \
         FROM known WHERE known.handle IS NOT NULL) \
     SELECT DISTINCT known.handle, hour - (hour % 86400000000 + 86400000000) % 86400000000 AS day \
     FROM known JOIN click_hours ON click_hours.handle = known.handle \
         AND slug_key = '' AND dimension = 'all' AND hour >= $1";

const DAYS: &str = "SELECT day FROM click_days WHERE day >= $1 ORDER BY day";

/// From handle to handle within the table of a day.
macro_rules! clicked {
    () => {
        "WITH RECURSIVE known (handle) AS ( \
             SELECT min(handle) FROM {table} \
             UNION ALL SELECT (SELECT min(handle) FROM {table} AS next WHERE next.handle > known.handle) \
             FROM known WHERE known.handle IS NOT NULL) \
         SELECT handle FROM known WHERE handle IS NOT NULL"
    };
}

const CLICKS: &str =
    concat!("SELECT ", click_columns!(), " FROM clicks WHERE handle = $1 AND at >= $2 AND at < $3");

const STORED: &str = "SELECT slug_key, dimension, hour, value, clicks, bot_clicks, last_at FROM click_hours \
     WHERE handle = $1 AND hour >= $2 AND hour < $3";

/// Why a count could not be read.
enum Halt {
    Row(StoreError),
    Engine(sqlx::Error),
}

#[async_trait]
impl CountsReader for PgStore {
    async fn countable_days(&self) -> Result<Vec<(Handle, Timestamp)>, StoreError> {
        match within(WORK, Box::pin(self.find_days())).await {
            Ok(days) => Ok(days.into_iter().collect()),
            Err(halt) => Err(self.halted(halt).await),
        }
    }

    async fn day_counts(&self, handle: &Handle, day: Timestamp) -> Result<DayCounts, StoreError> {
        match within(WORK, Box::pin(self.read_day(handle, day_range(day)))).await {
            Ok(counts) => Ok(counts),
            Err(halt) => Err(self.halted(halt).await),
        }
    }
}

impl PgStore {
    async fn find_days(&self) -> Result<BTreeSet<(Handle, Timestamp)>, Halt> {
        let mut moment = self.moment().await?;
        moment.execute(PATIENTLY).await?;
        let kept = kept_since(&mut moment).await?;
        let mut days = BTreeSet::new();
        for row in sqlx::query(COUNTED).bind(kept.micros()).fetch_all(&mut *moment).await? {
            let found = handle_of(&row).and_then(|handle| Ok((handle, instant(&row, "day")?)));
            days.insert(whole(found, "click_hours", || named(&row))?);
        }
        for row in sqlx::query(DAYS).bind(kept.micros()).fetch_all(&mut *moment).await? {
            let day = whole(instant(&row, "day"), "click_days", String::new)?;
            let clicked = AssertSqlSafe(format!(clicked!(), table = table_of(day)));
            for row in sqlx::query(clicked).persistent(false).fetch_all(&mut *moment).await? {
                days.insert((whole(handle_of(&row), "clicks", || named(&row))?, day));
            }
        }
        moment.rollback().await?;
        Ok(days)
    }

    async fn read_day(&self, handle: &Handle, day: Range) -> Result<DayCounts, Halt> {
        let mut moment = self.moment().await?;
        moment.execute(PATIENTLY).await?;
        let mut counts = DayCounts::default();
        if day.from < kept_since(&mut moment).await? {
            moment.rollback().await?;
            return Ok(counts);
        }
        derive(&mut moment, handle, day, &mut counts).await?;
        let query = sqlx::query(STORED).bind(handle.as_str()).bind(day.from.micros()).bind(day.to.micros());
        for row in query.fetch_all(&mut *moment).await? {
            let (key, count) = whole(stored(&row, handle), "click_hours", || handle.to_string())?;
            counts.stored.insert(key, count);
        }
        moment.rollback().await?;
        Ok(counts)
    }

    async fn halted(&self, halt: Halt) -> StoreError {
        match halt {
            Halt::Row(fault) => fault,
            Halt::Engine(fault) => self.unavailable(fault).await,
        }
    }
}

async fn derive(
    connection: &mut PgConnection,
    handle: &Handle,
    day: Range,
    counts: &mut DayCounts,
) -> Result<(), Halt> {
    let query = sqlx::query(CLICKS).bind(handle.as_str()).bind(day.from.micros()).bind(day.to.micros());
    let mut rows = query.fetch(connection);
    let mut chunk = Vec::new();
    while let Some(row) = rows.try_next().await? {
        chunk.push(whole(click(&row, handle), "clicks", || handle.to_string())?);
        if chunk.len() == CHUNK {
            add(counts, &chunk);
            chunk.clear();
        }
    }
    add(counts, &chunk);
    Ok(())
}

fn add(counts: &mut DayCounts, clicks: &[Click]) {
    counts.clicks += clicks.len() as u64;
    for (key, count) in tally(clicks) {
        counts.derived.entry(key).and_modify(|sum| sum.add(count)).or_insert(count);
    }
}

fn stored(row: &PgRow, handle: &Handle) -> Result<(CountKey, Count), Broken> {
    let slug: &str = field(row, "slug_key")?;
    let key = CountKey {
        handle: handle.clone(),
        slug: if slug.is_empty() { None } else { Some(slug_key(slug)?) },
        dimension: Dimension::parse(field(row, "dimension")?).ok_or_else(|| Broken::new("dimension"))?,
        hour: instant(row, "hour")?,
        value: text(row, "value")?,
    };
    let (clicks, bot_clicks) = (count(row, "clicks")?, count(row, "bot_clicks")?);
    Ok((key, Count { clicks, bot_clicks, last_at: instant(row, "last_at")? }))
}

fn handle_of(row: &PgRow) -> Result<Handle, Broken> {
    Ok(Handle::parse(field(row, "handle")?)?)
}

fn named(row: &PgRow) -> String {
    field(row, "handle").unwrap_or_default()
}

impl From<Silence> for Halt {
    fn from(silence: Silence) -> Self {
        Self::Row(silence.into())
    }
}

impl From<StoreError> for Halt {
    fn from(fault: StoreError) -> Self {
        Self::Row(fault)
    }
}

impl From<sqlx::Error> for Halt {
    fn from(fault: sqlx::Error) -> Self {
        Self::Engine(fault)
    }
}
