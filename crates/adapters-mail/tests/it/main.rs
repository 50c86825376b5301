//! Mails handed over.

mod folder;
mod server;
mod smtp;

use lp_access::Email;
use lp_core::MailId;
use lp_ports::Message;

fn message(to: &str) -> Message {
    Message {
        id: MailId::parse("mai_01hf000000000000000000000b").expect("an id"),
        to: Email::parse(to).expect("an address"),
        subject: "Sign in at example.com".to_owned(),
        text: "The code is\n\n    012345\n\n.\nBye\n".to_owned(),
    }
}
