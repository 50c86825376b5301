use async_trait::async_trait;
use lp_access::{AuditEntry, AuditFilter, AuditHash, AuditOutcome, AuditRecord, chain};
use lp_core::{Handle, Timestamp};
use lp_ports::{AuditReader, StoreError};
use sqlx::sqlite::SqliteRow;

use crate::heads::Head;
use crate::rows::{Broken, bytes, count, field, instant, whole};
use crate::script::Script;
use crate::store::{SqliteStore, int, read};

const APPEND: &str = "INSERT INTO audit (handle, seq, prev, hash, at, actor, surface, operation, subject, request_id, \
     refused_code, refused_times) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

/// From the newest end of the chain's own tree: a filter that matches little walks far, and no write pays for an index.
const FOUND: &str = "SELECT * FROM audit WHERE handle = ?1 AND seq < ?2 \
     AND (?3 IS NULL OR actor = ?3) AND (?4 IS NULL OR surface = ?4) AND (?5 IS NULL OR operation = ?5) \
     AND (?6 IS NULL OR subject = ?6) AND (?7 IS NULL OR request_id = ?7) \
     AND (?8 IS NULL OR (refused_code IS NOT NULL) = ?8) \
     AND (?9 IS NULL OR at >= ?9) AND (?10 IS NULL OR at < ?10) ORDER BY seq DESC LIMIT ?11";

/// Appends the entry to the chain that ends at the head.
pub(crate) fn append(script: &mut Script, head: &mut Head, entry: &AuditEntry) {
    let (seq, prev) = (head.audit_seq + 1, head.audit_hash);
    let hash = chain(&prev, seq, entry);
    let (code, times) = match &entry.outcome {
        AuditOutcome::Done => (None, 0),
        AuditOutcome::Refused { code, times } => (Some(code.as_str()), *times),
    };
    script
        .say(APPEND)
        .bind(entry.handle.as_str())
        .bind(int(seq))
        .bind(&prev.0[..])
        .bind(&hash.0[..])
        .bind(entry.at.micros())
        .bind(&entry.actor)
        .bind(&entry.surface)
        .bind(&entry.operation)
        .bind(&entry.subject)
        .bind(&entry.request_id)
        .bind(code)
        .bind(times);
    (head.audit_seq, head.audit_hash) = (seq, hash);
}

#[async_trait]
impl AuditReader for SqliteStore {
    async fn audit(&self, handle: &Handle, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let query = sqlx::query("SELECT * FROM audit WHERE handle = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3")
            .bind(handle.as_str())
            .bind(int(after))
            .bind(limit);
        let rows = read("db.audit.list", query.fetch_all(&self.reads)).await?;
        rows.iter().map(|row| whole_record(row, handle)).collect()
    }

    async fn audit_found(
        &self,
        handle: &Handle,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let query = sqlx::query(FOUND)
            .bind(handle.as_str())
            .bind(before.map_or(i64::MAX, int))
            .bind(&filter.actor)
            .bind(&filter.surface)
            .bind(&filter.operation)
            .bind(&filter.subject)
            .bind(&filter.request_id)
            .bind(filter.refused)
            .bind(filter.from.map(Timestamp::micros))
            .bind(filter.until.map(Timestamp::micros))
            .bind(limit);
        let rows = read("db.audit.find", query.fetch_all(&self.reads)).await?;
        rows.iter().map(|row| whole_record(row, handle)).collect()
    }

    async fn audit_head(&self, handle: &Handle) -> Result<Option<(u64, AuditHash)>, StoreError> {
        let query = sqlx::query("SELECT audit_seq, audit_hash FROM heads WHERE handle = ?1");
        let query = query.bind(handle.as_str());
        let row = read("db.audit.head", query.fetch_optional(&self.reads)).await?;
        row.map(|row| whole(end(&row), "heads", || handle.to_string())).transpose()
    }

    async fn audited_handles(&self) -> Result<Vec<Handle>, StoreError> {
        let query = sqlx::query("SELECT handle FROM heads ORDER BY handle");
        let rows = read("db.audit.handles", query.fetch_all(&self.reads)).await?;
        rows.iter()
            .map(|row| whole(handle_of(row), "heads", || field(row, "handle").unwrap_or_default()))
            .collect()
    }
}

fn whole_record(row: &SqliteRow, handle: &Handle) -> Result<AuditRecord, StoreError> {
    let name = || format!("{handle}/{}", field::<i64>(row, "seq").unwrap_or_default());
    whole(record(row, handle), "audit", name)
}

fn record(row: &SqliteRow, handle: &Handle) -> Result<AuditRecord, Broken> {
    let times = field::<u32>(row, "refused_times")?;
    let outcome = match field::<Option<String>>(row, "refused_code")? {
        None => AuditOutcome::Done,
        Some(code) => AuditOutcome::Refused { code, times },
    };
    let entry = AuditEntry {
        handle: handle.clone(),
        at: instant(row, "at")?,
        actor: field(row, "actor")?,
        surface: field(row, "surface")?,
        operation: field(row, "operation")?,
        subject: field(row, "subject")?,
        request_id: field(row, "request_id")?,
        outcome,
    };
    let (prev, hash) = (AuditHash(bytes(row, "prev")?), AuditHash(bytes(row, "hash")?));
    Ok(AuditRecord { seq: count(row, "seq")?, prev, hash, entry })
}

fn end(row: &SqliteRow) -> Result<(u64, AuditHash), Broken> {
    Ok((count(row, "audit_seq")?, AuditHash(bytes(row, "audit_hash")?)))
}

fn handle_of(row: &SqliteRow) -> Result<Handle, Broken> {
    Ok(Handle::stored(field(row, "handle")?)?)
}
