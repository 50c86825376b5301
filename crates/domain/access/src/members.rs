use std::collections::BTreeMap;

use lp_core::{Role, UserId};
use thiserror::Error;

/// The members of a handle: exactly one owner, and those it works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    owner: UserId,
    /// Never the owner, and never with its role.
    collaborators: BTreeMap<UserId, Role>,
}

/// Why these cannot be the members of a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MembersFault {
    #[error("a handle has exactly one owner")]
    Owner,
    #[error("a handle has at most {max} collaborators", max = Members::MOST)]
    TooMany,
}

impl Members {
    /// How many collaborators there may be beside the owner.
    pub const MOST: usize = 100;

    /// Those of a new handle.
    pub fn of(owner: UserId) -> Self {
        Self { owner, collaborators: BTreeMap::new() }
    }

    /// Those that a store kept.
    pub fn restore(members: impl IntoIterator<Item = (UserId, Role)>) -> Result<Self, MembersFault> {
        let (owners, others): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|(_, role)| *role == Role::Owner);
        let [(owner, _)] = owners.as_slice() else { return Err(MembersFault::Owner) };
        let whole = Self { owner: *owner, collaborators: others.into_iter().collect() };
        if whole.collaborators.contains_key(owner) { Err(MembersFault::Owner) } else { Ok(whole) }
    }

    pub fn owner(&self) -> UserId {
        self.owner
    }

    /// All but the owner, oldest account first.
    pub fn collaborators(&self) -> impl Iterator<Item = (UserId, Role)> {
        self.collaborators.iter().map(|(user, role)| (*user, *role))
    }

    /// All of them, the owner first.
    pub fn all(&self) -> impl Iterator<Item = (UserId, Role)> {
        [(self.owner, Role::Owner)].into_iter().chain(self.collaborators())
    }

    /// These collaborators in place of those there are. The owner stays the owner, named among them or not.
    pub fn replaced(&self, wanted: impl IntoIterator<Item = (UserId, Role)>) -> Result<Self, MembersFault> {
        let collaborators: BTreeMap<_, _> =
            wanted.into_iter().filter(|(user, _)| *user != self.owner).collect();
        if collaborators.values().any(|role| *role == Role::Owner) {
            return Err(MembersFault::Owner);
        }
        Self { owner: self.owner, collaborators }.bounded()
    }

    /// Another owner; who was it becomes an operator, and nobody else changes.
    pub fn transferred(&self, to: UserId) -> Result<Self, MembersFault> {
        if to == self.owner {
            return Ok(self.clone());
        }
        let mut collaborators = self.collaborators.clone();
        collaborators.remove(&to);
        collaborators.insert(self.owner, Role::Operator);
        Self { owner: to, collaborators }.bounded()
    }

    fn bounded(self) -> Result<Self, MembersFault> {
        if self.collaborators.len() > Self::MOST { Err(MembersFault::TooMany) } else { Ok(self) }
    }
}
