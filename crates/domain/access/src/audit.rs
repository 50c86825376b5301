//! The record of who did what, chained so that a changed, swapped or missing entry shows.

use lp_core::{Handle, Timestamp};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// SHA-256 over the previous hash and one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AuditHash(pub [u8; 32]);

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditOutcome {
    Done,
    /// Refused with this code, so many times within one minute: refusals are summed so that a flood of them cannot
    /// fill the store.
    Refused {
        code: String,
        times: u32,
    },
}

/// One thing an actor did or was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    pub handle: Handle,
    pub at: Timestamp,
    /// [`crate::Actor`] as text.
    pub actor: String,
    /// Where the call came in: `rest`, `mcp`, `cli`, `embedded`, `worker`.
    pub surface: String,
    pub operation: String,
    /// What was acted on, as its owner knows it (a slug, an id); empty where the operation says all.
    pub subject: String,
    pub request_id: String,
    pub outcome: AuditOutcome,
}

/// An entry in its place: `seq` counts from 1 per handle without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    pub seq: u64,
    pub prev: AuditHash,
    pub hash: AuditHash,
    pub entry: AuditEntry,
}

/// Where a chain stops being what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the audit chain is broken at entry {seq}")]
pub struct BrokenChain {
    pub seq: u64,
}

impl AuditHash {
    /// What stands before the first entry of a handle.
    pub const START: Self = Self([0; 32]);

    /// 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        use std::fmt::Write;
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// The hash of an entry in its place. Every field goes in with its length, so no two entries read the same.
pub fn chain(prev: &AuditHash, seq: u64, entry: &AuditEntry) -> AuditHash {
    let (outcome, times) = match &entry.outcome {
        AuditOutcome::Done => ("", 0),
        AuditOutcome::Refused { code, times } => (code.as_str(), *times),
    };
    let mut hash = Sha256::new();
    hash.update(prev.0);
    hash.update(seq.to_be_bytes());
    hash.update(entry.at.micros().to_be_bytes());
    hash.update(times.to_be_bytes());
    for text in [
        entry.handle.as_str(),
        &entry.actor,
        &entry.surface,
        &entry.operation,
        &entry.subject,
        &entry.request_id,
        outcome,
    ] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    AuditHash(hash.finalize().into())
}

/// Checks records in order, the first of them following `before` (`None`: it must be the handle's first).
pub fn verify(before: Option<&AuditRecord>, records: &[AuditRecord]) -> Result<(), BrokenChain> {
    let (mut seq, mut prev) = before.map_or((0, AuditHash::START), |record| (record.seq, record.hash));
    for record in records {
        seq += 1;
        if record.seq != seq || record.prev != prev || record.hash != chain(&prev, seq, &record.entry) {
            return Err(BrokenChain { seq });
        }
        prev = record.hash;
    }
    Ok(())
}
