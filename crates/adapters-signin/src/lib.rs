//! What signing in takes: signed access tokens, and password hashing that never stands in the way of visitors.
//!
//! This crate decides how an access token is written and which keys sign it when, and how many passwords are hashed at
//! once. It does not know accounts, sessions, routes or stores: who may sign in the application decides.

mod keys;
mod passwords;
mod tokens;

pub use passwords::BoundedPasswords;
pub use tokens::SignedTokens;
