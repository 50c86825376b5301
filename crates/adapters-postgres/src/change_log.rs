mod horizon;

use std::collections::HashSet;

use async_trait::async_trait;
use lp_core::Handle;
use lp_ports::{Change, ChangeLog, ChangeNote, ChangePosition, Changed, Changes, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::rows::{Broken, count, field, slug_key, whole};
use crate::store::{PIECE, PgStore, in_pieces, int};

pub(crate) use horizon::CLASS;

/// What stands for a slug key where the rules of the handle changed; no slug is written like this.
const RULES: &str = "*rules";

/// Takes the lock of [`horizon`] before the first number: the row it comes with is part of each row that is numbered.
/// Sorted, so that the numbers follow the order of the batch.
const APPEND: &str = "INSERT INTO change_log (handle, version, slug_key) \
     SELECT $1, $2, slug_key FROM ( \
         SELECT pg_advisory_xact_lock_shared($4 | CASE WHEN is_called THEN last_value ELSE 0 END) AS taken \
         FROM change_log_seq_seq) AS held, \
     unnest($3::text[]) WITH ORDINALITY AS noted (slug_key, place) ORDER BY place";

/// The notes of a stretch, or one row without a note: what was trimmed is told of the same moment.
const NOTES: &str = "SELECT trimmed.upto AS trimmed, seq, handle, version, slug_key \
     FROM change_log_trimmed AS trimmed LEFT JOIN LATERAL ( \
         SELECT seq, handle, version, slug_key FROM change_log WHERE seq > $1 AND seq <= $2 \
         ORDER BY seq LIMIT $3) AS notes ON TRUE \
     ORDER BY seq";

/// Numbers have gaps, so rows are counted.
const SPARE: &str = "SELECT seq FROM change_log ORDER BY seq DESC OFFSET $1 LIMIT 1";

/// The oldest first: what is known to be trimmed is never more than what is gone.
const TRIM: &str = "WITH gone AS ( \
         DELETE FROM change_log WHERE seq = ANY (ARRAY( \
             SELECT seq FROM change_log WHERE seq <= $1 ORDER BY seq LIMIT $2)) RETURNING seq), \
     known AS ( \
         UPDATE change_log_trimmed SET upto = greatest(upto, (SELECT max(seq) FROM gone)) \
         WHERE EXISTS (SELECT 1 FROM gone)) \
     SELECT count(*) FROM gone";

/// Notes what a batch changed, each thing once.
pub(crate) async fn append(
    connection: &mut PgConnection,
    handle: &Handle,
    version: u64,
    changes: &[Change],
) -> Result<(), sqlx::Error> {
    let mut known = HashSet::new();
    let keys = changes.iter().map(|change| match change.noted() {
        Changed::Link(slug) => Some(slug.as_str().to_owned()),
        Changed::Rules => Some(RULES.to_owned()),
        Changed::Access => None,
    });
    let noted: Vec<Option<String>> = keys.filter(|key| known.insert(key.clone())).collect();
    sqlx::query(APPEND)
        .bind(handle.as_str())
        .bind(int(version))
        .bind(noted)
        .bind(CLASS)
        .execute(connection)
        .await
        .map(drop)
}

#[async_trait]
impl ChangeLog for PgStore {
    async fn position(&self) -> Result<ChangePosition, StoreError> {
        let mut connection = self.read("db.change.acquire", self.pool().acquire()).await?;
        let horizon = self.read("db.change.position", horizon::read(&mut connection)).await?;
        Ok(ChangePosition(horizon.settled.cast_unsigned()))
    }

    async fn changes(&self, after: ChangePosition, limit: u32) -> Result<Changes, StoreError> {
        let mut connection = self.read("db.change.acquire", self.pool().acquire()).await?;
        let horizon = self.read("db.change.position", horizon::read(&mut connection)).await?;
        let settled = ChangePosition(horizon.settled.cast_unsigned());
        if horizon.last.cast_unsigned() < after.0 {
            tracing::warn!(
                position = after.0,
                last = horizon.last,
                "the change log was set back: the database was restored, or replaced by one that knew less"
            );
            return Ok(Changes { notes: Vec::new(), position: settled, missed: true });
        }
        // It may lie behind what was read before; nothing is taken back, and nothing skipped.
        let end = settled.max(after);
        if end == after {
            return Ok(Changes { notes: Vec::new(), position: after, missed: false });
        }
        let query = sqlx::query(NOTES).bind(int(after.0)).bind(horizon.settled).bind(i64::from(limit));
        let rows = self.read("db.change.list", query.fetch_all(&mut *connection)).await?;
        stretch(&rows, after, end, limit)
    }

    async fn hint(&self) {
        self.inner.hints.next().await;
    }

    async fn trim(&self, keep: u64) -> Result<u64, StoreError> {
        let spare = sqlx::query_scalar::<_, i64>(SPARE).bind(int(keep));
        let Some(spare) = self.read("db.change.spare", spare.fetch_optional(self.pool())).await? else {
            return Ok(0);
        };
        in_pieces(|| async {
            let query = sqlx::query_scalar::<_, i64>(TRIM).bind(spare).bind(int(PIECE));
            let gone = self.read("db.change.trim", query.fetch_one(self.pool())).await?;
            Ok(gone.cast_unsigned())
        })
        .await
    }
}

fn stretch(
    rows: &[PgRow],
    after: ChangePosition,
    end: ChangePosition,
    limit: u32,
) -> Result<Changes, StoreError> {
    let mut changes = Changes { notes: Vec::with_capacity(rows.len()), position: after, missed: false };
    let (mut last, mut found) = (after, 0);
    for row in rows {
        let trimmed = whole(count(row, "trimmed"), "change_log_trimmed", String::new)?;
        changes.missed = after.0 < trimmed;
        let Some(seq) = whole(field::<Option<i64>>(row, "seq"), "change_log", String::new)? else { continue };
        match note(row) {
            Ok(note) => changes.notes.push(note),
            Err(Broken(reason)) => {
                tracing::error!(
                    table = "change_log",
                    row = seq,
                    reason,
                    "a note cannot be read and is skipped"
                );
            }
        }
        last = ChangePosition(seq.cast_unsigned());
        found += 1;
    }
    // Where that was all, numbers that nobody has used lie behind the last note at most.
    changes.position = if found < limit { end } else { last };
    Ok(changes)
}

fn note(row: &PgRow) -> Result<ChangeNote, Broken> {
    let changed = match field::<Option<&str>>(row, "slug_key")? {
        Some(RULES) => Changed::Rules,
        Some(key) => Changed::Link(slug_key(key)?),
        None => Changed::Access,
    };
    let handle = Handle::stored(field(row, "handle")?)?;
    Ok(ChangeNote { handle, version: count(row, "version")?, changed })
}
