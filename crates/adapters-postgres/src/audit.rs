use async_trait::async_trait;
use lp_access::{AuditEntry, AuditFilter, AuditHash, AuditOutcome, AuditRecord, chain};
use lp_core::{Handle, Timestamp};
use lp_ports::{AuditReader, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::heads::Head;
use crate::rows::{Broken, bytes, count, field, instant, number, text, whole};
use crate::store::{PgStore, int};
use crate::text::{original, stored};

/// The entry and the head that knows it, in one statement.
const APPEND: &str = "WITH appended AS ( \
         INSERT INTO audit (handle, seq, prev, hash, at, actor, surface, operation, subject, request_id, \
             refused_code, refused_times) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)) \
     UPDATE heads SET version = $13, event_seq = $14, audit_seq = $2, audit_hash = $4 WHERE handle = $1";

const ENTRIES: &str = "SELECT seq, prev, hash, at, actor, surface, operation, subject, request_id, refused_code, \
     refused_times FROM audit WHERE handle = $1 AND seq > $2 ORDER BY seq LIMIT $3";

/// From the newest end of the chain's own tree: a filter that matches little walks far, and no write pays for an index.
const FOUND: &str = "SELECT seq, prev, hash, at, actor, surface, operation, subject, request_id, refused_code, \
     refused_times FROM audit WHERE handle = $1 AND seq < $2 \
     AND ($3::text IS NULL OR actor = $3) AND ($4::text IS NULL OR surface = $4) \
     AND ($5::text IS NULL OR operation = $5) AND ($6::text IS NULL OR subject = $6) \
     AND ($7::text IS NULL OR request_id = $7) AND ($8::boolean IS NULL OR (refused_code IS NOT NULL) = $8) \
     AND ($9::bigint IS NULL OR at >= $9) AND ($10::bigint IS NULL OR at < $10) ORDER BY seq DESC LIMIT $11";

/// Appends the entry to the chain that ends at the head, and leaves the head as it is from now on.
pub(crate) async fn append(
    connection: &mut PgConnection,
    head: Head,
    entry: &AuditEntry,
) -> Result<(), sqlx::Error> {
    let (seq, prev) = (head.audit_seq + 1, head.audit_hash);
    let hash = chain(&prev, seq, entry);
    let (code, times) = match &entry.outcome {
        AuditOutcome::Done => (None, 0),
        AuditOutcome::Refused { code, times } => (Some(stored(code)), *times),
    };
    sqlx::query(APPEND)
        .bind(entry.handle.as_str())
        .bind(int(seq))
        .bind(&prev.0[..])
        .bind(&hash.0[..])
        .bind(entry.at.micros())
        .bind(stored(&entry.actor))
        .bind(stored(&entry.surface))
        .bind(stored(&entry.operation))
        .bind(stored(&entry.subject))
        .bind(stored(&entry.request_id))
        .bind(code)
        .bind(i64::from(times))
        .bind(int(head.version))
        .bind(int(head.event_seq))
        .execute(connection)
        .await
        .map(drop)
}

#[async_trait]
impl AuditReader for PgStore {
    async fn audit(&self, handle: &Handle, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let query = sqlx::query(ENTRIES).bind(handle.as_str()).bind(int(after)).bind(i64::from(limit));
        let rows = self.read("db.audit.list", query.fetch_all(self.pool())).await?;
        rows.iter().map(|row| whole_record(row, handle)).collect()
    }

    async fn audit_found(
        &self,
        handle: &Handle,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let text = |wanted: &Option<String>| wanted.as_deref().map(|text| stored(text).into_owned());
        let query = sqlx::query(FOUND)
            .bind(handle.as_str())
            .bind(before.map_or(i64::MAX, int))
            .bind(text(&filter.actor))
            .bind(text(&filter.surface))
            .bind(text(&filter.operation))
            .bind(text(&filter.subject))
            .bind(text(&filter.request_id))
            .bind(filter.refused)
            .bind(filter.from.map(Timestamp::micros))
            .bind(filter.until.map(Timestamp::micros))
            .bind(i64::from(limit));
        let rows = self.read("db.audit.find", query.fetch_all(self.pool())).await?;
        rows.iter().map(|row| whole_record(row, handle)).collect()
    }

    async fn audit_head(&self, handle: &Handle) -> Result<Option<(u64, AuditHash)>, StoreError> {
        let query =
            sqlx::query("SELECT audit_seq, audit_hash FROM heads WHERE handle = $1 AND audit_seq <> 0");
        let query = query.bind(handle.as_str());
        let row = self.read("db.audit.head", query.fetch_optional(self.pool())).await?;
        row.map(|row| whole(end(&row), "heads", || handle.to_string())).transpose()
    }

    async fn audited_handles(&self) -> Result<Vec<Handle>, StoreError> {
        let query = sqlx::query("SELECT handle FROM heads WHERE audit_seq <> 0 ORDER BY handle");
        let rows = self.read("db.audit.handles", query.fetch_all(self.pool())).await?;
        rows.iter()
            .map(|row| whole(handle_of(row), "heads", || field(row, "handle").unwrap_or_default()))
            .collect()
    }
}

fn whole_record(row: &PgRow, handle: &Handle) -> Result<AuditRecord, StoreError> {
    let name = || format!("{handle}/{}", field::<i64>(row, "seq").unwrap_or_default());
    whole(record(row, handle), "audit", name)
}

fn record(row: &PgRow, handle: &Handle) -> Result<AuditRecord, Broken> {
    let times = number(row, "refused_times")?;
    let outcome = match field::<Option<String>>(row, "refused_code")? {
        None => AuditOutcome::Done,
        Some(code) => AuditOutcome::Refused { code: original(code), times },
    };
    let entry = AuditEntry {
        handle: handle.clone(),
        at: instant(row, "at")?,
        actor: text(row, "actor")?,
        surface: text(row, "surface")?,
        operation: text(row, "operation")?,
        subject: text(row, "subject")?,
        request_id: text(row, "request_id")?,
        outcome,
    };
    let (prev, hash) = (AuditHash(bytes(row, "prev")?), AuditHash(bytes(row, "hash")?));
    Ok(AuditRecord { seq: count(row, "seq")?, prev, hash, entry })
}

fn end(row: &PgRow) -> Result<(u64, AuditHash), Broken> {
    Ok((count(row, "audit_seq")?, AuditHash(bytes(row, "audit_hash")?)))
}

fn handle_of(row: &PgRow) -> Result<Handle, Broken> {
    Ok(Handle::stored(field(row, "handle")?)?)
}
