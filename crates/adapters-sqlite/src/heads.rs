use lp_access::AuditHash;
use lp_core::Handle;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::commit::Halt;
use crate::rows::{Broken, bytes, count, whole};
use crate::script::Script;
use crate::store::int;

/// Where the sequences of a handle stand. Kept beside them, so that a batch reads one row instead of four ends, and
/// an audit whose newest entries were cut off no longer fits.
pub(crate) struct Head {
    pub(crate) version: u64,
    pub(crate) event_seq: u64,
    pub(crate) audit_seq: u64,
    pub(crate) audit_hash: AuditHash,
}

const SAVE: &str = "INSERT INTO heads (handle, version, event_seq, audit_seq, audit_hash) VALUES (?1, ?2, ?3, ?4, ?5) \
     ON CONFLICT (handle) DO UPDATE SET version = excluded.version, event_seq = excluded.event_seq, \
     audit_seq = excluded.audit_seq, audit_hash = excluded.audit_hash";

impl Head {
    pub(crate) async fn load(connection: &mut SqliteConnection, handle: &Handle) -> Result<Self, Halt> {
        let query = sqlx::query("SELECT * FROM heads WHERE handle = ?1").bind(handle.as_str());
        match query.fetch_optional(connection).await? {
            Some(row) => Ok(whole(head(&row), "heads", || handle.to_string())?),
            None => Ok(Self { version: 0, event_seq: 0, audit_seq: 0, audit_hash: AuditHash::START }),
        }
    }

    pub(crate) fn save(&self, script: &mut Script, handle: &Handle) {
        script
            .say(SAVE)
            .bind(handle.as_str())
            .bind(int(self.version))
            .bind(int(self.event_seq))
            .bind(int(self.audit_seq))
            .bind(&self.audit_hash.0[..]);
    }
}

fn head(row: &SqliteRow) -> Result<Head, Broken> {
    Ok(Head {
        version: count(row, "version")?,
        event_seq: count(row, "event_seq")?,
        audit_seq: count(row, "audit_seq")?,
        audit_hash: AuditHash(bytes(row, "audit_hash")?),
    })
}
