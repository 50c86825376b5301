//! `Committer`: everything that an actor changes comes through here, one batch at a time.
//!
//! A batch is applied entirely or not at all. What can be refused half-way (links, access, sessions, connections and
//! mails, where one change may contradict another of the same batch) is written to copies; only when nothing can be refused
//! any more do they take the place of what was there, and the rest is appended. A store over a database has a transaction
//! for this.
//!
//! The order is part of the contract: first whether it is a repeat, then the guards in the order of the batch, then the
//! changes. And it all happens while the state is held: a guard that is judged before the others may write guards
//! nothing.

use std::sync::Arc;

use async_trait::async_trait;
use lp_access::{
    Account, AuditEntry, HandleRecord, HandleWrite, Members, SecretHash, Session, TokenRecord, WriteDay,
};
use lp_core::{Revision, SessionId, Timestamp};
use lp_links::{LinkRevision, LinkState, RevisionAction};
use lp_ports::{
    Batch, Change, CommitError, Committer, ConnectionChange, CountedWrite, Guard, Receipt, StoreError,
};

use crate::access::Access;
use crate::connections::Connections;
use crate::links::Links;
use crate::mail::Mails;
use crate::rules::Rules;
use crate::sessions::{Refresh, Sessions};
use crate::store::State;
use crate::{MemoryStore, audit, events, replies};

/// Copies of what a batch may write to, made at the first write.
struct Draft {
    links: Arc<Links>,
    rules: Arc<Rules>,
    access: Arc<Access>,
    sessions: Arc<Sessions>,
    connections: Arc<Connections>,
    mails: Arc<Mails>,
}

#[async_trait]
impl Committer for MemoryStore {
    async fn commit(&self, batch: Batch) -> Result<Receipt, CommitError> {
        apply(&mut self.state(), &batch)
    }
}

fn apply(state: &mut State, batch: &Batch) -> Result<Receipt, CommitError> {
    let entry = batch.audit();
    // A repeat is a repeat whatever has happened since, so this comes before the guards.
    if let Some(reply) = batch.reply()
        && let Some(stored) = replies::find(&state.replies, &reply.key, entry.at)
    {
        return Err(CommitError::Repeated(stored.clone()));
    }
    if let Some(stale) = batch.guards().iter().find(|guard| !holds(state, guard)) {
        return Err(CommitError::Stale(stale.clone()));
    }
    let handle = &entry.handle;
    let links = state.links.get(handle).cloned().unwrap_or_default();
    let rules = state.rules.get(handle).cloned().unwrap_or_default();
    let (access, sessions) = (Arc::clone(&state.access), Arc::clone(&state.sessions));
    let (connections, mails) = (Arc::clone(&state.connections), Arc::clone(&state.mails));
    let mut draft = Draft { links, rules, access, sessions, connections, mails };
    if let Some(write) = batch.counted() {
        draft.count(&write)?;
    }
    for change in batch.changes() {
        draft.change(entry, change)?;
    }

    // From here on nothing is refused.
    state.access = draft.access;
    let version = state.versions.entry(handle.clone()).or_default();
    if !batch.changes().is_empty() {
        *version += 1;
        state.links.insert(handle.clone(), draft.links);
        state.rules.insert(handle.clone(), draft.rules);
        state.sessions = draft.sessions;
        state.connections = draft.connections;
        state.mails = draft.mails;
        state.log.append(handle, *version, batch.changes());
    }
    for event in batch.events() {
        events::append(state.events.entry(handle.clone()).or_default(), event);
    }
    audit::append(state.audit.entry(handle.clone()).or_default(), entry);
    if let Some(reply) = batch.reply() {
        state.replies.insert(reply.key.clone(), reply.clone());
    }
    Ok(Receipt { version: *version })
}

fn holds(state: &State, guard: &Guard) -> bool {
    match guard {
        Guard::SlugAt { handle, slug, latest } => {
            state.links.get(handle).and_then(|links| links.latest(slug)) == *latest
        }
        Guard::HandleFree(name) => !state.access.names.contains_key(name),
        Guard::HandleAt { handle, revision } => {
            state.access.handles.get(handle).is_some_and(|record| record.revision == *revision)
        }
        Guard::RulesAt { handle, revision } => {
            state.rules.get(handle).map_or(Revision(0), |rules| rules.latest()) == *revision
        }
        Guard::EmailFree(email) => !state.access.accounts.contains_key(email),
        Guard::RefreshUnused(hash) => state.sessions.is_unused(*hash),
        Guard::RefreshFree(hash) => !state.sessions.refresh.contains_key(&hash.0),
        Guard::CredentialUnused(hash) => state.connections.is_unused(*hash),
        Guard::PasswordIs { email, hash } => {
            state.access.accounts.get(email).is_some_and(|account| account.password_hash == *hash)
        }
        Guard::CodeOpen(hash) => state.mails.is_open(*hash),
        Guard::StoreEmpty => state.access.accounts.is_empty(),
    }
}

impl Draft {
    /// Writes one change. One that contradicts what is stored is answered as the guard that would have found it, so that
    /// the caller reads again and decides anew. One that no guard stands for must not come to be: it is corrupt.
    fn change(&mut self, entry: &AuditEntry, change: &Change) -> Result<(), CommitError> {
        match change {
            Change::Link { after, action } => self.link(entry, after, *action),
            Change::Rules(write) => Arc::make_mut(&mut self.rules).write(&entry.handle, write),
            Change::Account(new) => self.account(new),
            Change::Handle(new) => self.handle(new),
            Change::HandleWritten(write) => self.handle_written(entry, write),
            Change::Token(new) => self.token(new),
            Change::TokenRevoked { id, at } => {
                if let Some(token) = Arc::make_mut(&mut self.access).tokens.get_mut(id) {
                    // The first time counts.
                    token.revoked_at.get_or_insert(*at);
                }
                Ok(())
            }
            Change::Terms { account, set } => {
                let accounts = &mut Arc::make_mut(&mut self.access).accounts;
                if let Some(found) = accounts.values_mut().find(|found| found.id == *account) {
                    found.terms = found.terms.clone().with(set.clone());
                }
                Ok(())
            }
            Change::SessionBegun { session, refresh } => self.begin(session, *refresh),
            Change::SessionRenewed { id, used, next, at, expires_at } => {
                self.renew(*id, *used, *next, *at, *expires_at)
            }
            Change::SessionEnded { id, at } => {
                if let Some(session) = Arc::make_mut(&mut self.sessions).begun.get_mut(id) {
                    session.ended_at.get_or_insert(*at);
                }
                Ok(())
            }
            Change::SessionsEnded { user, except, at } => {
                let sessions = Arc::make_mut(&mut self.sessions).begun.values_mut();
                let ended = sessions.filter(|session| session.user == *user && Some(session.id) != *except);
                ended.for_each(|session| _ = session.ended_at.get_or_insert(*at));
                Ok(())
            }
            Change::PasswordSet { user, hash } => {
                let accounts = Arc::make_mut(&mut self.access).accounts.values_mut();
                let own = accounts.filter(|account| account.id == *user);
                own.for_each(|account| account.password_hash.clone_from(hash));
                Ok(())
            }
            Change::Connection(about) => self.connection(entry, about),
            Change::Mail(about) => Arc::make_mut(&mut self.mails).change(about),
        }
    }

    /// Counts a write, where there is room for it. Here the domain's own rules judge; a store over a database says them once
    /// more in its own language, in the statement that counts.
    fn count(&mut self, write: &CountedWrite) -> Result<(), CommitError> {
        if !self.access.has_user(write.account) {
            return Err(corrupt("write_days", write.account.to_string()));
        }
        let written = self.access.written.get(&write.account).copied();
        let today = WriteDay::counted_on(written, write.day);
        if !today.has_room(write.most) {
            return Err(CommitError::Spent(today));
        }
        Arc::make_mut(&mut self.access).written.insert(write.account, today.and_one());
        Ok(())
    }

    /// Every state of a link is a revision of its slug, its deletion too; a live one stands for the slug besides.
    fn link(
        &mut self,
        entry: &AuditEntry,
        after: &LinkState,
        action: RevisionAction,
    ) -> Result<(), CommitError> {
        let (LinkState::Live(link) | LinkState::Deleted(link)) = after;
        let parts = link.parts();
        if parts.handle != entry.handle {
            return Err(corrupt("links", format!("{}/{}", parts.handle, parts.slug)));
        }
        let slug = parts.slug.key();
        if self.links.latest(&slug).is_some_and(|latest| latest >= parts.revision) {
            let latest = (parts.revision > Revision::FIRST).then(|| Revision(parts.revision.0 - 1));
            return Err(CommitError::Stale(Guard::SlugAt { handle: parts.handle.clone(), slug, latest }));
        }
        let links = Arc::make_mut(&mut self.links);
        match after {
            LinkState::Live(_) => links.live.insert(slug.clone(), link.clone()),
            LinkState::Deleted(_) => links.live.remove(&slug),
        };
        let revision = LinkRevision { action, at: entry.at, actor: entry.actor.clone(), link: link.clone() };
        links.revisions.entry(slug).or_default().push(revision);
        Ok(())
    }

    fn account(&mut self, new: &Account) -> Result<(), CommitError> {
        if self.access.accounts.contains_key(&new.email) || self.access.has_user(new.id) {
            return Err(CommitError::Stale(Guard::EmailFree(new.email.clone())));
        }
        Arc::make_mut(&mut self.access).accounts.insert(new.email.clone(), new.clone());
        Ok(())
    }

    fn handle(&mut self, new: &HandleRecord) -> Result<(), CommitError> {
        if self.access.names.contains_key(&new.handle) {
            return Err(CommitError::Stale(Guard::HandleFree(new.handle.clone())));
        }
        if !self.access.has_user(new.owner) {
            return Err(corrupt("handles", new.handle.to_string()));
        }
        let access = Arc::make_mut(&mut self.access);
        access.names.insert(new.handle.clone(), new.handle.clone());
        access.handles.insert(new.handle.clone(), new.clone());
        access.members.insert(new.handle.clone(), Members::of(new.owner));
        Ok(())
    }

    /// A handle as it is from now on, on the revision before. A name is its own for ever, once it was had.
    fn handle_written(&mut self, entry: &AuditEntry, write: &HandleWrite) -> Result<(), CommitError> {
        let HandleWrite { record, members, profile } = write;
        let key = &record.handle;
        if *key != entry.handle {
            return Err(corrupt("handles", key.to_string()));
        }
        if self.access.handles.get(key).is_none_or(|known| known.revision != write.before()) {
            let (handle, revision) = (key.clone(), write.before());
            return Err(CommitError::Stale(Guard::HandleAt { handle, revision }));
        }
        let taken = |name: &&lp_core::Handle| self.access.names.get(*name).is_some_and(|owner| owner != key);
        if let Some(name) = record.names().find(taken) {
            return Err(CommitError::Stale(Guard::HandleFree(name.clone())));
        }
        let mut known = members.iter().flat_map(Members::all);
        if known.any(|(user, _)| !self.access.has_user(user)) {
            return Err(corrupt("handles", key.to_string()));
        }
        let access = Arc::make_mut(&mut self.access);
        access.names.extend(record.names().map(|name| (name.clone(), key.clone())));
        access.handles.insert(key.clone(), record.clone());
        if let Some(members) = members {
            access.members.insert(key.clone(), members.clone());
        }
        if let Some(profile) = profile {
            access.profiles.insert(key.clone(), profile.clone());
        }
        Ok(())
    }

    fn token(&mut self, new: &TokenRecord) -> Result<(), CommitError> {
        let known = self.access.handles.contains_key(&new.handle) && self.access.has_user(new.owner);
        if !known || self.access.tokens.contains_key(&new.id) {
            return Err(corrupt("tokens", new.id.to_string()));
        }
        Arc::make_mut(&mut self.access).tokens.insert(new.id, new.clone());
        Ok(())
    }

    fn begin(&mut self, new: &Session, refresh: SecretHash) -> Result<(), CommitError> {
        let Sessions { begun, refresh: tokens } = &*self.sessions;
        if begun.contains_key(&new.id) || tokens.contains_key(&refresh.0) {
            return Err(CommitError::Stale(Guard::RefreshFree(refresh)));
        }
        if !self.access.has_user(new.user) {
            return Err(corrupt("sessions", new.id.to_string()));
        }
        let sessions = Arc::make_mut(&mut self.sessions);
        sessions.begun.insert(new.id, new.clone());
        sessions.refresh.insert(refresh.0, Refresh { session: new.id, used_at: None });
        Ok(())
    }

    /// The token is used once, and for no other session than its own.
    fn renew(
        &mut self,
        id: SessionId,
        used: SecretHash,
        next: SecretHash,
        at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), CommitError> {
        let sessions = Arc::make_mut(&mut self.sessions);
        let known = !sessions.refresh.contains_key(&next.0);
        let token = sessions.refresh.get_mut(&used.0);
        let token = token.filter(|token| known && token.session == id && token.used_at.is_none());
        let (Some(token), Some(session)) = (token, sessions.begun.get_mut(&id)) else {
            return Err(CommitError::Stale(Guard::RefreshUnused(used)));
        };
        token.used_at = Some(at);
        (session.renewed_at, session.expires_at) = (at, expires_at);
        sessions.refresh.insert(next.0, Refresh { session: id, used_at: None });
        Ok(())
    }

    fn connection(&mut self, entry: &AuditEntry, about: &ConnectionChange) -> Result<(), CommitError> {
        if let ConnectionChange::Begun { connection: new, .. } = about
            && !(self.access.handles.contains_key(&new.handle) && self.access.has_user(new.user))
        {
            return Err(corrupt("connections", new.id.to_string()));
        }
        Arc::make_mut(&mut self.connections).change(&entry.handle, about)
    }
}

fn corrupt(table: &'static str, row: String) -> CommitError {
    CommitError::Store(StoreError::Corrupt { table, row })
}
