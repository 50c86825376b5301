use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use lp_core::{SessionId, Timestamp, UserId};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::SecretHash;

const PREFIX: &str = "rtv1_";
/// 256 bits in base 32.
const SECRET_LENGTH: usize = 52;

/// Somebody who signed in, from then until the session ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    /// What the person signed in with, as it names itself: at most [`Session::AGENT`] bytes.
    pub agent: String,
    pub created_at: Timestamp,
    /// When it was last renewed.
    pub renewed_at: Timestamp,
    /// Unless it is renewed before, it ends then.
    pub expires_at: Timestamp,
    /// Signed out, revoked, or found stolen.
    pub ended_at: Option<Timestamp>,
}

/// What renews a session: opaque, good for one use. Each use gives the next one.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    secret: Box<str>,
}

/// A refresh token as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshRecord {
    pub session: Session,
    /// When it was used; `None` where it still may be.
    pub used_at: Option<Timestamp>,
}

/// What becomes of a session whose refresh token is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// It goes on with the next token.
    Renew,
    /// The token was used a moment ago and its answer seems lost: it gets the same next token again.
    Repeat,
}

/// Why a session does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SessionRefused {
    #[error("the session is not known")]
    Unknown,
    #[error("the session has expired; sign in again")]
    Expired,
    #[error("the session has ended; sign in again")]
    Ended,
    /// A token came a second time: either of its two users stole it, so the session ends for both (RFC 9700, 4.14.2).
    #[error("the refresh token was used before, so the session was ended; sign in again")]
    Reused,
}

impl Session {
    /// How long a session lives that nobody renews.
    pub const LIFE: Duration = Duration::from_hours(30 * 24);
    /// The longest name of what somebody signs in with, in bytes.
    pub const AGENT: usize = 200;

    /// A new one.
    pub fn begin(id: SessionId, user: UserId, agent: &str, at: Timestamp) -> Self {
        let end = agent.floor_char_boundary(Self::AGENT);
        let agent = agent[..end].to_owned();
        Self {
            id,
            user,
            agent,
            created_at: at,
            renewed_at: at,
            expires_at: at.plus(Self::LIFE),
            ended_at: None,
        }
    }

    /// Whether it goes on.
    pub fn standing(&self, now: Timestamp) -> Result<(), SessionRefused> {
        if self.ended_at.is_some() {
            return Err(SessionRefused::Ended);
        }
        if self.expires_at <= now { Err(SessionRefused::Expired) } else { Ok(()) }
    }
}

impl RefreshRecord {
    /// How long after its use a token is taken for a repeat of the same call rather than for a stolen one: networks lose
    /// answers, and two tabs may renew at once.
    pub const GRACE: Duration = Duration::from_secs(10);

    /// What showing this token does now.
    pub fn judge(&self, now: Timestamp) -> Result<Renewal, SessionRefused> {
        self.session.standing(now)?;
        match self.used_at {
            None => Ok(Renewal::Renew),
            Some(used) if now <= used.plus(Self::GRACE) => Ok(Renewal::Repeat),
            Some(_) => Err(SessionRefused::Reused),
        }
    }
}

impl RefreshToken {
    /// The first one of a session, of 32 random bytes.
    pub fn first(random: [u8; 32]) -> Self {
        Self { secret: lp_core::base32(&random).into() }
    }

    /// A text that is written like one; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        let secret = text.strip_prefix(PREFIX)?;
        let written = secret.len() == SECRET_LENGTH
            && secret.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        written.then(|| Self { secret: secret.into() })
    }

    /// The one that follows it: always the same, so that a repeat of a lost answer needs nothing to be kept readable.
    /// Nobody can tell it from the one before without the installation's secret.
    #[must_use]
    pub fn next(&self, secret: &[u8; 32]) -> Self {
        // An HMAC takes keys of every length.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret) else { return self.clone() };
        let mac = mac.chain_update(b"refresh").chain_update(self.secret.as_bytes()).finalize();
        Self { secret: lp_core::base32(&mac.into_bytes()).into() }
    }

    /// What is stored of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.secret.as_bytes()).into())
    }

    /// As its holder keeps it.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", self.secret)
    }
}

/// Shows nothing of the secret.
impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}
