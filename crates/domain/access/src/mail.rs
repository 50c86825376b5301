use std::fmt;
use std::time::Duration;

use lp_core::{MailId, Timestamp};

use crate::{CodePurpose, CodeRecord, Email};

/// What a mail says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// A code, and what it is good for.
    Code(CodePurpose),
    /// Somebody tried to sign up with a mailbox that has an account.
    HasAccount,
    /// The password was changed.
    PasswordChanged,
    /// Nothing: it is sent to nobody. Asking for a mail to an unknown mailbox costs as much as to a known one.
    Decoy,
}

/// A mail that waits to be sent. Its text is made when it is: what is stored tells nobody a code.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    pub id: MailId,
    pub to: Email,
    pub kind: MailKind,
    /// What its code is derived from.
    pub seed: [u8; 32],
    /// When it is tried next.
    pub due_at: Timestamp,
    /// From then on it says nothing of use.
    pub expires_at: Timestamp,
    /// How often it was taken to be sent.
    pub attempts: u32,
}

impl MailKind {
    pub const ALL: [Self; 6] = [
        Self::Code(CodePurpose::SignUp),
        Self::Code(CodePurpose::Reset),
        Self::Code(CodePurpose::SignIn),
        Self::HasAccount,
        Self::PasswordChanged,
        Self::Decoy,
    ];

    /// The stable word that stores and logs know it by.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code(purpose) => purpose.as_str(),
            Self::HasAccount => "has-account",
            Self::PasswordChanged => "password-changed",
            Self::Decoy => "decoy",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    fn life(self) -> Duration {
        match self {
            Self::Code(_) | Self::HasAccount | Self::Decoy => CodeRecord::LIFE,
            // Whose password somebody else has set should learn of it, be it late.
            Self::PasswordChanged => Duration::from_hours(24),
        }
    }
}

impl Mail {
    /// A new one, due at once.
    pub fn new(id: MailId, to: Email, kind: MailKind, seed: [u8; 32], at: Timestamp) -> Self {
        Self { id, to, kind, seed, due_at: at, expires_at: at.plus(kind.life()), attempts: 0 }
    }

    /// When one that could not be sent now is tried again; `None` where it would come too late.
    pub fn again_at(&self, now: Timestamp) -> Option<Timestamp> {
        let pause = FIRST_PAUSE * 2_u32.saturating_pow(self.attempts.saturating_sub(1).min(10));
        Some(now.plus(pause.min(LONGEST_PAUSE))).filter(|at| *at < self.expires_at)
    }
}

/// After the first failure; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// Shows nothing that leads to a code.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("id", &self.id)
            .field("to", &self.to)
            .field("kind", &self.kind)
            .field("due_at", &self.due_at)
            .field("expires_at", &self.expires_at)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
