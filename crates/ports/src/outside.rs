use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lp_access::TokenRefused;
use lp_core::{Agent, SessionId, Territory, Timestamp, UserId, WebUrl};
use thiserror::Error;
use uuid::Uuid;

use crate::Source;

/// The time.
pub trait Clock: Send + Sync {
    /// The present instant; may jump when the machine's clock is set.
    fn now(&self) -> Timestamp;

    /// Time that only goes on, since some start of the process; for spans and limits.
    fn monotonic(&self) -> Duration;
}

/// Randomness, and ids made of it.
pub trait Ids: Send + Sync {
    /// A UUIDv7: unique, and greater than those made before it on this node.
    fn uuid(&self) -> Uuid;

    /// The same for whoever puts another time in its place: then no clock need be asked.
    fn timeless_uuid(&self) -> Uuid {
        self.uuid()
    }

    /// 256 unguessable bits.
    fn random(&self) -> [u8; 32];
}

/// Knows where addresses are. Asked while a visitor waits: it looks into memory, and keeps nothing of the address.
pub trait Countries: Send + Sync {
    /// The country of an address, and the region where that is known; `None` where neither is.
    fn territory_of(&self, address: IpAddr) -> Option<Territory>;

    /// Another number whenever the answers may be others than before.
    fn edition(&self) -> u64 {
        0
    }

    /// Takes newer data where there are some. Called every minute and when an operator asks for it, on a thread that may
    /// wait.
    fn renew(&self) {}
}

/// Knows what user agents come from. Asked while a visitor waits, and once for each that is not remembered.
pub trait UserAgents: Send + Sync {
    /// What a `User-Agent` says of machine and program. What kind of device it is goes by [`Device::of`], where that
    /// knows; a bot may be told by more than that.
    ///
    /// [`Device::of`]: lp_core::Device::of
    fn agent_of(&self, user_agent: &str) -> Agent;
}

/// What a destination answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// The last status, after at most five redirects were followed.
    Answered(u16),
    /// Nothing usable.
    Failed(ProbeFault),
}

/// Why a destination gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeFault {
    /// It lies in a network, or behind a port, that requests of this installation must not enter.
    Forbidden,
    /// Its name does not resolve.
    Unresolved,
    /// No connection could be made.
    Unreachable,
    /// TLS could not be agreed or its certificate is not trusted.
    Insecure,
    /// It took too long.
    Timeout,
    /// It redirected too often, or to nowhere.
    Redirects,
    /// It broke off or spoke something else than HTTP.
    Broken,
    /// It was not asked: this node makes as many requests as it may already.
    Busy,
}

/// Asks a destination whether it lives.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait HealthProbe: Send + Sync {
    /// One real request, from outside any transaction; answers within 20 seconds.
    async fn probe(&self, url: WebUrl) -> Probe;
}

impl ProbeFault {
    /// A stable word for replies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden_address",
            Self::Unresolved => "unresolved",
            Self::Unreachable => "unreachable",
            Self::Insecure => "tls_failed",
            Self::Timeout => "timeout",
            Self::Redirects => "too_many_redirects",
            Self::Broken => "broken_reply",
            Self::Busy => "busy",
        }
    }
}

/// What an access token of an account says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    /// Who.
    pub user: UserId,
    /// Since which signing in.
    pub session: SessionId,
    /// When it was made.
    pub issued_at: Timestamp,
    /// From then on it opens nothing.
    pub expires_at: Timestamp,
}

/// A key that others check access tokens with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedKey {
    /// What tokens name it by.
    pub id: String,
    /// The Ed25519 public key (RFC 8032).
    pub public: [u8; 32],
}

/// Signs access tokens of accounts, and checks them.
pub trait AccessTokens: Send + Sync {
    /// The token that says this.
    fn issue(&self, claims: &AccessClaims) -> Result<String, Source>;

    /// What a token says, if one of this installation's keys signed it for this use. Everything else is refused as
    /// unknown, whatever is wrong with it.
    fn check(&self, text: &str, now: Timestamp) -> Result<AccessClaims, TokenRefused>;

    /// The keys that tokens may be signed with about now, those of a while ago and of soon included.
    fn published(&self, now: Timestamp) -> Vec<PublishedKey>;
}

/// As many passwords as may be are being hashed or wait for it already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too many passwords are being checked")]
pub struct PasswordsBusy;

/// Hashes passwords beside the threads that answer: each takes tens of milliseconds of a core, so only few at once.
#[async_trait]
pub trait Passwords: Send + Sync {
    /// The hash to keep, as PHC text.
    async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String, PasswordsBusy>;

    /// Whether the password is the one that was hashed. Without a hash it is not, and to find that out takes as long: who
    /// asks cannot learn whether there is an account.
    async fn matches(&self, password: String, hash: Option<String>) -> Result<bool, PasswordsBusy>;
}

/// What signing in takes.
#[derive(Clone)]
pub struct SignIn {
    /// Signs access tokens.
    pub tokens: Arc<dyn AccessTokens>,
    /// Hashes passwords.
    pub passwords: Arc<dyn Passwords>,
}
