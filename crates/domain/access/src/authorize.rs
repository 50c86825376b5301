use lp_core::{Role, Scope};
use thiserror::Error;

use crate::Actor;

/// What an operation demands of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: anybody may.
    Public,
    /// A signed-in account, whatever it may do in which handle.
    Account,
    /// A member of the handle with at least this role. Tokens may not, whatever their scopes.
    Role(Role),
    /// A member of the handle with at least this role, or a token of the handle with this scope.
    Member { role: Role, scope: Scope },
}

/// Why an actor may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Denied {
    #[error("this operation needs a credential")]
    NoCredential,
    /// The credential is good, but of a kind that never opens this.
    #[error("this operation is for signed-in accounts, and the credential is another")]
    Kind,
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
    match (need, actor) {
        (Need::Public, _)
        | (Need::Account, Actor::User { .. })
        | (Need::Role(_) | Need::Member { .. }, Actor::Operator) => Ok(()),
        (_, Actor::Anonymous) => Err(Denied::NoCredential),
        (Need::Account, Actor::Token { .. } | Actor::Operator) | (Need::Role(_), Actor::Token { .. }) => {
            Err(Denied::Kind)
        }
        (Need::Member { scope, .. }, Actor::Token { scopes, .. }) if scopes.allow(scope) => Ok(()),
        (Need::Member { scope, .. }, Actor::Token { .. }) => Err(Denied::Scope(scope)),
        (Need::Role(role) | Need::Member { role, .. }, Actor::User { .. }) => match membership {
            None => Err(Denied::Stranger),
            Some(held) if held >= role => Ok(()),
            Some(_) => Err(Denied::Role(role)),
        },
    }
}
