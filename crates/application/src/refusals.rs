//! Refused calls, summed per minute before they reach the audit, so that a flood of them cannot fill the store.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

use lp_access::{AuditEntry, AuditOutcome};
use lp_core::{Handle, Timestamp};

/// More different refusals a minute than this are an attack on the audit itself; the rest is only counted in metrics.
const MOST: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Refusal {
    pub(crate) handle: Handle,
    pub(crate) actor: String,
    pub(crate) surface: String,
    pub(crate) operation: String,
    pub(crate) code: String,
}

#[derive(Debug, Default)]
pub(crate) struct Refusals {
    counts: Mutex<HashMap<Refusal, u32>>,
}

impl Refusals {
    pub(crate) fn add(&self, refusal: Refusal) {
        self.add_times(refusal, 1);
    }

    /// Takes back an entry that could not be written.
    pub(crate) fn put_back(&self, entry: AuditEntry) {
        if let AuditOutcome::Refused { code, times } = entry.outcome {
            let AuditEntry { handle, actor, surface, operation, .. } = entry;
            self.add_times(Refusal { handle, actor, surface, operation, code }, times);
        }
    }

    fn add_times(&self, refusal: Refusal, times: u32) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() < MOST || counts.contains_key(&refusal) {
            let count = counts.entry(refusal).or_insert(0);
            *count = count.saturating_add(times);
        }
    }

    /// What came together since the last time, as entries of the audit.
    pub(crate) fn take(&self, at: Timestamp) -> Vec<AuditEntry> {
        let counts = mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        let mut entries: Vec<_> = counts
            .into_iter()
            .map(|(refusal, times)| AuditEntry {
                handle: refusal.handle,
                at,
                actor: refusal.actor,
                surface: refusal.surface,
                operation: refusal.operation,
                subject: String::new(),
                request_id: String::new(),
                outcome: AuditOutcome::Refused { code: refusal.code, times },
            })
            .collect();
        entries.sort_by(|a, b| (&a.handle, &a.actor, &a.operation).cmp(&(&b.handle, &b.actor, &b.operation)));
        entries
    }
}
