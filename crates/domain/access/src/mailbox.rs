//! Proof that somebody reads a mailbox: a code of six digits that was mailed there.

use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use lp_core::Timestamp;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::{Email, Secret, SecretHash};

const DIGITS: usize = 6;
const CODES: u64 = 1_000_000;

/// What a code is good for, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodePurpose {
    /// Opens a new account.
    SignUp,
    /// Sets a new password.
    Reset,
    /// Signs in without a password.
    SignIn,
}

/// Six digits, as they are mailed and typed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MailCode(u64);

/// Why a text is not a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a code has six digits")]
pub struct MailCodeFault;

/// A code as it is stored: at most one for each mailbox and purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRecord {
    pub purpose: CodePurpose,
    pub email: Email,
    /// Of the code, keyed; of a decoy, which no code fits, random.
    pub hash: SecretHash,
    /// How many more wrong ones are forgiven.
    pub tries_left: u32,
    pub expires_at: Timestamp,
    /// PHC string of the password that a new account begins with.
    pub password_hash: Option<String>,
}

/// What showing a code comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeVerdict {
    Right,
    /// One try less.
    Wrong,
    /// Whatever is shown: it has expired, or was guessed at too often.
    Void,
}

impl CodePurpose {
    pub const ALL: [Self; 3] = [Self::SignUp, Self::Reset, Self::SignIn];

    /// The stable word that stores and hashes know it by.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignUp => "signup",
            Self::Reset => "reset",
            Self::SignIn => "signin",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }
}

impl MailCode {
    /// The code that a mail of this seed tells. Who mails it derives it anew, so it is readable nowhere but in the mail.
    pub fn derive(secret: &[u8; 32], purpose: CodePurpose, email: &Email, seed: &[u8; 32]) -> Self {
        let mac = keyed(secret, b"mail-code", purpose, email, seed);
        let mut number = [0; 8];
        number.copy_from_slice(&mac[..8]);
        // The remainder favours none of a million by more than one in 10^13.
        Self(u64::from_be_bytes(number) % CODES)
    }

    pub fn parse(text: &str) -> Result<Self, MailCodeFault> {
        let written = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| written).map(Self).ok_or(MailCodeFault)
    }

    /// What is stored of it. Without the installation's secret a million guesses at the hash lead nowhere.
    pub fn hash(self, secret: &[u8; 32], purpose: CodePurpose, email: &Email) -> SecretHash {
        SecretHash(keyed(secret, b"mail-code-hash", purpose, email, &self.0.to_be_bytes()))
    }
}

impl CodeRecord {
    /// How long a code is good.
    pub const LIFE: Duration = Duration::from_mins(15);
    /// How many wrong ones void it.
    pub const TRIES: u32 = 5;

    /// A fresh one, in the place of any before it.
    pub fn issue(purpose: CodePurpose, email: Email, hash: SecretHash, at: Timestamp) -> Self {
        let expires_at = at.plus(Self::LIFE);
        Self { purpose, email, hash, tries_left: Self::TRIES, expires_at, password_hash: None }
    }

    /// What showing this code now comes to; compared in constant time.
    pub fn judge(&self, shown: MailCode, secret: &Secret, now: Timestamp) -> CodeVerdict {
        let hash = |secret| shown.hash(secret, self.purpose, &self.email);
        let fits = secret.believed().any(|secret| bool::from(hash(secret).0.ct_eq(&self.hash.0)));
        if self.tries_left == 0 || self.expires_at <= now {
            CodeVerdict::Void
        } else if fits {
            CodeVerdict::Right
        } else {
            CodeVerdict::Wrong
        }
    }
}

/// HMAC-SHA-256 over what it is for, bound to purpose and mailbox; each part with its length, so no two read the same.
fn keyed(secret: &[u8; 32], what: &[u8], purpose: CodePurpose, email: &Email, rest: &[u8]) -> [u8; 32] {
    // A shorter key is filled up with zeros (RFC 2104), so this is the same as the secret itself.
    let mut key = [0; 64];
    key[..32].copy_from_slice(secret);
    let mut mac = Hmac::<Sha256>::new(&key.into());
    for part in [what, purpose.as_str().as_bytes(), email.as_str().as_bytes(), rest] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// As it is mailed: with its leading zeros.
impl fmt::Display for MailCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

/// Shows nothing of it.
impl fmt::Debug for MailCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailCode(…)")
    }
}
