use std::sync::Arc;

use lp_access::{HandleRecord, TokenRecord};
use lp_core::{Handle, Role, Scopes, TokenId};
use lp_ports::{Change, CommitError, Guard};

use super::race_once;
use crate::fixtures::{account, at, handle, handle_record, household, other_handle, owner, token, uuid};
use crate::{Author, Store};

pub(super) async fn a_fresh_store_has_no_accounts(store: Arc<dyn Store>) {
    assert!(store.is_empty().await.expect("should answer"), "a fresh store says that it has accounts");
    assert_eq!(store.account(&owner().email).await.expect("should answer"), None);
    assert_eq!(store.handle(&handle()).await.expect("should answer"), None);
    assert_eq!(store.token(TokenId::new(uuid(1))).await.expect("should answer"), None);
    assert_eq!(store.tokens(&handle()).await.expect("should answer"), []);
    assert_eq!(store.role(owner().id, &handle()).await.expect("should answer"), None);
}

pub(super) async fn accounts_and_handles_read_back(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("should be committed: the store is empty");
    assert!(!store.is_empty().await.expect("should answer"), "it says that it has no account");
    assert_eq!(store.account(&owner().email).await.expect("should answer"), Some(owner()));
    assert_eq!(store.account(&account(9).email).await.expect("should answer"), None);
    assert_eq!(store.handle(&handle()).await.expect("should answer"), Some(handle_record()));
    assert_eq!(store.handle(&other_handle()).await.expect("should answer"), None);
}

pub(super) async fn the_owner_is_a_member_and_strangers_are_not(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("should be committed: the store is empty");
    let batch = Author::new(Arc::clone(&store)).batch("signup").change(Change::Account(account(9)));
    store.commit(batch).await.expect("should be committed: nothing is against it");
    assert_eq!(store.role(owner().id, &handle()).await.expect("should answer"), Some(Role::Owner));
    assert_eq!(store.role(account(9).id, &handle()).await.expect("should answer"), None);
    assert_eq!(store.role(owner().id, &other_handle()).await.expect("should answer"), None);
}

pub(super) async fn tokens_read_back_oldest_first(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("should be committed: the store is empty");
    let author = Author::new(Arc::clone(&store));
    let scopes = Scopes::parse(["links.read", "personalization.*"]).expect("scopes");
    let narrow = TokenRecord { scopes, expires_at: Some(at(500)), created_at: at(20), ..token(5) };
    let none = TokenRecord { scopes: Scopes::default(), created_at: at(10), ..token(7) };
    let twin = TokenRecord { created_at: at(10), ..token(6) };
    for made in [&narrow, &none, &twin] {
        let batch = author.batch("tokens_create").change(Change::Token(made.clone()));
        store.commit(batch).await.expect("should be committed: nothing is against it");
        assert_eq!(store.token(made.id).await.expect("should answer").as_ref(), Some(made));
    }
    assert_eq!(store.tokens(&handle()).await.expect("should answer"), [twin, none, narrow]);
    assert_eq!(store.tokens(&other_handle()).await.expect("should answer"), []);
}

pub(super) async fn a_revoked_token_is_still_read(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("should be committed: the store is empty");
    let author = Author::new(Arc::clone(&store));
    for number in [5, 6] {
        let batch = author.batch("tokens_create").change(Change::Token(token(number)));
        store.commit(batch).await.expect("should be committed: nothing is against it");
    }
    for at in [at(50), at(60)] {
        let batch = author.batch("tokens_revoke").change(Change::TokenRevoked { id: token(5).id, at });
        store.commit(batch).await.expect("should be committed: nothing is against it");
    }
    let revoked = TokenRecord { revoked_at: Some(at(50)), ..token(5) };
    assert_eq!(
        store.token(token(5).id).await.expect("should answer").as_ref(),
        Some(&revoked),
        "since the first time"
    );
    assert_eq!(store.tokens(&handle()).await.expect("should answer"), [revoked, token(6)]);
}

pub(super) async fn a_second_store_preparation_is_refused(store: Arc<dyn Store>) {
    let nodes = (0..4).map(|_| {
        let store = Arc::clone(&store);
        async move { store.commit(household()).await }
    });
    let (won, lost): (Vec<_>, Vec<_>) = race_once(nodes).await.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "nodes prepared the same store");
    for lost in lost {
        assert!(matches!(lost, Err(CommitError::Stale(Guard::StoreEmpty))), "{lost:?}");
    }
    assert_eq!(store.account(&owner().email).await.expect("should answer"), Some(owner()));
}

pub(super) async fn an_account_is_found_by_its_id(store: Arc<dyn Store>) {
    assert_eq!(store.account_of(owner().id).await.expect("should answer"), None);
    store.commit(household()).await.expect("should be committed: the store is empty");
    assert_eq!(store.account_of(owner().id).await.expect("should answer"), Some(owner()));
    assert_eq!(store.account_of(account(9).id).await.expect("should answer"), None);
}

pub(super) async fn handles_of_an_account_are_read_by_name(store: Arc<dyn Store>) {
    assert_eq!(store.handles_of(owner().id).await.expect("should answer"), []);
    store.commit(household()).await.expect("should be committed: the store is empty");
    let record = |name: &str, number| {
        HandleRecord::new(Handle::parse(name).expect("a handle"), account(9).id, at(number))
    };
    let made = [record("ab", 1), record("a1", 2), record("zz", 3), record("a-c", 4)];
    let signup = Author::new(Arc::clone(&store)).batch("signup").change(Change::Account(account(9)));
    store.commit(signup).await.expect("should be committed: nothing is against it");
    for record in &made {
        let author = Author::of(Arc::clone(&store), record.handle.clone());
        let batch = author.batch("handles_create").change(Change::Handle(record.clone()));
        store.commit(batch).await.expect("should be committed: nothing is against it");
    }

    let [ab, a1, zz, dashed] = made;
    let theirs = [dashed, a1, ab, zz].map(|record| (record, Role::Owner));
    assert_eq!(store.handles_of(account(9).id).await.expect("should answer"), theirs);
    let mine = [(handle_record(), Role::Owner)];
    assert_eq!(store.handles_of(owner().id).await.expect("should answer"), mine);
    assert_eq!(store.handles_of(account(10).id).await.expect("should answer"), []);
}

pub(super) async fn the_latest_use_of_a_token_is_kept(store: Arc<dyn Store>) {
    store.commit(household()).await.expect("should be committed: the store is empty");
    let author = Author::new(Arc::clone(&store));
    for number in [5, 6] {
        let batch = author.batch("tokens_create").change(Change::Token(token(number)));
        store.commit(batch).await.expect("should be committed: nothing is against it");
    }
    let (five, six, nobody) = (token(5).id, token(6).id, TokenId::new(uuid(99)));
    let before = store.position().await.expect("should answer");
    for uses in
        [vec![(six, at(9)), (nobody, at(9)), (five, at(3))], vec![(five, at(7)), (six, at(8))], vec![]]
    {
        store.note_token_uses(&uses).await.expect("should be noted");
    }
    let last = async |id| store.token(id).await.expect("should answer").and_then(|token| token.last_used_at);
    assert_eq!((last(five).await, last(six).await), (Some(at(7)), Some(at(9))));
    assert_eq!(store.position().await.expect("should answer"), before, "a use is no change");
}
