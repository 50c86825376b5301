use std::time::Duration;

use async_trait::async_trait;
use lp_core::{Timestamp, WebUrl};
use uuid::Uuid;

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

    /// 256 unguessable bits.
    fn random(&self) -> [u8; 32];
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
