//! How passwords are kept: Argon2id with OWASP's parameters (19 MiB, two passes, one lane).

use std::fmt;

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash};
use thiserror::Error;

/// OWASP's floor for passwords that are the only factor is 8; length is what makes them strong.
const SHORTEST: usize = 8;
/// Argon2 takes more, but nobody types it.
const LONGEST: usize = 1_024;

/// A password that somebody chooses.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPassword(Box<str>);

/// Why a text may not become a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must have {SHORTEST} to {LONGEST} characters")]
pub struct PasswordFault;

impl NewPassword {
    /// Any characters, 8 to 1,024 of them.
    pub fn parse(text: &str) -> Result<Self, PasswordFault> {
        if (SHORTEST..=LONGEST).contains(&text.chars().count()) {
            Ok(Self(text.into()))
        } else {
            Err(PasswordFault)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The hash of a password as PHC text. Takes tens of milliseconds of a core: never on a thread that answers visitors.
pub fn hash(password: &str, salt: &[u8; 16]) -> Result<String, password_hash::Error> {
    Ok(Argon2::default().hash_password_with_salt(password.as_bytes(), salt)?.to_string())
}

/// Whether it is the password of this hash. What is no hash matches nothing. Takes as long as [`hash`].
pub fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Shows nothing of it.
impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}
