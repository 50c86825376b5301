//! Mails on their way out: handed to an SMTP server, or written into a folder for somebody to read.
//!
//! This crate decides how a mail is written and which of a server's answers are worth another try. It does not know what
//! mails say, when they are sent, or how often: the worker and the application decide that.

mod folder;
mod smtp;

pub use folder::OutboxFolder;
pub use smtp::{SmtpMailer, SmtpSettingFault};
