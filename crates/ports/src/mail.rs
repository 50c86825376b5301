use std::fmt;

use async_trait::async_trait;
use lp_access::{CodePurpose, CodeRecord, Email, Mail, SecretHash};
use lp_core::{MailId, Timestamp};
use thiserror::Error;

use crate::{Source, StoreError};

/// One thing written about mailed codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailChange {
    /// A code, in the place of the one before for the same mailbox and purpose.
    Issued(CodeRecord),
    /// A wrong code was shown in the place of the one with this hash: it has one try less.
    Tried(SecretHash),
    /// The code with this hash was shown: it is gone.
    Used(SecretHash),
    /// A mail to be sent.
    Queued(Mail),
}

/// Reads mailed codes.
#[async_trait]
pub trait CodeReader: Send + Sync {
    /// The code of a mailbox for a purpose, expired and void ones included; `None` where there is none, or it was used.
    async fn code(&self, purpose: CodePurpose, email: &Email) -> Result<Option<CodeRecord>, StoreError>;

    /// Drops codes, and mails that nobody has sent, that expired before this instant; says how many codes.
    async fn forget_codes(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// What waits to be sent. Nodes share it.
///
/// Contract: of racing claims each mail is given to one. Whoever claimed it has it until the instant that was said; where
/// it is neither done nor put off by then, it is due again. So each is sent at least once, and mostly once.
#[async_trait]
pub trait MailQueue: Send + Sync {
    /// At most `limit` mails that are due by `now`, those due first before others. Nobody else is given them before
    /// `until`; each has one attempt more.
    async fn claim_mails(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Mail>, StoreError>;

    /// Sent, or given up: the mail is forgotten.
    async fn mail_done(&self, id: MailId) -> Result<(), StoreError>;

    /// To be tried again at this instant, unless somebody has claimed it since: then that one decides.
    async fn mail_later(&self, mail: &Mail, at: Timestamp) -> Result<(), StoreError>;
}

/// A mail as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Of the mail: the same when it is sent again.
    pub id: MailId,
    /// To whom.
    pub to: Email,
    /// One line; never with a secret in it.
    pub subject: String,
    /// Plain text in lines; may hold a code, so it is for nobody but the recipient.
    pub text: String,
}

/// Why a mail was not taken.
#[derive(Debug, Error)]
pub enum MailFault {
    /// It may be taken later: the server is away, or says so.
    #[error("the mail was not taken now")]
    Later(#[source] Source),
    /// It will never be taken.
    #[error("the mail was refused")]
    Never(#[source] Source),
}

/// Hands mails to whoever brings them to mailboxes.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands one over; when this answers, it is kept there.
    async fn send(&self, message: &Message) -> Result<(), MailFault>;

    /// Whether mails would be taken now, without sending one; says where to. Leaves everything as it is.
    async fn check(&self) -> Result<String, MailFault>;
}

/// Shows to whom, nothing of the text.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("to", &self.to).finish_non_exhaustive()
    }
}
