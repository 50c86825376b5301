use std::fmt;

use lp_core::{ConnectionId, Handle, Scopes, SessionId, TokenId, UserId};

use crate::Audience;

/// Who is behind a call, once the credential has been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody in particular: public operations only.
    Anonymous,
    /// A personal access token: bound to one handle, allowed what its scopes allow.
    Token { id: TokenId, handle: Handle, scopes: Scopes },
    /// An app that somebody let in: bound to one handle, allowed what its scopes and that person's role there both allow.
    Connector { id: ConnectionId, user: UserId, handle: Handle, scopes: Scopes, audience: Audience },
    /// A signed-in account: allowed what its role in the handle allows.
    User {
        id: UserId,
        /// The session in which it is signed in; `None` where a program vouches for it.
        session: Option<SessionId>,
    },
    /// Whoever can open the store itself: the command line on the machine, and the first start.
    Operator,
}

impl Actor {
    /// What sort of actor this is, for logs and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Token { .. } => "token",
            Self::Connector { .. } => "connector",
            Self::User { .. } => "user",
            Self::Operator => "operator",
        }
    }
}

/// A stable name without secrets: what the audit shows, and what limits and idempotency keys are kept by.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token { id, .. } => write!(f, "token:{id}"),
            Self::Connector { id, .. } => write!(f, "connector:{id}"),
            Self::User { id, .. } => write!(f, "user:{id}"),
            Self::Anonymous | Self::Operator => f.write_str(self.kind()),
        }
    }
}
