//! Tokens that the gate holds: found without the store, refused in time, and when they were last used.

use std::time::Duration;

use lp_access::{AuditEntry, AuditOutcome, Pat};
use lp_application::{Answer, Credential, Reply};
use lp_core::Handle;
use lp_ports::{Batch, Change, Clock, Committer};
use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::{error, value};

async fn health(sandbox: &Sandbox, token: &str) -> Answer<Reply> {
    sandbox.app.call(sandbox.request("system_health", json!({}), Credential::Bearer(token.to_owned()))).await
}

/// As another node does: past this application.
async fn revoke_elsewhere(sandbox: &Sandbox, token: &str) {
    let (id, at) = (Pat::parse(token).expect("a token").id, sandbox.clock.now());
    let entry = AuditEntry {
        handle: hello(),
        at,
        actor: "operator".to_owned(),
        surface: "cli".to_owned(),
        operation: "tokens_revoke".to_owned(),
        subject: id.to_string(),
        request_id: String::new(),
        outcome: AuditOutcome::Done,
    };
    sandbox.store.commit(Batch::new(entry).change(Change::TokenRevoked { id, at })).await.expect("revoked");
}

fn hello() -> Handle {
    Handle::parse("hello").expect("a handle")
}

async fn code(sandbox: &Sandbox, token: &str) -> &'static str {
    health(sandbox, token).await.result.map_or_else(|error| error.code.name(), |_| "ok")
}

#[tokio::test]
async fn without_anybody_following_every_call_asks_the_store() {
    let sandbox = Sandbox::new().await;
    let token = sandbox.pat_with(&["*"]).await;
    assert_eq!(code(&sandbox, &token).await, "ok");
    revoke_elsewhere(&sandbox, &token).await;
    assert_eq!(code(&sandbox, &token).await, "token_revoked");
}

#[tokio::test]
async fn a_token_revoked_elsewhere_is_refused_once_that_is_told() {
    let sandbox = Sandbox::new().await;
    let token = sandbox.pat_with(&["*"]).await;
    sandbox.app.caught_up(sandbox.clock.monotonic());
    assert_eq!(code(&sandbox, &token).await, "ok");
    revoke_elsewhere(&sandbox, &token).await;
    assert_eq!(code(&sandbox, &token).await, "ok", "the token is held, so the store is not asked");
    sandbox.app.access_changed(&hello());
    assert_eq!(code(&sandbox, &token).await, "token_revoked");
}

#[tokio::test]
async fn what_is_held_is_not_believed_for_a_second_without_news() {
    let sandbox = Sandbox::new().await;
    let token = sandbox.pat_with(&["*"]).await;
    sandbox.app.caught_up(sandbox.clock.monotonic());
    assert_eq!(code(&sandbox, &token).await, "ok");
    revoke_elsewhere(&sandbox, &token).await;
    sandbox.clock.advance(Duration::from_millis(750));
    assert_eq!(code(&sandbox, &token).await, "token_revoked");
}

#[tokio::test]
async fn who_lost_track_asks_the_store_anew() {
    let sandbox = Sandbox::new().await;
    let token = sandbox.pat_with(&["*"]).await;
    sandbox.app.caught_up(sandbox.clock.monotonic());
    assert_eq!(code(&sandbox, &token).await, "ok");
    revoke_elsewhere(&sandbox, &token).await;
    sandbox.app.lost_track();
    assert_eq!(code(&sandbox, &token).await, "token_revoked");
}

#[tokio::test]
async fn a_token_revoked_here_opens_nothing_from_the_next_call_on() {
    let sandbox = Sandbox::new().await;
    let token = sandbox.pat_with(&["*"]).await;
    sandbox.app.caught_up(sandbox.clock.monotonic());
    assert_eq!(code(&sandbox, &token).await, "ok");
    let signed_in = sandbox.sign_in().await;
    let owner = signed_in["accessToken"].as_str().expect("a text");
    let id = Pat::parse(&token).expect("a token").id.to_string();
    value(sandbox.call_as(owner, "tokens_revoke", json!({ "tokenId": id })).await);
    assert_eq!(code(&sandbox, &token).await, "token_revoked");
}

#[tokio::test]
async fn a_held_token_expires_and_keeps_its_secret() {
    let sandbox = Sandbox::new().await;
    let signed_in = sandbox.sign_in().await;
    let owner = signed_in["accessToken"].as_str().expect("a text");
    let wanted = json!({ "name": "short", "scopes": ["*"], "expiresAt": "2026-01-01T00:00:01Z" });
    let made = value(sandbox.call_as(owner, "tokens_create", wanted).await);
    let token = made["token"].as_str().expect("a text");
    sandbox.app.caught_up(sandbox.clock.monotonic());
    assert_eq!(code(&sandbox, token).await, "ok");
    let (id, _) = token.split_once('.').expect("a token");
    assert_eq!(code(&sandbox, &format!("{id}.{}", "a".repeat(52))).await, "invalid_token");
    sandbox.clock.advance(Duration::from_secs(1));
    sandbox.app.caught_up(sandbox.clock.monotonic());
    assert_eq!(code(&sandbox, token).await, "token_expired");
}

#[tokio::test]
async fn the_last_use_of_a_token_shows_at_once_and_outlives_the_process() {
    let sandbox = Sandbox::new().await;
    let token = sandbox.pat_with(&["links.read"]).await;
    let signed_in = sandbox.sign_in().await;
    let owner = signed_in["accessToken"].as_str().expect("a text");
    let id = Pat::parse(&token).expect("a token").id.to_string();
    let last_use = async || {
        let list = value(sandbox.call_as(owner, "tokens_list", json!({})).await);
        let mut tokens = list["tokens"].as_array().expect("a list").iter();
        tokens.find(|it| it["tokenId"] == json!(id)).expect("the token")["lastUsedAt"].clone()
    };
    assert_eq!(last_use().await, Value::Null);
    sandbox.clock.advance(Duration::from_secs(3));
    // Refused for want of a scope, but shown and recognised.
    error(health(&sandbox, &token).await);
    assert_eq!(last_use().await, json!("2026-01-01T00:00:03.000Z"));
    sandbox.app.note_token_uses().await.expect("written down");
    assert_eq!(last_use().await, json!("2026-01-01T00:00:03.000Z"));
    sandbox.app.note_token_uses().await.expect("nothing is left");
}
