use lp_adapters_mail::SmtpMailer;
use lp_ports::{MailFault, Mailer};
use tokio::net::TcpListener;

use crate::message;
use crate::server::{Answers, Server, TAKES};

const FROM: &str = "Links <links@example.com>";

fn mailer(url: &str) -> SmtpMailer {
    SmtpMailer::new(url, FROM).expect("good settings")
}

#[tokio::test]
async fn a_mail_reaches_the_server_with_sender_recipient_and_every_line() {
    let server = Server::start(TAKES).await;
    mailer(&server.url()).send(&message("me@example.com")).await.expect("taken");
    let said = server.said();
    for line in [
        "EHLO example.com",
        "MAIL FROM:<links@example.com>",
        "RCPT TO:<me@example.com>",
        "From: Links <links@example.com>",
        "To: me@example.com",
        "Subject: Sign in at example.com",
        "Message-ID: <mai_01hf000000000000000000000b@example.com>",
        "    012345",
        // A line that would end the mail is written with a second dot (RFC 5321, 4.5.2).
        "..",
        "Bye",
    ] {
        assert!(said.iter().any(|heard| heard.starts_with(line)), "{line} in {said:#?}");
    }
}

#[tokio::test]
async fn a_server_that_says_later_is_tried_again_and_one_that_says_never_is_not() {
    let later = Answers { recipient: "451 try again", ..TAKES };
    let full = Answers { data: "452 no room", ..TAKES };
    for answers in [later, full] {
        let server = Server::start(answers).await;
        let refused = mailer(&server.url()).send(&message("me@example.com")).await;
        assert!(matches!(refused, Err(MailFault::Later(_))), "{refused:?}");
    }
    let unknown = Answers { recipient: "550 no such mailbox", ..TAKES };
    let spam = Answers { data: "554 refused", ..TAKES };
    for answers in [unknown, spam] {
        let server = Server::start(answers).await;
        let refused = mailer(&server.url()).send(&message("me@example.com")).await;
        assert!(matches!(refused, Err(MailFault::Never(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("smtp://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let refused = mailer(&url).send(&message("me@example.com")).await;
    assert!(matches!(refused, Err(MailFault::Later(_))), "{refused:?}");
    assert!(mailer(&url).check().await.is_err());
}

#[tokio::test]
async fn tls_that_is_required_is_not_gone_without() {
    let server = Server::start(TAKES).await;
    let url = format!("smtp://me:secret@{}?tls=required", server.address);
    let refused = mailer(&url).send(&message("me@example.com")).await;
    assert!(matches!(refused, Err(MailFault::Later(_))), "the server offers none: {refused:?}");
    assert!(!server.said().iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")));
}

#[tokio::test]
async fn a_check_signs_in_and_sends_nothing() {
    let server = Server::start(TAKES).await;
    let url = format!("smtp://me:secret@{}", server.address);
    let said = mailer(&url).check().await.expect("well");
    assert!(said.contains("links@example.com") && !said.contains("secret"), "{said}");
    assert!(server.said().iter().any(|line| line.starts_with("AUTH PLAIN")), "{:?}", server.said());
    assert!(!server.said().iter().any(|line| line.starts_with("MAIL")));
}

#[tokio::test]
async fn an_address_that_no_server_takes_is_given_up() {
    let server = Server::start(TAKES).await;
    let refused = mailer(&server.url()).send(&message("a,b <c>@example.com".replace(' ', "").as_str())).await;
    assert!(matches!(refused, Err(MailFault::Never(_))), "{refused:?}");
}
