//! A device that is signed in from a browser: it starts an attempt, a person answers, and it proves that it started it
//! (RFC 8628, with the proof of RFC 7636 in place of a client's secret).

use std::fmt;
use std::time::Duration;

use lp_core::{SessionId, Timestamp, UserId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::{RefreshRecord, Session};

/// What a device keeps to itself until it redeems its attempt.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceProof(Box<str>);

/// Why a text is not a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must have 43 to 128 letters, digits and - . _ ~")]
pub struct DeviceProofFault;

/// SHA-256 of a proof: what a device shows when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceChallenge(pub [u8; 32]);

/// A device that wants to be signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAttempt {
    pub challenge: DeviceChallenge,
    /// As the device names itself; `""` where it does not.
    pub agent: String,
    pub started_at: Timestamp,
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptState {
    /// Nobody has answered yet.
    Waiting,
    /// The device may have this session, once.
    Approved(SessionId),
    Declined,
    /// The device has its session.
    Redeemed,
    /// It took too long.
    Expired,
}

impl DeviceProof {
    /// A verifier of RFC 7636, 4.1.
    pub fn parse(text: &str) -> Result<Self, DeviceProofFault> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        let written = plain && (43..=128).contains(&text.len());
        if written { Ok(Self(text.into())) } else { Err(DeviceProofFault) }
    }

    /// As the device sends it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is shown by: `S256` of RFC 7636, 4.2.
    pub fn challenge(&self) -> DeviceChallenge {
        DeviceChallenge(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl DeviceAttempt {
    /// For how long an attempt can be answered and redeemed.
    pub const LIFE: Duration = Duration::from_mins(10);

    /// When it is over, answered or not.
    pub fn expires_at(&self) -> Timestamp {
        self.started_at.plus(Self::LIFE)
    }

    /// Whether this proof is of the device that started; compared in constant time.
    pub fn fits(&self, proof: &DeviceProof) -> bool {
        self.challenge.0.ct_eq(&proof.challenge().0).into()
    }

    /// The session of the account that approves. Unless the device takes it before, it ends with the attempt.
    pub fn approved(&self, id: SessionId, user: UserId, at: Timestamp) -> Session {
        Session { expires_at: self.expires_at(), ..Session::begin(id, user, &self.agent, at) }
    }

    /// That of the account that declines: over before anybody could take it.
    pub fn declined(&self, id: SessionId, user: UserId, at: Timestamp) -> Session {
        Session { ended_at: Some(at), ..self.approved(id, user, at) }
    }

    /// Where it stands, by the session that its answer began.
    pub fn state(&self, answer: Option<&RefreshRecord>, now: Timestamp) -> AttemptState {
        match answer {
            Some(answer) if answer.used_at.is_some() => AttemptState::Redeemed,
            Some(answer) if answer.session.ended_at.is_some() => AttemptState::Declined,
            _ if self.expires_at() <= now => AttemptState::Expired,
            Some(answer) => AttemptState::Approved(answer.session.id),
            None => AttemptState::Waiting,
        }
    }
}

impl AttemptState {
    /// The stable word in replies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Approved(_) => "APPROVED",
            Self::Declined => "DECLINED",
            Self::Redeemed => "SIGNED_IN",
            Self::Expired => "EXPIRED",
        }
    }
}

/// Shows nothing of it.
impl fmt::Debug for DeviceProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceProof(…)")
    }
}
