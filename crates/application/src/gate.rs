//! The gate: what happens to every call, once, whatever the surface.

mod admit;
mod authenticate;
mod call;
mod caller;
mod credential;
mod held;
mod refused;
mod typed;

use std::net::IpAddr;

use lp_access::Actor;
use serde_json::{Map, Value};

pub use call::Answer;
pub(crate) use call::log;
pub use caller::Caller;
pub(crate) use held::HeldTokens;

/// A call as a front hands it in.
#[derive(Debug, Clone)]
pub struct Request {
    /// The operation's name.
    pub operation: String,
    /// Its arguments; `handle` may be among them.
    pub arguments: Map<String, Value>,
    /// The handle that the host or the path names.
    pub bound: Option<String>,
    /// What the caller shows.
    pub credential: Credential,
    /// Which kinds of it this way in takes.
    pub accepts: Accepts,
    /// The way in.
    pub surface: Surface,
    /// For the log, the audit and the reply.
    pub request_id: String,
    /// The caller's own key for repeats.
    pub idempotency_key: Option<String>,
    /// Whom public operations are limited by.
    pub address: Option<IpAddr>,
}

/// What a caller shows of itself.
#[derive(Clone)]
pub enum Credential {
    /// Nothing.
    None,
    /// A bearer token or API key.
    Bearer(String),
    /// A grant from a signed address.
    Grant(String),
    /// Somebody that the embedding program vouches for.
    Known(Actor),
}

/// Which bearer tokens a way in takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    /// Access tokens of accounts.
    Jwt,
    /// Personal access tokens.
    Pat,
    /// Connector grants, and personal access tokens with `mcp.connect`.
    Connector,
    /// Only grants in the address.
    Signed,
    /// None: the embedding program vouches.
    Trusted,
}

/// Where calls come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Surface {
    /// HTTP under `/v2`.
    Rest,
    /// The pages of sign-in and account.
    Web,
    /// Model context protocol.
    Mcp,
    /// The command line.
    Cli,
    /// A program that embeds the platform.
    Embedded,
}

/// What a call is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The value; the same on every surface.
    pub value: Value,
    /// Whether something was made.
    pub created: bool,
    /// Whether this is the remembered reply of an earlier call.
    pub replayed: bool,
}

impl Surface {
    /// As the audit and the metrics write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Web => "web",
            Self::Mcp => "mcp",
            Self::Cli => "cli",
            Self::Embedded => "embedded",
        }
    }
}

/// Shows what kind, never the secret.
impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bearer(_) => f.write_str("Bearer(…)"),
            Self::Grant(_) => f.write_str("Grant(…)"),
            Self::Known(actor) => write!(f, "Known({actor})"),
        }
    }
}
