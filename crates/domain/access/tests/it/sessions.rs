use std::time::Duration;

use lp_access::{RefreshRecord, RefreshToken, Renewal, Session, SessionRefused};
use lp_core::{SessionId, Timestamp, UserId};
use proptest::prelude::*;
use uuid::Uuid;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(0).plus(Duration::from_secs(seconds))
}

fn session() -> Session {
    Session::begin(SessionId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)), "laptop", at(0))
}

#[test]
fn a_token_renews_once_repeats_for_a_moment_and_then_is_stolen() {
    let unused = RefreshRecord { session: session(), used_at: None };
    assert_eq!(unused.judge(at(5)), Ok(Renewal::Renew));
    let used = RefreshRecord { used_at: Some(at(100)), ..unused.clone() };
    assert_eq!(used.judge(at(110)), Ok(Renewal::Repeat));
    assert_eq!(used.judge(at(111)), Err(SessionRefused::Reused));
    let ended = Session { ended_at: Some(at(1)), ..session() };
    let over = RefreshRecord { session: ended, ..used };
    assert_eq!(over.judge(at(105)), Err(SessionRefused::Ended), "whatever came of the token");
    let late = at(Session::LIFE.as_secs());
    assert_eq!(unused.judge(late), Err(SessionRefused::Expired));
}

#[test]
fn the_name_of_what_signs_in_is_cut_between_letters() {
    let long = "ä".repeat(Session::AGENT);
    let begun = Session::begin(session().id, session().user, &long, at(0));
    assert_eq!(begun.agent, "ä".repeat(Session::AGENT / 2));
}

proptest! {
    #[test]
    fn a_refresh_token_reads_back_and_is_followed_by_one_other_that_only_the_secret_tells(
        random in any::<[u8; 32]>(), secret in any::<[u8; 32]>(), other in any::<[u8; 32]>(),
    ) {
        let token = RefreshToken::first(random);
        prop_assert_eq!(RefreshToken::parse(&token.text()), Some(token.clone()));
        let next = token.next(&secret);
        prop_assert_eq!(next.text(), token.next(&secret).text());
        prop_assert_eq!(RefreshToken::parse(&next.text()), Some(next.clone()));
        prop_assert_ne!(next.text(), token.text());
        prop_assert!(secret == other || next.text() != token.next(&other).text());
        let shown = format!("{token:?}");
        prop_assert!(!shown.contains(&token.text()[5..]));
    }

    #[test]
    fn no_other_text_is_a_refresh_token(text in ".{0,80}") {
        if let Some(token) = RefreshToken::parse(&text) {
            prop_assert_eq!(token.text(), text);
        }
    }
}
