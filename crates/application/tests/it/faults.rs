//! What becomes of calls when the store fails or the world keeps changing.

use std::sync::Arc;

use lp_ports::{CommitError, Guard, MockCommitter, Receipt, StoreError};
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::{error, value};

fn upsert() -> Value {
    json!({ "slug": "a", "payload": { "destinationUrl": "https://example.com" } })
}

async fn with(committer: MockCommitter) -> Sandbox {
    Sandbox::with(SandboxOptions { committer: Some(Arc::new(committer)), ..SandboxOptions::default() }).await
}

#[tokio::test]
async fn a_stale_guard_is_tried_again() {
    let mut committer = MockCommitter::new();
    let mut tries = 0;
    committer.expect_commit().times(3).returning(move |_| {
        tries += 1;
        if tries < 3 { Err(CommitError::Stale(Guard::StoreEmpty)) } else { Ok(Receipt { version: 1 }) }
    });
    assert_eq!(value(with(committer).await.call("links_upsert", upsert()).await)["slug"], "a");
}

#[tokio::test]
async fn a_world_that_keeps_changing_is_a_conflict_after_three_tries() {
    let mut committer = MockCommitter::new();
    committer.expect_commit().times(3).returning(|_| Err(CommitError::Stale(Guard::StoreEmpty)));
    assert_eq!(error(with(committer).await.call("links_upsert", upsert()).await).code.name(), "conflict");
}

#[tokio::test]
async fn a_store_that_is_away_is_said_to_be_and_says_nothing_of_itself() {
    let mut committer = MockCommitter::new();
    committer
        .expect_commit()
        .times(1)
        .returning(|_| Err(CommitError::Store(StoreError::Unavailable("disk /dev/sda1 is full".into()))));
    let refused = error(with(committer).await.call("links_upsert", upsert()).await);
    assert_eq!((refused.code.name(), refused.code.retryable()), ("service_unavailable", true));
    assert!(!refused.body("r").to_string().contains("sda1"));
}

#[tokio::test]
async fn a_panic_is_answered_like_any_fault_of_ours() {
    let mut committer = MockCommitter::new();
    committer.expect_commit().returning(|_| panic!("on purpose"));
    let sandbox = with(committer).await;
    assert_eq!(error(sandbox.call("links_upsert", upsert()).await).code.name(), "internal_error");
    assert_eq!(value(sandbox.call("system_health", json!({})).await)["healthy"], json!(true));
}
