use std::collections::BTreeSet;

use lp_access::AuditHash;
use lp_core::Handle;
use lp_ports::{Batch, Guard};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::commit::Halt;
use crate::rows::{Broken, bytes, count, field, whole};

/// Where the sequences of a handle stand. Kept beside them, so that a batch reads one row instead of four ends, and
/// an audit whose newest entries were cut off no longer fits. Its row is what the writers of a handle take turns by.
pub(crate) struct Head {
    pub(crate) version: u64,
    pub(crate) event_seq: u64,
    pub(crate) audit_seq: u64,
    pub(crate) audit_hash: AuditHash,
}

/// In the order of the handles, so that no two transactions wait for each other; none, where one is missing. Who had to
/// wait gets the row as it is then, and what its next statements read is newer still.
///
/// From here on the transaction is that of one handle: row security refuses it the rows of others.
const LOCK: &str = "SELECT handle, version, event_seq, audit_seq, audit_hash, \
         set_config('link_platform.space', $2, true) FROM heads \
     WHERE handle = ANY($1) \
         AND (SELECT count(*) FROM heads WHERE handle = ANY($1)) = cardinality($1) \
     ORDER BY handle FOR UPDATE";

/// Heads of handles that nobody has written for. Where the batch is not applied they go with it; one that was only
/// looked at keeps a head without an entry, which no reader shows. Added in their order and before any other is locked:
/// who waits here for another that adds the same holds nothing that this one could wait for.
const ADD: &str = "INSERT INTO heads (handle, version, event_seq, audit_seq, audit_hash) \
     SELECT handle, 0, 0, 0, $2 FROM unnest($1::text[]) AS missing (handle) \
     ORDER BY handle COLLATE \"C\" ON CONFLICT (handle) DO NOTHING";

/// Locks the heads of all handles that the batch is about, and reads that of its own.
pub(crate) async fn lock(connection: &mut PgConnection, batch: &Batch) -> Result<Head, Halt> {
    let own = &batch.audit().handle;
    let guarded = batch.guards().iter().filter_map(|guard| match guard {
        Guard::SlugAt { handle, .. } | Guard::HandleAt { handle, .. } | Guard::RulesAt { handle, .. } => {
            Some(handle)
        }
        Guard::HandleFree(_)
        | Guard::EmailFree(_)
        | Guard::RefreshUnused(_)
        | Guard::RefreshFree(_)
        | Guard::CredentialUnused(_)
        | Guard::PasswordIs { .. }
        | Guard::CodeOpen(_)
        | Guard::StoreEmpty => None,
    });
    let handles: BTreeSet<&str> = guarded.chain([own]).map(Handle::as_str).collect();
    let handles: Vec<&str> = handles.into_iter().collect();
    let mut rows = sqlx::query(LOCK).bind(&handles).bind(own.as_str()).fetch_all(&mut *connection).await?;
    if rows.len() < handles.len() {
        let start = &AuditHash::START.0[..];
        sqlx::query(ADD).bind(&handles).bind(start).execute(&mut *connection).await?;
        rows = sqlx::query(LOCK).bind(&handles).bind(own.as_str()).fetch_all(connection).await?;
    }
    let found = rows.iter().find(|row| field::<&str>(row, "handle").is_ok_and(|found| found == own.as_str()));
    let parsed = found.map_or_else(|| Err(Broken::new("it vanished")), head);
    Ok(whole(parsed, "heads", || own.to_string())?)
}

fn head(row: &PgRow) -> Result<Head, Broken> {
    Ok(Head {
        version: count(row, "version")?,
        event_seq: count(row, "event_seq")?,
        audit_seq: count(row, "audit_seq")?,
        audit_hash: AuditHash(bytes(row, "audit_hash")?),
    })
}
