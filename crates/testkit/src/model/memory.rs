use std::collections::{BTreeMap, HashMap};

use lp_access::{AuditHash, AuditRecord, chain};
use lp_core::{Handle, Revision, SlugKey, Timestamp};
use lp_links::{Link, LinkRevision, LinkState, Position, Slot};
use lp_ports::{Batch, Change, ChangeNote, Changed, Guard, ReplyKey, StoredEvent};

use super::{Observed, Outcome, SLUGS, key_of};

/// What must become of batches about links: an oracle for tests of stores, never a store for tests.
pub(super) struct Memory {
    handle: Handle,
    version: u64,
    live: BTreeMap<SlugKey, Link>,
    history: BTreeMap<SlugKey, Vec<LinkRevision>>,
    replies: HashMap<ReplyKey, (Timestamp, String)>,
    events: Vec<StoredEvent>,
    audit: Vec<AuditRecord>,
    notes: Vec<ChangeNote>,
}

impl Memory {
    pub(super) fn new(handle: Handle) -> Self {
        Self {
            handle,
            version: 0,
            live: BTreeMap::new(),
            history: BTreeMap::new(),
            replies: HashMap::new(),
            events: Vec::new(),
            audit: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn slot(&self, slug: &SlugKey) -> Slot {
        Slot { live: self.live.get(slug).cloned(), latest: self.latest(slug) }
    }

    pub(super) fn revision(&self, slug: &SlugKey, revision: Revision) -> Option<LinkRevision> {
        self.history.get(slug)?.iter().find(|one| one.link.parts().revision == revision).cloned()
    }

    pub(super) fn greatest(&self) -> Option<Position> {
        self.live.values().map(|link| link.parts().position).max()
    }

    pub(super) fn commit(&mut self, batch: &Batch) -> Outcome {
        let entry = batch.audit();
        if let Some(reply) = batch.reply()
            && let Some((_, body)) = self.replies.get(&reply.key).filter(|(end, _)| *end > entry.at)
        {
            return Outcome::Repeated(body.clone());
        }
        if let Some(guard) = batch.guards().iter().find(|guard| !self.holds(guard)) {
            return Outcome::Stale(guard.clone());
        }
        if !batch.changes().is_empty() {
            self.version += 1;
        }
        for change in batch.changes() {
            self.change(batch, change);
        }
        for event in batch.events() {
            let facts = event.kind.facts().into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            self.events.push(StoredEvent {
                seq: self.events.len() as u64 + 1,
                id: event.id,
                name: event.kind.name().to_owned(),
                at: event.at,
                actor: event.actor.clone(),
                facts,
            });
        }
        let seq = self.audit.len() as u64 + 1;
        let prev = self.audit.last().map_or(AuditHash::START, |record| record.hash);
        self.audit.push(AuditRecord { seq, prev, hash: chain(&prev, seq, entry), entry: entry.clone() });
        if let Some(reply) = batch.reply() {
            self.replies.insert(reply.key.clone(), (reply.expires_at, reply.body.clone()));
        }
        Outcome::Done(self.version)
    }

    pub(super) fn observed(&self) -> Observed {
        let mut links: Vec<_> = self.live.values().cloned().collect();
        links.sort_by_key(|link| (link.parts().position, link.parts().id));
        let history =
            |slug: &str| self.history.get(&key_of(slug)).into_iter().flatten().rev().cloned().collect();
        Observed {
            slots: SLUGS.iter().map(|slug| self.slot(&key_of(slug))).collect(),
            revisions: SLUGS.iter().map(|slug| history(slug)).collect(),
            sales: links.iter().filter(|link| link.parts().tags.has("sale")).cloned().collect(),
            count: links.len() as u64,
            greatest: self.greatest(),
            links,
            events: self.events.clone(),
            audit: self.audit.clone(),
            notes: self.notes.clone(),
        }
    }

    fn latest(&self, slug: &SlugKey) -> Option<Revision> {
        self.history.get(slug)?.last().map(|last| last.link.parts().revision)
    }

    fn holds(&self, guard: &Guard) -> bool {
        match guard {
            Guard::SlugAt { slug, latest, .. } => self.latest(slug) == *latest,
            other => panic!("no step makes {other:?}"),
        }
    }

    fn change(&mut self, batch: &Batch, change: &Change) {
        let Change::Link { after, action } = change else { panic!("no step makes {change:?}") };
        let (LinkState::Live(link) | LinkState::Deleted(link)) = after;
        let key = link.parts().slug.key();
        let (at, actor) = (batch.audit().at, batch.audit().actor.clone());
        self.history.entry(key.clone()).or_default().push(LinkRevision {
            action: *action,
            at,
            actor,
            link: link.clone(),
        });
        match after {
            LinkState::Live(_) => self.live.insert(key.clone(), link.clone()),
            LinkState::Deleted(_) => self.live.remove(&key),
        };
        let note =
            ChangeNote { handle: self.handle.clone(), version: self.version, changed: Changed::Link(key) };
        self.notes.push(note);
    }
}
