//! Tokens, permissions and the audit chain.

mod handles;
mod mailbox;
mod pairing;
mod plans;
mod rate;
mod redirects;
mod sessions;

use lp_access::{
    Actor, AuditEntry, AuditHash, AuditOutcome, AuditRecord, Denied, Email, Need, Pat, TokenRefused,
    authorize, chain, mint, verify,
};
use lp_core::{Handle, Role, Scope, Scopes, Timestamp, UserId};
use proptest::prelude::*;
use uuid::Uuid;

const NOW: i64 = 1_767_225_600_000_000;

fn minted() -> lp_access::Minted {
    let handle = Handle::parse("hello").expect("a handle");
    let owner = UserId::new(Uuid::from_u128(1));
    mint(Uuid::from_u128(7), [9; 32], handle, owner, "first", Scopes::all(), Timestamp::from_micros(NOW))
}

#[test]
fn a_minted_token_reads_back_and_opens() {
    let token = minted();
    let sent = Pat::parse(&token.text).expect("its own text");
    assert_eq!(token.record.admit(&sent, Timestamp::from_micros(NOW)), Ok(()));
    assert!(
        !format!("{sent:?} {:?}", token.record).contains(&token.text[33..]),
        "debug output shows no secret"
    );
}

#[test]
fn a_token_with_another_secret_is_unknown_even_when_revoked() {
    let mut token = minted();
    token.record.revoked_at = Some(Timestamp::from_micros(NOW));
    let right = Pat::parse(&token.text).expect("a token");
    let wrong = Pat::parse(&token.text.replace(&token.text[33..], &"0".repeat(52))).expect("a token");
    assert_eq!(token.record.admit(&wrong, Timestamp::from_micros(NOW)), Err(TokenRefused::Unknown));
    assert_eq!(token.record.admit(&right, Timestamp::from_micros(NOW)), Err(TokenRefused::Revoked));
}

#[test]
fn a_token_ends_at_its_expiry() {
    let mut token = minted();
    token.record.expires_at = Some(Timestamp::from_micros(NOW));
    let sent = Pat::parse(&token.text).expect("a token");
    assert_eq!(token.record.admit(&sent, Timestamp::from_micros(NOW - 1_000)), Ok(()));
    assert_eq!(token.record.admit(&sent, Timestamp::from_micros(NOW)), Err(TokenRefused::Expired));
}

#[test]
fn a_member_needs_the_role_and_a_token_the_scope() {
    let need = Need::Member { role: Role::Operator, scope: Scope::WEBHOOKS_WRITE };
    let user = Actor::User { id: UserId::new(Uuid::from_u128(1)), session: None };
    assert_eq!(authorize(&user, need, None), Err(Denied::Stranger));
    assert_eq!(authorize(&user, need, Some(Role::Creator)), Err(Denied::Role(Role::Operator)));
    assert_eq!(authorize(&user, need, Some(Role::Owner)), Ok(()));
    let handle = Handle::parse("hello").expect("a handle");
    let token = |scope| Actor::Token {
        id: minted().record.id,
        handle: handle.clone(),
        scopes: Scopes::parse([scope]).expect("known"),
    };
    assert_eq!(authorize(&token("webhooks.*"), need, None), Ok(()));
    assert_eq!(
        authorize(&token("links.*"), need, Some(Role::Owner)),
        Err(Denied::Scope(Scope::WEBHOOKS_WRITE))
    );
    assert_eq!(authorize(&Actor::Anonymous, need, None), Err(Denied::NoCredential));
    assert_eq!(authorize(&Actor::Anonymous, Need::Public, None), Ok(()));
}

#[test]
fn e_mail_addresses_are_one_per_mailbox() {
    assert_eq!(Email::parse("Owner@Example.com").expect("an address").as_str(), "owner@example.com");
    for bad in ["", "owner", "@x", "x@", "a b@c", "a@b@c", "a@.b"] {
        assert!(Email::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_bounds_of_an_e_mail_address_are_those_of_its_lower_case() {
    // One letter of two bytes becomes two of three.
    let fits = |letters: usize| Email::parse(&format!("{}@example.com", "\u{130}".repeat(letters)));
    assert_eq!(fits(21).expect("63 bytes").as_str().len(), 63 + "@example.com".len());
    assert!(fits(22).is_err(), "66 bytes");
}

fn records(count: u64) -> Vec<AuditRecord> {
    let handle = Handle::parse("hello").expect("a handle");
    let mut prev = AuditHash::START;
    (1..=count)
        .map(|seq| {
            let entry = AuditEntry {
                handle: handle.clone(),
                at: Timestamp::from_micros(NOW + i64::try_from(seq).expect("small") * 1_000),
                actor: "operator".into(),
                surface: "cli".into(),
                operation: "links_upsert".into(),
                subject: format!("slug-{seq}"),
                request_id: String::new(),
                outcome: AuditOutcome::Done,
            };
            let hash = chain(&prev, seq, &entry);
            let record = AuditRecord { seq, prev, hash, entry };
            prev = hash;
            record
        })
        .collect()
}

proptest! {
    #[test]
    fn a_changed_dropped_or_swapped_entry_breaks_the_chain(count in 3u64..12, at in 1usize..10, how in 0..3) {
        let mut list = records(count);
        prop_assert_eq!(verify(None, &list), Ok(()));
        let at = at % (list.len() - 1);
        match how {
            0 => list[at].entry.subject.push('x'),
            1 => { list.remove(at); }
            _ => list.swap(at, at + 1),
        }
        prop_assert_eq!(verify(None, &list).map_err(|broken| broken.seq), Err(at as u64 + 1));
    }

    #[test]
    fn no_text_makes_the_token_parser_panic(text in "\\PC{0,100}") {
        let _ = Pat::parse(&text);
        let _ = Pat::parse(&format!("patv1_{text}"));
    }

    #[test]
    fn an_e_mail_address_that_is_kept_reads_back_as_it_is(local in "\\PC{1,40}", domain in "\\PC{1,40}") {
        if let Ok(email) = Email::parse(&format!("{local}@{domain}")) {
            prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
        }
    }
}
