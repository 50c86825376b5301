//! A device that is signed in from a browser: it starts an attempt, a person answers, and it proves that it started it
//! (RFC 8628, with the proof of RFC 7636 in place of a client's secret).

use std::time::Duration;

use lp_core::{SessionId, Timestamp, UserId};

use crate::{Proof, ProofChallenge, RefreshRecord, Session};

/// A device that wants to be signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAttempt {
    pub challenge: ProofChallenge,
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

impl DeviceAttempt {
    /// For how long an attempt can be answered and redeemed.
    pub const LIFE: Duration = Duration::from_mins(10);

    /// When it is over, answered or not.
    pub fn expires_at(&self) -> Timestamp {
        self.started_at.plus(Self::LIFE)
    }

    /// Whether this proof is of the device that started.
    pub fn fits(&self, proof: &Proof) -> bool {
        self.challenge.fits(proof)
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
