//! Tokens, as long as accounts cannot make them themselves.

use std::path::Path;

use lp_access::{AuditEntry, AuditOutcome};
use lp_adapters_sqlite::SqliteStore;
use lp_core::{Handle, Scopes, Timestamp, UserId};
use lp_ports::{AccessReader, Batch, Change, Clock, Committer, Ids};

use crate::{FixedClock, SeededIds};

/// Stores a token of an existing handle with these scopes only, beside a server that may run on the same store; gives
/// its text.
pub async fn mint(database: &Path, handle: &str, scopes: &[&str]) -> String {
    let store = SqliteStore::open(database).await.expect("the store");
    let handle = Handle::parse(handle).expect("a handle");
    let owner = store.handle(&handle).await.expect("the store").expect("the handle exists").owner;
    // Another seed for each list of scopes, or two tokens of one store would be the same.
    let seed = scopes
        .iter()
        .flat_map(|scope| scope.bytes())
        .fold(7_u64, |seed, byte| seed.wrapping_mul(31) + u64::from(byte));
    let text =
        store_token(&store, &SeededIds::new(seed), FixedClock::new().now(), handle, owner, scopes).await;
    store.close().await;
    text
}

pub(crate) async fn store_token(
    store: &SqliteStore,
    ids: &SeededIds,
    at: Timestamp,
    handle: Handle,
    owner: UserId,
    scopes: &[&str],
) -> String {
    let scopes = Scopes::parse(scopes.iter().copied()).expect("known scopes");
    let minted = lp_access::mint(ids.uuid(), ids.random(), handle.clone(), owner, "test", scopes, at);
    store
        .commit(Batch::new(entry(handle, at)).change(Change::Token(minted.record)))
        .await
        .expect("a token is stored");
    minted.text
}

/// Who a test acts as where nobody in particular acts.
pub(crate) fn entry(handle: Handle, at: Timestamp) -> AuditEntry {
    AuditEntry {
        handle,
        at,
        actor: "operator".to_owned(),
        surface: "embedded".to_owned(),
        operation: "test".to_owned(),
        subject: String::new(),
        request_id: String::new(),
        outcome: AuditOutcome::Done,
    }
}
