//! How far the change log can be read without stepping over a note that comes later.
//!
//! Numbers are given when a transaction writes, and rows become visible when it commits: a slow one brings a smaller
//! number after a greater one was seen. So each transaction, before it takes its first number, locks (shared, to its
//! end) a number that says where the sequence stood: all its own will be greater. A reader
//!
//! 1. reads where the sequence stands: H,
//! 2. then, in a statement of its own, the smallest number that is locked: L,
//! 3. then, in one more, the rows up to min(H, L).
//!
//! None can appear there later. A transaction with a number up to H had taken it, and before that its lock, when H was
//! read. If step 2 finds its lock, L is smaller than its numbers, and they are not read. If not, it has ended before
//! step 2, for locks are given back last, and step 3 sees what became of it. One that begins later gets numbers beyond H.
//!
//! Only transactions that write to the log hold such locks; whatever else runs long in the database, or in another one
//! of the same server, holds nobody up.

use sqlx::PgConnection;

/// Advisory locks are numbers: the upper 16 bits say what for, the other 48 hold where the sequence stood.
pub(crate) const CLASS: i64 = 0x4c43 << 48;

const LAST: &str = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM change_log_seq_seq";

/// `pg_locks` shows the halves of the number apart.
const LOWEST: &str = "SELECT min((classid::bigint << 32 | objid::bigint) - $1) FROM pg_locks \
     WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND classid::bigint >> 16 = $1 >> 48 \
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// Where the log stands.
pub(super) struct Horizon {
    /// The greatest number that was ever given: a reader that has come further has read another log.
    pub(super) last: i64,
    /// Everything up to here is settled: seen by the next statement, or never to come.
    pub(super) settled: i64,
}

pub(super) async fn read(connection: &mut PgConnection) -> Result<Horizon, sqlx::Error> {
    let last: i64 = sqlx::query_scalar(LAST).fetch_one(&mut *connection).await?;
    let lowest: Option<i64> = sqlx::query_scalar(LOWEST).bind(CLASS).fetch_one(connection).await?;
    Ok(Horizon { last, settled: lowest.map_or(last, |lowest| lowest.min(last)) })
}
