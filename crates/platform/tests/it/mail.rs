//! Mails of a platform within a program that takes them itself.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use link_platform::accounts::{self, ShownCode, SignUp};
use link_platform::adapter::access::password::NewPassword;
use link_platform::adapter::access::{Email, MailCode};
use link_platform::adapter::{MailFault, Mailer, Message};
use link_platform::{Builder, Caller, MailRoute, Platform, StartError};
use tokio::sync::Notify;

#[derive(Default)]
struct Desk {
    taken: Mutex<Vec<Message>>,
    came: Notify,
}

#[async_trait]
impl Mailer for Desk {
    async fn send(&self, message: &Message) -> Result<(), MailFault> {
        self.taken.lock().expect("whole").push(message.clone());
        self.came.notify_one();
        Ok(())
    }

    async fn check(&self) -> Result<String, MailFault> {
        Ok("a desk".to_owned())
    }
}

#[tokio::test]
async fn a_program_takes_mails_itself_and_signs_people_up() {
    let desk = Arc::new(Desk::default());
    let platform = Platform::builder().in_memory().mailer(desk.clone()).build().await.expect("it starts");
    let email = Email::parse("me@example.com").expect("an address");
    let password = NewPassword::parse("battery staple").expect("a password");
    let wanted = SignUp { email: email.clone().into(), password: password.into() };
    let asked = platform.run(&accounts::SIGN_UP, &Caller::operator(), wanted).await.expect("asked");
    assert_eq!(asked.status, "CONFIRMATION_REQUIRED");
    desk.came.notified().await;
    let text = desk.taken.lock().expect("whole")[0].text.clone();
    let code = text.lines().find_map(|line| MailCode::parse(line.trim()).ok()).expect("a code");
    let shown = ShownCode { email: email.into(), code: code.into(), agent: None };
    let signed_in = platform.run(&accounts::CONFIRM_SIGN_UP, &Caller::operator(), shown).await;
    assert_eq!(signed_in.expect("signed in").user.email, "me@example.com");
    platform.stop().await;
}

#[tokio::test]
async fn a_mail_server_that_cannot_be_is_told_before_anything_starts() {
    let route = MailRoute::Smtp { url: "smtp://me:secret@10.0.0.1?tls=none".to_owned(), from: String::new() };
    let refused = Builder::mail(Platform::builder().in_memory(), route).build().await.err();
    let Some(StartError::Invalid(faults)) = refused else { panic!("not refused: {refused:?}") };
    assert!(faults.len() == 1 && !faults[0].contains("secret"), "{faults:?}");
}
