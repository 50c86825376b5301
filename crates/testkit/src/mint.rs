//! Tokens for a store on disk, while a server runs on it: until accounts can make them, nobody else does.

use std::path::Path;

use lp_access::{AuditEntry, AuditOutcome};
use lp_adapters_sqlite::SqliteStore;
use lp_core::{Handle, Scopes};
use lp_ports::{AccessReader, Batch, Change, Clock, Committer, Ids};

use crate::{FixedClock, SeededIds};

/// Stores a token of an existing handle with these scopes only; gives its text.
pub async fn mint(database: &Path, handle: &str, scopes: &[&str]) -> String {
    let store = SqliteStore::open(database).await.expect("the store");
    let handle = Handle::parse(handle).expect("a handle");
    let owner = store.handle(&handle).await.expect("the store").expect("the handle exists").owner;
    // Another seed for each list of scopes, or two tokens of one store would be the same.
    let seed = scopes
        .iter()
        .flat_map(|scope| scope.bytes())
        .fold(7_u64, |seed, byte| seed.wrapping_mul(31) + u64::from(byte));
    let (ids, at) = (SeededIds::new(seed), FixedClock::new().now());
    let known = Scopes::parse(scopes.iter().copied()).expect("known scopes");
    let minted = lp_access::mint(ids.uuid(), ids.random(), handle.clone(), owner, "test", known, at);
    let entry = AuditEntry {
        handle,
        at,
        actor: "operator".to_owned(),
        surface: "embedded".to_owned(),
        operation: "test".to_owned(),
        subject: String::new(),
        request_id: String::new(),
        outcome: AuditOutcome::Done,
    };
    store.commit(Batch::new(entry).change(Change::Token(minted.record))).await.expect("a token is stored");
    store.close().await;
    minted.text
}
