//! How passwords are kept: Argon2id with OWASP's parameters (19 MiB, two passes, one lane).

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash};

/// The hash of a password as PHC text. Takes tens of milliseconds of a core: never on a thread that answers visitors.
pub fn hash(password: &str, salt: &[u8; 16]) -> Result<String, password_hash::Error> {
    Ok(Argon2::default().hash_password_with_salt(password.as_bytes(), salt)?.to_string())
}

/// Whether it is the password of this hash. What is no hash matches nothing. Takes as long as [`hash`].
pub fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}
