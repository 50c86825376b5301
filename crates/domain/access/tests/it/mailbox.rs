//! Codes that are mailed.

use std::time::Duration;

use lp_access::{CodePurpose, CodeRecord, CodeVerdict, Email, Mail, MailCode, MailKind, Secret};
use lp_core::{MailId, Timestamp};
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

const SECRET: [u8; 32] = [7; 32];
const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn email(text: &str) -> Email {
    Email::parse(text).expect("an address")
}

fn record(code: MailCode, purpose: CodePurpose, to: &Email) -> CodeRecord {
    CodeRecord::issue(purpose, to.clone(), code.hash(&SECRET, purpose, to), NOW)
}

proptest! {
    #[test]
    fn every_code_is_six_digits_and_is_read_as_itself(seed in any::<[u8; 32]>()) {
        let to = email("me@example.com");
        let code = MailCode::derive(&SECRET, CodePurpose::Reset, &to, &seed);
        let text = code.to_string();
        prop_assert_eq!(text.len(), 6);
        prop_assert_eq!(MailCode::parse(&text), Ok(code));
        let shown = format!("{code:?}");
        prop_assert!(!shown.contains(&text));
        prop_assert_eq!(record(code, CodePurpose::Reset, &to).judge(code, &Secret::new(SECRET), NOW), CodeVerdict::Right);
    }

    #[test]
    fn what_is_not_six_digits_is_no_code(text in "[0-9 +-]{0,8}") {
        let six = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        prop_assert_eq!(MailCode::parse(&text).is_ok(), six);
    }
}

#[test]
fn a_code_fits_one_mailbox_purpose_and_secret() {
    let (mine, theirs) = (email("me@example.com"), email("you@example.com"));
    let code = MailCode::parse("012345").expect("a code");
    let hash = code.hash(&SECRET, CodePurpose::Reset, &mine);
    assert_ne!(hash, code.hash(&SECRET, CodePurpose::Reset, &theirs));
    assert_ne!(hash, code.hash(&SECRET, CodePurpose::SignIn, &mine));
    assert_ne!(hash, code.hash(&[8; 32], CodePurpose::Reset, &mine));
    assert_ne!(hash, MailCode::parse("012346").expect("a code").hash(&SECRET, CodePurpose::Reset, &mine));
}

#[test]
fn a_code_is_right_until_it_expires_or_was_guessed_at_too_often() {
    let to = email("me@example.com");
    let (code, wrong) =
        (MailCode::parse("012345").expect("a code"), MailCode::parse("543210").expect("a code"));
    let fresh = record(code, CodePurpose::SignIn, &to);
    let last = NOW.plus(CodeRecord::LIFE).minus(Duration::from_millis(1));
    assert_eq!(fresh.judge(code, &Secret::new(SECRET), last), CodeVerdict::Right);
    assert_eq!(fresh.judge(wrong, &Secret::new(SECRET), last), CodeVerdict::Wrong);
    let late = NOW.plus(CodeRecord::LIFE);
    assert_eq!(fresh.judge(code, &Secret::new(SECRET), late), CodeVerdict::Void);
    let spent = CodeRecord { tries_left: 0, ..fresh };
    assert_eq!(spent.judge(code, &Secret::new(SECRET), NOW), CodeVerdict::Void);
}

#[test]
fn words_of_purposes_and_kinds_are_read_as_themselves() {
    for purpose in CodePurpose::ALL {
        assert_eq!(CodePurpose::parse(purpose.as_str()), Some(purpose));
    }
    for kind in MailKind::ALL {
        assert_eq!(MailKind::parse(kind.as_str()), Some(kind));
    }
}

#[test]
fn a_mail_is_tried_again_at_growing_distances_until_it_is_of_no_use() {
    let id = MailId::parse("mai_01hf000000000000000000000b").expect("an id");
    let mut mail = Mail::new(id, email("me@example.com"), MailKind::Code(CodePurpose::Reset), [0; 32], NOW);
    let mut pauses = Vec::new();
    let mut now = NOW;
    mail.attempts = 1;
    while let Some(next) = mail.again_at(now) {
        pauses.push(now.until(next).as_secs());
        (now, mail.attempts) = (next, mail.attempts + 1);
    }
    assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300]);
    assert!(now < mail.expires_at);
    let notice = Mail { attempts: 90, ..Mail::new(id, mail.to, MailKind::PasswordChanged, [0; 32], NOW) };
    assert_eq!(notice.again_at(NOW), Some(NOW.plus(Duration::from_mins(5))));
}

#[test]
fn a_code_of_the_secret_before_is_believed_until_that_is_two_back() {
    let (to, code) = (email("me@example.com"), MailCode::parse("012345").expect("a code"));
    let issued = record(code, CodePurpose::Reset, &to);
    let next = Secret::following(&Secret::new(SECRET), [8; 32]);
    assert_eq!(issued.judge(code, &next, NOW), CodeVerdict::Right);
    assert_eq!(issued.judge(code, &Secret::following(&next, [9; 32]), NOW), CodeVerdict::Wrong);
    assert_eq!(issued.judge(code, &Secret::new([8; 32]), NOW), CodeVerdict::Wrong);
}
