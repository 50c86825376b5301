use lp_core::{Role, Scope, Scopes};
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

/// Whether the actor may, given the role that it has in the handle, or that the person has who let an app in (`None`: not a
/// member; tokens have no role).
pub fn authorize(actor: &Actor, need: Need, membership: Option<Role>) -> Result<(), Denied> {
    let reaches = |role: Role| match membership {
        None => Err(Denied::Stranger),
        Some(held) if held >= role => Ok(()),
        Some(_) => Err(Denied::Role(role)),
    };
    let allows =
        |scopes: &Scopes, scope| if scopes.allow(scope) { Ok(()) } else { Err(Denied::Scope(scope)) };
    match (need, actor) {
        (Need::Public, _)
        | (Need::Account, Actor::User { .. })
        | (Need::Role(_) | Need::Member { .. }, Actor::Operator) => Ok(()),
        (_, Actor::Anonymous) => Err(Denied::NoCredential),
        (Need::Account, Actor::Token { .. } | Actor::Connector { .. } | Actor::Operator)
        | (Need::Role(_), Actor::Token { .. } | Actor::Connector { .. }) => Err(Denied::Kind),
        (Need::Member { scope, .. }, Actor::Token { scopes, .. }) => allows(scopes, scope),
        (Need::Member { role, scope }, Actor::Connector { scopes, .. }) => {
            allows(scopes, scope).and_then(|()| reaches(role))
        }
        (Need::Role(role) | Need::Member { role, .. }, Actor::User { .. }) => reaches(role),
    }
}
