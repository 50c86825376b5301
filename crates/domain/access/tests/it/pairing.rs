use std::time::Duration;

use lp_access::{AttemptState, DeviceAttempt, Proof, RefreshRecord, Session};
use lp_core::{SessionId, Timestamp, UserId};
use proptest::prelude::*;
use uuid::Uuid;

fn start() -> Timestamp {
    Timestamp::from_micros(1_767_225_600_000_000)
}

fn proof(letter: &str) -> Proof {
    Proof::parse(&letter.repeat(43)).expect("a proof")
}

fn attempt() -> DeviceAttempt {
    DeviceAttempt { challenge: proof("a").challenge(), agent: "desktop".to_owned(), started_at: start() }
}

fn at(seconds: u64) -> Timestamp {
    start().plus(Duration::from_secs(seconds))
}

fn record(session: Session, used_at: Option<Timestamp>) -> RefreshRecord {
    RefreshRecord { session, used_at }
}

#[test]
fn only_the_proof_itself_fits() {
    assert!(attempt().fits(&proof("a")));
    assert!(!attempt().fits(&proof("b")));
    assert!(!attempt().fits(&Proof::parse(&"a".repeat(44)).expect("a proof")));
}

#[test]
fn the_challenge_is_the_one_of_the_standard() {
    // RFC 7636, appendix B.
    let proof = Proof::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").expect("a proof");
    let hex = lp_access::AuditHash(proof.challenge().0).hex();
    assert_eq!(hex, "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3");
}

#[test]
fn a_proof_is_long_enough_and_plain() {
    for bad in ["", &"a".repeat(42), &"a".repeat(129), &format!("{} ", "a".repeat(43)), &"ä".repeat(43)] {
        assert!(Proof::parse(bad).is_err(), "{bad}");
    }
    assert!(Proof::parse(&"a-._~Z09".repeat(16)).is_ok());
    assert!(!format!("{:?}", proof("a")).contains('a'), "debug output shows no secret");
}

#[test]
fn an_attempt_goes_on_until_it_is_answered_and_redeemed_or_too_old() {
    let (id, user) = (SessionId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
    let yes = attempt().approved(id, user, at(60));
    let no = attempt().declined(id, user, at(60));
    assert_eq!((yes.user, yes.agent.as_str(), yes.expires_at), (user, "desktop", at(600)));
    assert!(yes.standing(at(599)).is_ok() && yes.standing(at(600)).is_err(), "nobody else prolongs it");
    assert!(no.standing(at(60)).is_err());
    let ended = Session { ended_at: Some(at(70)), ..yes.clone() };
    for (answer, now, state) in [
        (None, 0, AttemptState::Waiting),
        (None, 599, AttemptState::Waiting),
        (None, 600, AttemptState::Expired),
        (Some(record(yes.clone(), None)), 599, AttemptState::Approved(id)),
        (Some(record(yes.clone(), None)), 600, AttemptState::Expired),
        (Some(record(yes, Some(at(65)))), 66, AttemptState::Redeemed),
        (Some(record(no, None)), 61, AttemptState::Declined),
        (Some(record(ended.clone(), None)), 71, AttemptState::Declined),
        (Some(record(ended, Some(at(65)))), 71, AttemptState::Redeemed),
    ] {
        assert_eq!(attempt().state(answer.as_ref(), at(now)), state, "{answer:?} {now}");
    }
}

proptest! {
    #[test]
    fn no_other_proof_fits(text in "[A-Za-z0-9._~-]{43,128}") {
        let other = Proof::parse(&text).expect("a proof");
        prop_assert_eq!(attempt().fits(&other), text == "a".repeat(43));
    }
}
