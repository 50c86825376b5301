//! The audit chains against what was written.

use std::fmt;

use lp_access::{AuditHash, AuditRecord, Flaw, chain, flaw};
use lp_core::Handle;
use lp_ports::{AuditReader, StoreError};

use crate::Platform;

/// How many entries of a chain are read at a time.
const PAGE: u32 = 1_000;

/// Where a chain ended at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Whose chain.
    pub handle: Handle,
    /// The number of its newest entry.
    pub seq: u64,
    /// The hash of that entry.
    pub hash: AuditHash,
}

/// What of the audit is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditWanted {
    /// The chain of this handle alone; all chains where nothing is said.
    pub handle: Option<Handle>,
    /// Where chains ended before, as it was noted outside of the store: entries up to there must be those of then.
    pub known: Vec<AuditHead>,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFault {
    /// In whose chain.
    pub handle: Handle,
    /// At which entry.
    pub seq: u64,
    /// What.
    pub wrong: AuditWrong,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditWrong {
    /// An entry in its place; what it says of itself now.
    Entry(Flaw, Box<AuditRecord>),
    /// An entry that is none any more: its place holds something that nobody wrote.
    Unreadable,
    /// The chain ends there, and its head, which is kept apart, knows entries up to this one.
    CutOff(u64),
    /// The chain has entries above its head: they were not written by the store.
    Added,
    /// Its hash is another one than was noted.
    NotAsNoted,
}

/// What came of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditChecked {
    /// Chains that were walked.
    pub chains: u64,
    /// Entries that were looked at.
    pub entries: u64,
    /// Faults that were told.
    pub faults: u64,
}

/// Walks audit chains from their first entries and tells everything that is not as it was written. May run beside a
/// platform that goes on writing.
///
/// A chain shows whether entries were changed, swapped, cut out or added. Who can write the whole store can also write a
/// chain anew from some entry on, hashes and head included: that shows only against [heads](audit_heads) noted elsewhere.
pub async fn verify_audit(
    platform: &Platform,
    wanted: &AuditWanted,
    mut tell: impl FnMut(&AuditFault),
) -> Result<AuditChecked, StoreError> {
    platform.store.health.ping().await?;
    let audit = platform.audit();
    let mut chains = audit.audited_handles().await?;
    // A chain that is gone altogether is missed by who noted it.
    chains.extend(wanted.known.iter().map(|head| head.handle.clone()));
    chains.sort();
    chains.dedup();
    chains.retain(|handle| wanted.handle.as_ref().is_none_or(|only| only == handle));
    let mut checked = AuditChecked::default();
    for handle in &chains {
        let known: Vec<_> = wanted.known.iter().filter(|head| head.handle == *handle).collect();
        let mut faults = 0;
        checked.entries += walk(audit, handle, &known, |seq, wrong| {
            faults += 1;
            tell(&AuditFault { handle: handle.clone(), seq, wrong });
        })
        .await?;
        checked.chains += 1;
        checked.faults += faults;
    }
    Ok(checked)
}

/// Where all chains end now, in name order: noted outside of the store, it proves later what was there.
pub async fn audit_heads(platform: &Platform) -> Result<Vec<AuditHead>, StoreError> {
    platform.store.health.ping().await?;
    let audit = platform.audit();
    let mut heads = Vec::new();
    for handle in audit.audited_handles().await? {
        if let Some((seq, hash)) = audit.audit_head(&handle).await? {
            heads.push(AuditHead { handle, seq, hash });
        }
    }
    Ok(heads)
}

/// Walks a chain and holds it against its head, which is kept apart from it. The head is read before and after: entries
/// may be added meanwhile.
async fn walk(
    audit: &dyn AuditReader,
    handle: &Handle,
    known: &[&AuditHead],
    mut tell: impl FnMut(u64, AuditWrong),
) -> Result<u64, StoreError> {
    let head = audit.audit_head(handle).await?;
    let mut met = head.is_none();
    let (mut entries, mut last) = (0, 0);
    let mut before = Before::Start;
    let mut limit = PAGE;
    loop {
        let page = match audit.audit(handle, last, limit).await {
            // Which of them cannot be read shows when they are read one by one.
            Err(StoreError::Corrupt { .. }) if limit > 1 => {
                limit = 1;
                continue;
            }
            Err(StoreError::Corrupt { .. }) => {
                last += 1;
                entries += 1;
                tell(last, AuditWrong::Unreadable);
                (before, limit) = (Before::Unreadable, PAGE);
                continue;
            }
            page => page?,
        };
        if page.is_empty() {
            break;
        }
        for record in page {
            if let Some(flaw) = before.flaw(&record) {
                tell(record.seq, AuditWrong::Entry(flaw, Box::new(record.clone())));
            }
            if known.iter().any(|noted| noted.seq == record.seq && noted.hash != record.hash) {
                tell(record.seq, AuditWrong::NotAsNoted);
            }
            met |= head == Some((record.seq, record.hash));
            (entries, last) = (entries + 1, record.seq);
            before = Before::Entry(Box::new(record));
        }
    }
    let noted = known.iter().map(|noted| noted.seq).max().unwrap_or(0);
    if !met || noted > last {
        tell(last, AuditWrong::CutOff(head.map_or(0, |(seq, _)| seq).max(noted)));
    } else if audit.audit_head(handle).await?.map_or(0, |(seq, _)| seq) < last {
        tell(last, AuditWrong::Added);
    }
    Ok(entries)
}

/// What an entry follows.
enum Before {
    Start,
    Entry(Box<AuditRecord>),
    /// What cannot be read says nothing about those behind it, so they are held against themselves.
    Unreadable,
}

impl Before {
    fn flaw(&self, record: &AuditRecord) -> Option<Flaw> {
        match self {
            Self::Start => flaw(None, record),
            Self::Entry(before) => flaw(Some(before), record),
            Self::Unreadable => {
                (record.hash != chain(&record.prev, record.seq, &record.entry)).then_some(Flaw::Altered)
            }
        }
    }
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { handle, seq, wrong } = self;
        match wrong {
            AuditWrong::Entry(flaw, now) => {
                let entry = &now.entry;
                let (at, actor, operation) = (entry.at, &entry.actor, &entry.operation);
                write!(
                    f,
                    "{handle}: entry {seq}: {flaw}; now it says that {actor} called {operation} at {at}"
                )
            }
            AuditWrong::Unreadable => {
                write!(f, "{handle}: entry {seq}: it is not what was written, and cannot be read")
            }
            AuditWrong::CutOff(head) => {
                write!(
                    f,
                    "{handle}: the audit ends at entry {seq}, or with another one than its head says at entry {head}"
                )
            }
            AuditWrong::Added => {
                write!(f, "{handle}: entry {seq}: it is above the head and was not written by the store")
            }
            AuditWrong::NotAsNoted => {
                write!(f, "{handle}: entry {seq}: its hash is another one than was noted")
            }
        }
    }
}
