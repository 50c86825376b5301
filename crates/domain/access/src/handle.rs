use std::time::Duration;

use lp_core::{Handle, Revision, Timestamp, UserId};
use thiserror::Error;

use crate::{Members, Profile};

/// A handle and who owns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandleRecord {
    /// Its key: the name it was made with. All that belongs to it is kept under this, whatever it is called later.
    pub handle: Handle,
    /// What it is called now.
    pub name: Handle,
    /// What it was called before, in name order. Nobody else ever gets these names.
    pub former: Vec<FormerName>,
    pub owner: UserId,
    pub created_at: Timestamp,
    /// Rises with every change of it, of its members and of its profile.
    pub revision: Revision,
    pub state: HandleState,
}

/// A name that a handle had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerName {
    pub name: Handle,
    /// Until then it leads on to the handle.
    pub until: Timestamp,
}

/// Whether a handle is there for anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandleState {
    Active,
    /// Its owner gave it up, and may take it back until then.
    Closed {
        until: Timestamp,
    },
    /// All that belonged to it is being taken away.
    Purging,
}

/// What a name is to the handle that has or had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called {
    /// Its name.
    Now,
    /// A name it had a while ago, which leads on.
    Before,
    /// A name it had long ago, which leads nowhere.
    NoMore,
}

/// What becomes of a handle: all of it as it is from now on, and of its members and its profile what changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandleWrite {
    /// Its revision is the one after that on which this was decided.
    pub record: HandleRecord,
    pub members: Option<Members>,
    pub profile: Option<Profile>,
}

/// Why a handle does not become what was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HandleRefused {
    #[error(
        "the handle has {max} former names that still lead to it; the oldest of them has to run out first",
        max = HandleRecord::FORMER
    )]
    TooManyNames,
    #[error("the handle was not given up, or too long ago")]
    NotClosed,
}

impl HandleRecord {
    /// How long a former name leads on.
    pub const LEADS_ON: Duration = Duration::from_hours(90 * 24);
    /// How many former names may lead on at once: each name is taken for ever, so nobody may collect them.
    pub const FORMER: usize = 5;
    /// How long who gave a handle up may take it back.
    pub const GRACE: Duration = Duration::from_hours(30 * 24);

    /// A new one, called by its key.
    pub fn new(handle: Handle, owner: UserId, created_at: Timestamp) -> Self {
        Self {
            name: handle.clone(),
            handle,
            former: Vec::new(),
            owner,
            created_at,
            revision: Revision::FIRST,
            state: HandleState::Active,
        }
    }

    pub fn is_active(&self) -> bool {
        self.state == HandleState::Active
    }

    /// Whether its names say all about it: it has one only, and answers under it.
    pub fn is_plain(&self) -> bool {
        self.is_active() && self.former.is_empty() && self.name == self.handle
    }

    /// When it is gone for good, where it was given up.
    pub fn deletes_at(&self) -> Option<Timestamp> {
        match self.state {
            HandleState::Closed { until } => Some(until),
            HandleState::Active | HandleState::Purging => None,
        }
    }

    /// Every name it has or had.
    pub fn names(&self) -> impl Iterator<Item = &Handle> {
        self.former.iter().map(|former| &former.name).chain([&self.name])
    }

    /// What this name, in lower case, is to it at an instant.
    pub fn called(&self, name: &str, now: Timestamp) -> Called {
        if self.name.as_str() == name {
            return Called::Now;
        }
        let former = self.former.iter().find(|former| former.name.as_str() == name);
        if former.is_some_and(|former| now < former.until) { Called::Before } else { Called::NoMore }
    }

    /// Calls it something else. The name it had leads on for a while; a name it had before may come back.
    pub fn renamed(&self, name: &Handle, at: Timestamp) -> Result<HandleWrite, HandleRefused> {
        let mut former = self.former.clone();
        former.retain(|former| former.name != *name);
        if former.iter().filter(|former| at < former.until).count() >= Self::FORMER {
            return Err(HandleRefused::TooManyNames);
        }
        former.push(FormerName { name: self.name.clone(), until: at.plus(Self::LEADS_ON) });
        former.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self { name: name.clone(), former, ..self.clone() }.next())
    }

    /// Gives it up. Given up again, it goes when it would have gone.
    pub fn closed(&self, at: Timestamp) -> HandleWrite {
        let until = self.deletes_at().unwrap_or(at.plus(Self::GRACE));
        Self { state: HandleState::Closed { until }, ..self.clone() }.next()
    }

    /// Takes it back.
    pub fn restored(&self, at: Timestamp) -> Result<HandleWrite, HandleRefused> {
        match self.state {
            HandleState::Closed { until } if at < until => {
                Ok(Self { state: HandleState::Active, ..self.clone() }.next())
            }
            _ => Err(HandleRefused::NotClosed),
        }
    }

    /// Begins to take away what belonged to it: from then on nobody can take it back.
    pub fn purged(&self, at: Timestamp) -> Result<HandleWrite, HandleRefused> {
        match self.state {
            HandleState::Closed { until } if until <= at => {
                Ok(Self { state: HandleState::Purging, ..self.clone() }.next())
            }
            _ => Err(HandleRefused::NotClosed),
        }
    }

    /// The same with other members, whose owner is its owner.
    pub fn with_members(&self, members: Members) -> HandleWrite {
        let write = Self { owner: members.owner(), ..self.clone() }.next();
        HandleWrite { members: Some(members), ..write }
    }

    /// The same with another profile.
    pub fn with_profile(&self, profile: Profile) -> HandleWrite {
        HandleWrite { profile: Some(profile), ..self.clone().next() }
    }

    fn next(self) -> HandleWrite {
        let record = Self { revision: self.revision.next(), ..self };
        HandleWrite { record, members: None, profile: None }
    }
}

impl HandleWrite {
    /// The revision on which it was decided.
    pub fn before(&self) -> Revision {
        Revision(self.record.revision.0.saturating_sub(1))
    }
}

impl HandleState {
    /// As stores keep it, beside the instant of [`HandleState::Closed`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Closed { .. } => "CLOSED",
            Self::Purging => "PURGING",
        }
    }

    pub fn parse(text: &str, until: Option<Timestamp>) -> Option<Self> {
        match (text, until) {
            ("ACTIVE", None) => Some(Self::Active),
            ("CLOSED", Some(until)) => Some(Self::Closed { until }),
            ("PURGING", None) => Some(Self::Purging),
            _ => None,
        }
    }
}
