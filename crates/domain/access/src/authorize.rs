use lp_core::{Role, Scope};
use thiserror::Error;

use crate::Actor;

/// What an operation demands of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: anybody may.
    Public,
    /// A member of the handle with at least this role, or a token of the handle with this scope.
    Member { role: Role, scope: Scope },
}

/// Why an actor may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Denied {
    #[error("this operation needs a credential")]
    NoCredential,
    #[error("the token lacks the scope '{0}'")]
    Scope(Scope),
    #[error("this operation needs the role {0}")]
    Role(Role),
    /// The handle is not the actor's. Told to nobody: outside, such a handle does not exist.
    #[error("the handle does not exist")]
    Stranger,
}

/// Whether the actor may, given the role it has in the handle (`None`: not a member; tokens have no role).
pub fn authorize(actor: &Actor, need: Need, membership: Option<Role>) -> Result<(), Denied> {
    let Need::Member { role, scope } = need else { return Ok(()) };
    match actor {
        Actor::Operator => Ok(()),
        Actor::Anonymous => Err(Denied::NoCredential),
        Actor::Token { scopes, .. } if scopes.allow(scope) => Ok(()),
        Actor::Token { .. } => Err(Denied::Scope(scope)),
        Actor::User { .. } => match membership {
            None => Err(Denied::Stranger),
            Some(held) if held >= role => Ok(()),
            Some(_) => Err(Denied::Role(role)),
        },
    }
}
