use std::time::Duration;

use async_trait::async_trait;
use lp_access::Rate;
use lp_ports::{Counters, StoreError, Taken};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::deadline::{CALL, within};
use crate::fault::unavailable;
use crate::store::{PIECE, PgStore, in_pieces, int};
use crate::text::stored;

/// How often a bucket is tried whose content changed in between.
const TRIES: u32 = 20;

/// The bucket and the database's clock, in nanoseconds since 1970: what a call takes need not be whole microseconds.
const FIND: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 AS now, \
     (SELECT full_at FROM rate_buckets WHERE caller = $1) AS full_at";

const MAKE: &str =
    "INSERT INTO rate_buckets (caller, full_at) VALUES ($1, $2) ON CONFLICT (caller) DO NOTHING";

const MOVE: &str = "UPDATE rate_buckets SET full_at = $2 WHERE caller = $1 AND full_at = $3";

/// A bucket that was taken from meanwhile is looked at again.
const FORGET: &str = "WITH clock AS MATERIALIZED ( \
         SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 AS now) \
     DELETE FROM rate_buckets WHERE full_at <= (SELECT now FROM clock) AND ctid = ANY (ARRAY( \
         SELECT ctid FROM rate_buckets WHERE full_at <= (SELECT now FROM clock) LIMIT $1))";

#[async_trait]
impl Counters for PgStore {
    async fn take(&self, caller: &str, rate: Rate, wanted: u32) -> Result<Taken, StoreError> {
        within(CALL, self.take_from(&stored(caller), rate, wanted)).await
    }

    async fn forget_full(&self) -> Result<u64, StoreError> {
        in_pieces(|| async {
            let query = sqlx::query(FORGET).bind(int(PIECE));
            let done = self.read("db.bucket.forget", query.execute(self.pool())).await?;
            Ok(done.rows_affected())
        })
        .await
    }
}

impl PgStore {
    async fn take_from(&self, caller: &str, rate: Rate, wanted: u32) -> Result<Taken, StoreError> {
        for _ in 0..TRIES {
            let find = sqlx::query(FIND).bind(caller);
            let row = self.read("db.bucket.find", find.fetch_one(self.pool())).await?;
            let (now, before) = bucket(&row).map_err(unavailable)?;
            let full_at = before.map_or(Duration::ZERO, nanos);
            let (granted, full_at) = rate.take(full_at, nanos(now), wanted);
            let taken = Taken { granted, full_in: full_at.saturating_sub(nanos(now)) };
            if granted == 0 {
                return Ok(taken);
            }
            let after = i64::try_from(full_at.as_nanos()).unwrap_or(i64::MAX);
            let write = match before {
                None => sqlx::query(MAKE).bind(caller).bind(after),
                Some(before) => sqlx::query(MOVE).bind(caller).bind(after).bind(before),
            };
            // It was as it was found, or somebody else has taken meanwhile.
            let written = self.read("db.bucket.take", write.execute(self.pool())).await?;
            if written.rows_affected() == 1 {
                return Ok(taken);
            }
        }
        Err(StoreError::Unavailable("too many take from one bucket at once".into()))
    }
}

/// The clock, and when the bucket is full; `None` where there is none.
fn bucket(row: &PgRow) -> Result<(i64, Option<i64>), sqlx::Error> {
    Ok((row.try_get("now")?, row.try_get("full_at")?))
}

fn nanos(number: i64) -> Duration {
    Duration::from_nanos(u64::try_from(number).unwrap_or(0))
}
