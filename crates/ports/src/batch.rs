use async_trait::async_trait;
use lp_access::{
    Account, AuditEntry, Email, HandleRecord, HandleWrite, SecretHash, Session, TermsChange, TokenRecord,
    WriteDay,
};
use lp_core::{Day, EventId, Handle, Revision, SessionId, SlugKey, Timestamp, TokenId, UserId};
use lp_links::{LinkState, LinkWrite, RevisionAction};
use lp_personalization::RulesWrite;
use thiserror::Error;

use crate::{Changed, ConnectionChange, Event, EventKind, MailChange, StoreError, StoredReply};

/// One change of the world as an actor wants it: what must still hold, what is written, who is told, who did it, and
/// what a repeat of the call is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a batch changes nothing until it is committed"]
pub struct Batch {
    guards: Vec<Guard>,
    changes: Vec<Change>,
    events: Vec<Event>,
    audit: AuditEntry,
    reply: Option<StoredReply>,
    counted: Option<CountedWrite>,
}

/// That a batch counts against the writes that an account may do a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedWrite {
    /// Whose.
    pub account: UserId,
    /// What day it is for the account.
    pub day: Day,
    /// So many a day; `None`: as many as it likes, and they are counted all the same.
    pub most: Option<u32>,
}

/// What must hold at the moment of writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// The slug's greatest revision is this (`None`: it was never used).
    SlugAt {
        /// Whose slug.
        handle: Handle,
        /// The slug.
        slug: SlugKey,
        /// Its greatest revision, that of a deletion included.
        latest: Option<Revision>,
    },
    /// Nobody has, or ever had, a handle of this name.
    HandleFree(Handle),
    /// The handle is there, at this revision.
    HandleAt {
        /// Its key.
        handle: Handle,
        /// How often it has been changed.
        revision: Revision,
    },
    /// The handle's rules are at this revision; 0: nothing was ever decided.
    RulesAt {
        /// Its key.
        handle: Handle,
        /// How often they have been changed.
        revision: Revision,
    },
    /// The mailbox has no account.
    EmailFree(Email),
    /// The refresh token is there, and was not used yet.
    RefreshUnused(SecretHash),
    /// No session has this refresh token, used or not.
    RefreshFree(SecretHash),
    /// The code or refresh token of a connection is there, and was not used yet.
    CredentialUnused(SecretHash),
    /// The account of the mailbox has this password hash still.
    PasswordIs {
        /// Whose.
        email: Email,
        /// As it was read.
        hash: String,
    },
    /// The mailed code with this hash is there, and has tries left.
    CodeOpen(SecretHash),
    /// There is no account at all: only one node may prepare an empty store.
    StoreEmpty,
}

/// One thing written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A link as it is from now on, and the revision that says so.
    Link {
        /// Live or deleted.
        after: LinkState,
        /// What made the revision.
        action: RevisionAction,
    },
    /// The rules of the batch's handle as they are from now on. Every item of every revision is kept.
    Rules(Box<RulesWrite>),
    /// A new account.
    Account(Account),
    /// A new handle, called by its key; its owner becomes a member with role owner.
    Handle(HandleRecord),
    /// A handle as it is from now on. Each name that it has is its own for ever.
    HandleWritten(Box<HandleWrite>),
    /// A new token.
    Token(TokenRecord),
    /// A token that opens nothing any more.
    TokenRevoked {
        /// Which.
        id: TokenId,
        /// Since when.
        at: Timestamp,
    },
    /// An account is here on other terms.
    Terms {
        /// Whose.
        account: UserId,
        /// What is set; the rest is kept.
        set: TermsChange,
    },
    /// Somebody signed in.
    SessionBegun {
        /// The new session.
        session: Session,
        /// Its first refresh token.
        refresh: SecretHash,
    },
    /// A session goes on with another refresh token.
    SessionRenewed {
        /// Which.
        id: SessionId,
        /// The token that was shown; from now on it is used.
        used: SecretHash,
        /// The one that follows it.
        next: SecretHash,
        /// When.
        at: Timestamp,
        /// When the session expires now.
        expires_at: Timestamp,
    },
    /// A session is over. Ending it again keeps the first instant.
    SessionEnded {
        /// Which.
        id: SessionId,
        /// Since when.
        at: Timestamp,
    },
    /// All sessions of an account are over that are not yet.
    SessionsEnded {
        /// Whose.
        user: UserId,
        /// This one goes on.
        except: Option<SessionId>,
        /// Since when.
        at: Timestamp,
    },
    /// An account has another password.
    PasswordSet {
        /// Whose.
        user: UserId,
        /// PHC string of the new one.
        hash: String,
    },
    /// Something about what apps may do.
    Connection(ConnectionChange),
    /// Something about mailed codes.
    Mail(MailChange),
}

/// What a commit left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The version of the batch's handle: one more than before for every commit that changed something.
    pub version: u64,
}

/// Why a batch was not applied. Nothing of it was.
#[derive(Debug, Error)]
pub enum CommitError {
    /// The first guard that did not hold, in the order of the batch.
    #[error("the world has changed since it was read")]
    Stale(Guard),
    /// The reply's key was used before; this is what was answered then.
    #[error("this was done before")]
    Repeated(StoredReply),
    /// The account of a counted write may write no more that day; what it has written.
    #[error("the account has written as often as it may that day")]
    Spent(WriteDay),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Applies batches.
///
/// The contract, each line a case of the suite: all or nothing; guards are judged in the same transaction as the
/// writes, the first that fails is returned; the events of a handle get consecutive numbers from 1; every batch
/// appends its audit entry to the handle's hash chain; a batch whose reply key is remembered (and not expired at the
/// entry's instant) commits nothing and returns the remembered reply, before guards are judged; what was committed is
/// seen by the next read, from any connection; of two racing batches guarded on the same revision exactly one wins;
/// a batch with changes raises the handle's version by one and appends to the change log, where each thing it changed
/// is noted once; a batch without changes leaves both. A change that contradicts what is stored is answered as the
/// guard that would have found it, stated or not: a second account of a mailbox as `EmailFree`, a second revision of
/// a number as `SlugAt`, `HandleAt` or `RulesAt`, a name of somebody else as `HandleFree`, a second use of a refresh token as
/// `RefreshUnused`, a session with a token that another one has as `RefreshFree`, a second use of a connection's code or
/// refresh token as `CredentialUnused`, a use or try of a mailed code
/// that is not open as `CodeOpen`. All of a batch belongs to the handle of its
/// audit entry. Revoking a token or ending a session again keeps the first instant. A write that counts is judged behind
/// the guards, by [`WriteDay::counted_on`] and [`WriteDay::has_room`], and counted in the same transaction: of racing ones
/// no more are applied than there is room for, whatever their handles, and one that is refused or repeated is not counted.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Committer: Send + Sync {
    /// Applies the batch entirely or not at all.
    async fn commit(&self, batch: Batch) -> Result<Receipt, CommitError>;
}

impl Change {
    /// What the change log notes of it.
    pub fn noted(&self) -> Changed {
        match self {
            Self::Link { after: LinkState::Live(link) | LinkState::Deleted(link), .. } => {
                Changed::Link(link.parts().slug.key())
            }
            Self::Rules(_) => Changed::Rules,
            Self::Account(_)
            | Self::Handle(_)
            | Self::HandleWritten(_)
            | Self::Token(_)
            | Self::TokenRevoked { .. }
            | Self::Terms { .. }
            | Self::SessionBegun { .. }
            | Self::SessionRenewed { .. }
            | Self::SessionEnded { .. }
            | Self::SessionsEnded { .. }
            | Self::PasswordSet { .. }
            | Self::Connection(_)
            | Self::Mail(_) => Changed::Access,
        }
    }
}

impl Batch {
    /// Begins with who does what: a change without an audit entry cannot be written down.
    pub fn new(audit: AuditEntry) -> Self {
        Self {
            guards: Vec::new(),
            changes: Vec::new(),
            events: Vec::new(),
            audit,
            reply: None,
            counted: None,
        }
    }

    /// Takes a decision about a link whole: guard, change and event. One that decided nothing adds only its guard.
    pub fn link(mut self, write: &LinkWrite, event: EventId) -> Self {
        let parts = write.link().parts();
        let (handle, slug) = (parts.handle.clone(), parts.slug.key());
        self.guards.push(Guard::SlugAt { handle, slug, latest: write.before });
        if let Some(happened) = &write.event {
            self.changes.push(Change::Link { after: write.after.clone(), action: write.action });
            self = self.event(event, EventKind::Link(happened.clone()));
        }
        self
    }

    /// Takes a decision about the rules of the batch's handle whole: guard and change. One that decided nothing adds only
    /// its guard.
    pub fn rules(mut self, write: RulesWrite) -> Self {
        self.guards.push(Guard::RulesAt { handle: self.audit.handle.clone(), revision: write.before });
        if !write.items.is_empty() {
            self.changes.push(Change::Rules(Box::new(write)));
        }
        self
    }

    /// Takes a decision about a handle whole: guard and change.
    pub fn handle(mut self, write: HandleWrite) -> Self {
        let handle = write.record.handle.clone();
        self.guards.push(Guard::HandleAt { handle, revision: write.before() });
        self.changes.push(Change::HandleWritten(Box::new(write)));
        self
    }

    /// Adds something that must hold.
    pub fn guard(mut self, guard: Guard) -> Self {
        self.guards.push(guard);
        self
    }

    /// Adds something to write.
    pub fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Adds something to tell; it happened at the instant of the audit entry.
    pub fn event(mut self, id: EventId, kind: EventKind) -> Self {
        let event = Event {
            id,
            handle: self.audit.handle.clone(),
            at: self.audit.at,
            actor: self.audit.actor.clone(),
            kind,
        };
        self.events.push(event);
        self
    }

    /// Remembers what a repeat of this call is answered.
    pub fn remember(mut self, reply: StoredReply) -> Self {
        self.reply = Some(reply);
        self
    }

    /// Counts the batch as one write, if there is room for it.
    pub fn counting(self, write: CountedWrite) -> Self {
        Self { counted: Some(write), ..self }
    }

    /// What must hold, in order.
    pub fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// What is written, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What is told, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Who does it.
    pub fn audit(&self) -> &AuditEntry {
        &self.audit
    }

    /// What a repeat is answered.
    pub fn reply(&self) -> Option<&StoredReply> {
        self.reply.as_ref()
    }

    /// Against whose writes it counts.
    pub fn counted(&self) -> Option<CountedWrite> {
        self.counted
    }
}
