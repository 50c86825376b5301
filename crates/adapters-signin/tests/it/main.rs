//! Access tokens and password hashing, from outside.

mod passwords;
mod tokens;
