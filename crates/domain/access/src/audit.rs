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

/// Which entries of a handle are looked for; what is absent does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Exactly this actor.
    pub actor: Option<String>,
    pub surface: Option<String>,
    pub operation: Option<String>,
    /// Exactly what was acted on.
    pub subject: Option<String>,
    pub request_id: Option<String>,
    /// Only what was refused, or only what was done.
    pub refused: Option<bool>,
    /// Not before this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
}

/// What is wrong with an entry in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Flaw {
    #[error("entries before it are missing, or it stands in another's place")]
    Misplaced,
    #[error("it does not follow the entry before it")]
    Unchained,
    #[error("it is not what was written")]
    Altered,
}

/// Where a chain stops being what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the audit chain is broken at entry {seq}: {flaw}")]
pub struct BrokenChain {
    pub seq: u64,
    pub flaw: Flaw,
}

impl AuditFilter {
    /// Whether an entry is among those that are looked for.
    pub fn matches(&self, entry: &AuditEntry) -> bool {
        let is = |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|wanted| wanted == text);
        is(&self.actor, &entry.actor)
            && is(&self.surface, &entry.surface)
            && is(&self.operation, &entry.operation)
            && is(&self.subject, &entry.subject)
            && is(&self.request_id, &entry.request_id)
            && self
                .refused
                .is_none_or(|refused| refused == matches!(entry.outcome, AuditOutcome::Refused { .. }))
            && self.from.is_none_or(|from| entry.at >= from)
            && self.until.is_none_or(|until| entry.at < until)
    }
}

impl AuditHash {
    /// What stands before the first entry of a handle.
    pub const START: Self = Self([0; 32]);

    /// Reads what [`AuditHash::hex`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(hash))
    }

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

/// What is wrong with a record that follows `before` (`None`: that is the handle's first).
///
/// It is held against what its predecessor says of itself, so one altered entry does not make those behind it suspect.
pub fn flaw(before: Option<&AuditRecord>, record: &AuditRecord) -> Option<Flaw> {
    let (seq, prev) = before.map_or((0, AuditHash::START), |record| (record.seq, record.hash));
    if record.seq != seq + 1 {
        return Some(Flaw::Misplaced);
    }
    if record.hash != chain(&record.prev, record.seq, &record.entry) {
        return Some(Flaw::Altered);
    }
    (record.prev != prev).then_some(Flaw::Unchained)
}

/// Checks records in order, the first of them following `before` (`None`: it must be the handle's first); the first that
/// is not right is the answer.
pub fn verify(before: Option<&AuditRecord>, records: &[AuditRecord]) -> Result<(), BrokenChain> {
    let mut before = before;
    for record in records {
        if let Some(flaw) = flaw(before, record) {
            return Err(BrokenChain { seq: before.map_or(1, |before| before.seq + 1), flaw });
        }
        before = Some(record);
    }
    Ok(())
}
