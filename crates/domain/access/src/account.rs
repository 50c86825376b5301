use std::fmt;

use lp_core::{Timestamp, UserId};
use thiserror::Error;

use crate::Terms;

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: UserId,
    pub email: Email,
    /// PHC string of the password; never shown.
    pub password_hash: String,
    pub created_at: Timestamp,
    pub terms: Terms,
}

/// An e-mail address, lower-cased, so that one mailbox has one account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(Box<str>);

/// Why a text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is not an e-mail address such as owner@example.com")]
pub struct EmailFault;

impl Email {
    /// Accepts what a confirmation mail could reach: one `@`, something on both sides, at most 254 bytes (RFC 5321),
    /// no spaces or control characters. Whether the mailbox exists only a mail can tell.
    pub fn parse(text: &str) -> Result<Self, EmailFault> {
        // Bounds are those of what is kept: some letters are longer in lower case.
        let text = text.to_lowercase();
        let (local, domain) = text.split_once('@').ok_or(EmailFault)?;
        let visible = text.chars().all(|c| !c.is_control() && !c.is_whitespace());
        let well_formed =
            !local.is_empty() && local.len() <= 64 && !domain.is_empty() && !domain.contains('@');
        if visible && well_formed && text.len() <= 254 && !domain.starts_with('.') && !domain.ends_with('.') {
            Ok(Self(text.into()))
        } else {
            Err(EmailFault)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
