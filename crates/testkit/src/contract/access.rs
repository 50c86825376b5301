use std::sync::Arc;

use lp_access::TokenRecord;
use lp_core::{Role, Scopes, TokenId};
use lp_ports::{Change, CommitError, Guard};

use crate::fixtures::{account, at, handle, handle_record, household, other_handle, owner, token, uuid};
use crate::{Author, Store};

pub(super) async fn a_fresh_store_has_no_accounts(store: Arc<dyn Store>) {
    assert!(store.is_empty().await.expect("reads"));
    assert_eq!(store.account(&owner().email).await.expect("reads"), None);
    assert_eq!(store.handle(&handle()).await.expect("reads"), None);
    assert_eq!(store.token(TokenId::new(uuid(1))).await.expect("reads"), None);
    assert_eq!(store.tokens(&handle()).await.expect("reads"), []);
    assert_eq!(store.role(owner().id, &handle()).await.expect("reads"), None);
}

pub(super) async fn accounts_and_handles_read_back(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("the store is empty");
    assert!(!store.is_empty().await.expect("reads"));
    assert_eq!(store.account(&owner().email).await.expect("reads"), Some(owner()));
    assert_eq!(store.account(&account(9).email).await.expect("reads"), None);
    assert_eq!(store.handle(&handle()).await.expect("reads"), Some(handle_record()));
    assert_eq!(store.handle(&other_handle()).await.expect("reads"), None);
}

pub(super) async fn the_owner_is_a_member_and_strangers_are_not(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("the store is empty");
    let batch = Author::new(Arc::clone(&store)).batch("signup").change(Change::Account(account(9)));
    store.commit(batch).await.expect("nothing against it");
    assert_eq!(store.role(owner().id, &handle()).await.expect("reads"), Some(Role::Owner));
    assert_eq!(store.role(account(9).id, &handle()).await.expect("reads"), None);
    assert_eq!(store.role(owner().id, &other_handle()).await.expect("reads"), None);
}

pub(super) async fn tokens_read_back_oldest_first(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("the store is empty");
    let author = Author::new(Arc::clone(&store));
    let scopes = Scopes::parse(["links.read", "personalization.*"]).expect("scopes");
    let narrow = TokenRecord { scopes, expires_at: Some(at(500)), created_at: at(20), ..token(5) };
    let none = TokenRecord { scopes: Scopes::default(), created_at: at(10), ..token(7) };
    let twin = TokenRecord { created_at: at(10), ..token(6) };
    for made in [&narrow, &none, &twin] {
        let batch = author.batch("tokens_create").change(Change::Token(made.clone()));
        store.commit(batch).await.expect("nothing against it");
        assert_eq!(store.token(made.id).await.expect("reads").as_ref(), Some(made));
    }
    assert_eq!(store.tokens(&handle()).await.expect("reads"), [twin, none, narrow]);
    assert_eq!(store.tokens(&other_handle()).await.expect("reads"), []);
}

pub(super) async fn a_revoked_token_is_still_read(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("the store is empty");
    let author = Author::new(Arc::clone(&store));
    for number in [5, 6] {
        let batch = author.batch("tokens_create").change(Change::Token(token(number)));
        store.commit(batch).await.expect("nothing against it");
    }
    for at in [at(50), at(60)] {
        let batch = author.batch("tokens_revoke").change(Change::TokenRevoked { id: token(5).id, at });
        store.commit(batch).await.expect("nothing against it");
    }
    let revoked = TokenRecord { revoked_at: Some(at(50)), ..token(5) };
    assert_eq!(
        store.token(token(5).id).await.expect("reads").as_ref(),
        Some(&revoked),
        "since the first time"
    );
    assert_eq!(store.tokens(&handle()).await.expect("reads"), [revoked, token(6)]);
}

pub(super) async fn a_second_store_preparation_is_refused(store: Arc<dyn Store>) {
    let (one, two) = futures_util::future::join(store.commit(household()), store.commit(household())).await;
    let lost = if one.is_ok() { two } else { one };
    assert!(matches!(lost, Err(CommitError::Stale(Guard::StoreEmpty))), "{lost:?}");
    assert_eq!(store.account(&owner().email).await.expect("reads"), Some(owner()));
}
