use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use lp_access::{Secret, TokenRefused};
use lp_adapters_signin::SignedTokens;
use lp_core::{SessionId, Timestamp, UserId};
use lp_ports::{AccessClaims, AccessTokens};
use serde_json::{Value, json};

const ISSUER: &str = "https://ai.example.com";
const HOUR: Duration = Duration::from_hours(1);
const TERM: Duration = Duration::from_hours(30 * 24);

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T12:00:00Z").expect("an instant")
}

fn claims(at: Timestamp) -> AccessClaims {
    AccessClaims {
        user: UserId::parse("usr_01hf000000000000000000000a").expect("an id"),
        session: SessionId::parse("ses_01hf000000000000000000000b").expect("an id"),
        issued_at: at,
        expires_at: at.plus(HOUR),
    }
}

fn tokens() -> SignedTokens {
    SignedTokens::new(Secret::new([7; 32]), ISSUER)
}

fn issued() -> String {
    tokens().issue(&claims(now())).expect("signed")
}

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<_> = token.split('.').collect();
    parts.try_into().expect("three parts")
}

fn json_of(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn part_of(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[test]
fn what_is_issued_is_read_back_until_it_expires() {
    let token = issued();
    assert_eq!(tokens().check(&token, now()), Ok(claims(now())));
    assert_eq!(tokens().check(&token, now().plus(HOUR).minus(Duration::from_secs(1))), Ok(claims(now())));
    assert_eq!(tokens().check(&token, now().plus(HOUR)), Err(TokenRefused::Expired));
}

#[test]
fn a_token_says_who_for_whom_and_of_which_key() {
    let token = issued();
    let [header, body, _] = parts(&token);
    let published = tokens().published(now());
    assert_eq!(json_of(header), json!({ "typ": "at+jwt", "alg": "EdDSA", "kid": published[0].id }));
    let body = json_of(body);
    assert_eq!((&body["iss"], &body["aud"]), (&json!(ISSUER), &json!(ISSUER)));
    assert_eq!(body["sub"], "usr_01hf000000000000000000000a");
    assert_eq!(body["exp"].as_i64().expect("a number") - body["iat"].as_i64().expect("a number"), 3_600);
}

#[test]
fn keys_change_by_themselves_and_those_before_and_after_are_published() {
    let token = issued();
    let later = now().plus(TERM);
    let ids = |at| -> Vec<_> { tokens().published(at).into_iter().map(|key| key.id).collect() };
    assert_ne!(ids(now())[0], ids(later)[0]);
    assert!(ids(now()).contains(&ids(later)[0]), "the next key is known before it signs");
    assert!(ids(later).contains(&ids(now())[0]), "what the last key signed is still good");
    assert!(!ids(later.plus(TERM)).contains(&ids(now())[0]));
    assert_eq!(tokens().check(&token, later), Err(TokenRefused::Expired));
    assert_eq!(tokens().check(&token, later.plus(TERM)), Err(TokenRefused::Unknown));
}

#[test]
fn one_of_another_installation_another_address_or_the_future_is_refused() {
    let foreign = SignedTokens::new(Secret::new([8; 32]), ISSUER).issue(&claims(now())).expect("signed");
    let elsewhere = SignedTokens::new(Secret::new([7; 32]), "https://ai.example.org")
        .issue(&claims(now()))
        .expect("signed");
    let early = tokens().issue(&claims(now().plus(Duration::from_mins(5)))).expect("signed");
    for token in [foreign, elsewhere, early] {
        assert_eq!(tokens().check(&token, now()), Err(TokenRefused::Unknown));
    }
}

#[test]
fn a_token_that_is_damaged_anywhere_is_refused() {
    let token = issued();
    let mut tried = 0;
    for at in 0..token.len() {
        for other in ['A', '_', '.'] {
            let mut damaged: Vec<char> = token.chars().collect();
            if damaged[at] == other {
                continue;
            }
            damaged[at] = other;
            let damaged: String = damaged.into_iter().collect();
            // The last character of a part has bits that no byte is made of; strict readers refuse it all the same.
            assert_eq!(tokens().check(&damaged, now()), Err(TokenRefused::Unknown), "{at}: {damaged}");
            tried += 1;
        }
        assert_eq!(tokens().check(&token[..at], now()), Err(TokenRefused::Unknown));
        tried += 1;
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn what_the_header_asks_for_is_never_done() {
    let token = issued();
    let [header, body, signature] = parts(&token);
    let public = tokens().published(now())[0].public;
    let x = URL_SAFE_NO_PAD.encode(public);
    let with = |change: Value| {
        let mut header = json_of(header);
        header.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        format!("{}.{body}.{signature}", part_of(&header))
    };
    let mut attacks = vec![
        with(json!({ "alg": "none" })),
        with(json!({ "alg": "HS256" })),
        with(json!({ "kid": "../../../../dev/null" })),
        with(json!({ "kid": "' OR 1=1 --" })),
        with(json!({ "kid": null })),
        with(json!({ "jku": "https://evil.example/jwks.json" })),
        with(json!({ "jwk": { "kty": "OKP", "crv": "Ed25519", "x": x } })),
        with(json!({ "typ": "JWT" })),
        with(json!({ "crit": ["exp"] })),
        format!("{}.{body}.", part_of(&json!({ "alg": "none" }))),
        format!("{header}.{body}."),
        format!("{header}.{body}"),
        format!("{header}..{signature}"),
        format!("{token}.{signature}"),
        format!(" {token}"),
        format!("{token}="),
        String::new(),
        ".".repeat(10_000),
    ];
    // The public key taken for a secret, as libraries did that believed the header.
    let body: Value = json_of(body);
    for secret in [public.as_slice(), x.as_bytes(), &[7; 32]] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let mut header = Header::new(algorithm);
            header.typ = Some("at+jwt".to_owned());
            header.kid = Some(tokens().published(now())[0].id.clone());
            attacks.push(encode(&header, &body, &EncodingKey::from_secret(secret)).expect("signed"));
        }
    }
    for attack in attacks {
        assert_eq!(tokens().check(&attack, now()), Err(TokenRefused::Unknown), "{attack}");
    }
}

#[test]
fn what_the_secret_before_signed_is_good_and_the_one_now_signs() {
    let first = Secret::new([7; 32]);
    let second = Secret::following(&first, [8; 32]);
    let old = issued();
    let rotated = SignedTokens::new(second.clone(), ISSUER);
    assert_eq!(rotated.check(&old, now()), Ok(claims(now())));
    let new = rotated.issue(&claims(now())).expect("signed");
    assert_eq!(rotated.check(&new, now()), Ok(claims(now())));
    assert_eq!(
        tokens().check(&new, now()),
        Err(TokenRefused::Unknown),
        "the one before knows nothing of the next"
    );
    let published: Vec<_> = rotated.published(now()).into_iter().map(|key| key.id).collect();
    assert_eq!(published.len(), 6);
    assert!(tokens().published(now()).iter().all(|key| published.contains(&key.id)));
    let twice = SignedTokens::new(Secret::following(&second, [9; 32]), ISSUER);
    assert_eq!(twice.check(&old, now()), Err(TokenRefused::Unknown));
    let leaked = SignedTokens::new(Secret::new([8; 32]), ISSUER);
    assert_eq!(leaked.check(&old, now()), Err(TokenRefused::Unknown));
}
