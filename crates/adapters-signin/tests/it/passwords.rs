use std::sync::Arc;

use lp_adapters_signin::BoundedPasswords;
use lp_ports::{Passwords, PasswordsBusy};
use tokio::task::JoinSet;

#[tokio::test]
async fn a_password_matches_its_hash_and_no_other() {
    let passwords = BoundedPasswords::new(1);
    let hash = passwords.hash("correct horse".to_owned(), [3; 16]).await.expect("hashed");
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert_eq!(passwords.matches("correct horse".to_owned(), Some(hash.clone())).await, Ok(true));
    assert_eq!(passwords.matches("Correct horse".to_owned(), Some(hash)).await, Ok(false));
    assert_eq!(passwords.matches("x".to_owned(), Some("no hash".to_owned())).await, Ok(false));
}

#[tokio::test]
async fn nobody_has_the_password_of_nobody() {
    let passwords = BoundedPasswords::new(1);
    for guess in ["", "x"] {
        assert_eq!(passwords.matches(guess.to_owned(), None).await, Ok(false));
    }
}

#[test]
fn what_nobody_is_compared_with_is_a_hash_of_the_same_cost() {
    let dear = lp_access::password::hash("x", &[3; 16]).expect("hashed");
    let source = include_str!("../../src/passwords.rs");
    let nobody = source.split('"').find(|text| text.starts_with("$argon2id")).expect("a hash");
    let cost = |hash: &str| hash.rsplitn(3, '$').nth(2).map(ToOwned::to_owned);
    assert_eq!(cost(nobody), cost(&dear));
    assert_eq!(nobody.len(), dear.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_storm_some_are_told_to_come_again_and_the_rest_are_answered() {
    let passwords = Arc::new(BoundedPasswords::new(1));
    let mut storm = JoinSet::new();
    for _ in 0..50 {
        let passwords = passwords.clone();
        storm.spawn(async move { passwords.matches("guess".to_owned(), None).await });
    }
    let mut busy = 0;
    for attempt in storm.join_all().await {
        match attempt {
            Ok(matches) => assert!(!matches),
            Err(PasswordsBusy) => busy += 1,
        }
    }
    assert!((30..50).contains(&busy), "{busy}");
    assert_eq!(passwords.matches("guess".to_owned(), None).await, Ok(false));
}
