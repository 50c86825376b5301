//! What somebody who is not the app, or not the person, tries.

use std::time::Duration;

use lp_testkit::Sandbox;
use serde_json::{Value, json};

use super::{connections, outcome, refresh, text};

fn denied<T>(code: &str) -> Result<T, String> {
    Err(code.to_owned())
}

/// The same with other values.
fn with(arguments: &Value, changes: Value) -> Value {
    let (Value::Object(mut arguments), Value::Object(changes)) = (arguments.clone(), changes) else {
        panic!("objects")
    };
    for (key, value) in changes {
        if value.is_null() {
            arguments.remove(&key)
        } else {
            arguments.insert(key, value)
        };
    }
    arguments.into()
}

#[tokio::test]
async fn a_code_that_comes_a_second_time_ends_what_it_brought() {
    let sandbox = Sandbox::new().await;
    let client = sandbox.client().await;
    let code = sandbox.approve(&client, &["links.read"]).await;
    let redemption = Sandbox::redemption(&client, &code);
    let tokens = sandbox.public("oauth_token", redemption.clone()).await.expect("tokens");
    assert_eq!(outcome(&sandbox, text(&tokens["access_token"])).await, "ok");
    assert_eq!(sandbox.public("oauth_token", redemption).await, denied("invalid_grant"));
    assert_eq!(outcome(&sandbox, text(&tokens["access_token"])).await, "token_revoked");
    assert_eq!(refresh(&sandbox, &client, &tokens["refresh_token"]).await, denied("invalid_grant"));
    assert!(connections(&sandbox).await.is_empty());
}

#[tokio::test]
async fn a_stolen_code_brings_nothing_and_stays_good_for_who_asked() {
    let sandbox = Sandbox::new().await;
    let (client, other) = (sandbox.client().await, sandbox.client().await);
    let code = sandbox.approve(&client, &["links.read"]).await;
    let redemption = Sandbox::redemption(&client, &code);
    for (changes, refused) in [
        (json!({ "code_verifier": "x".repeat(43) }), "invalid_grant"),
        (json!({ "code_verifier": "short" }), "invalid_grant"),
        (json!({ "code_verifier": null }), "invalid_request"),
        (json!({ "redirect_uri": "https://assistant.example/callback/" }), "invalid_grant"),
        (json!({ "redirect_uri": null }), "invalid_request"),
        (json!({ "client_id": other }), "invalid_grant"),
        (json!({ "client_id": null }), "invalid_client"),
        (json!({ "client_id": "nobody" }), "invalid_client"),
        (json!({ "code": "mcpac_none" }), "invalid_grant"),
        (json!({ "code": code.replace("mcpac_", "mcprt_") }), "invalid_grant"),
        (json!({ "code": null }), "invalid_request"),
        (json!({ "resource": "http://other.mcp.localhost:8080/mcp" }), "invalid_target"),
        (json!({ "resource": "http://localhost:8080/mcp" }), "invalid_target"),
        (json!({ "resource": "https://hello.mcp.localhost:8080/mcp" }), "invalid_target"),
        (json!({ "scope": "links.read links.write" }), "invalid_scope"),
        (json!({ "scope": "*" }), "invalid_scope"),
        (json!({ "grant_type": "refresh_token", "refresh_token": code }), "invalid_grant"),
        (json!({ "grant_type": "password" }), "unsupported_grant_type"),
        (json!({ "grant_type": "client_credentials" }), "unsupported_grant_type"),
        (json!({ "grant_type": null }), "invalid_request"),
    ] {
        let tried = sandbox.public("oauth_token", with(&redemption, changes.clone())).await;
        assert_eq!(tried, denied(refused), "{changes}");
    }
    assert!(sandbox.public("oauth_token", redemption).await.is_ok());
}

#[tokio::test]
async fn a_refresh_token_used_from_two_places_ends_the_connection_and_a_lost_answer_does_not() {
    let sandbox = Sandbox::new().await;
    let (client, first) = sandbox.connector(&["links.read"]).await;
    let second = refresh(&sandbox, &client, &first["refresh_token"]).await.expect("the next");
    sandbox.clock.advance(Duration::from_secs(10));
    let again = refresh(&sandbox, &client, &first["refresh_token"]).await.expect("the answer was lost");
    assert_eq!(again, second, "the same again");
    assert_eq!(outcome(&sandbox, text(&second["access_token"])).await, "ok");
    sandbox.clock.advance(Duration::from_millis(1));
    let other = sandbox.client().await;
    assert_eq!(refresh(&sandbox, &other, &first["refresh_token"]).await, denied("invalid_grant"));
    assert_eq!(outcome(&sandbox, text(&second["access_token"])).await, "ok", "not by another app's word");
    assert_eq!(refresh(&sandbox, &client, &first["refresh_token"]).await, denied("invalid_grant"));
    for tokens in [&first, &second] {
        assert_eq!(outcome(&sandbox, text(&tokens["access_token"])).await, "token_revoked");
        assert_eq!(refresh(&sandbox, &client, &tokens["refresh_token"]).await, denied("invalid_grant"));
    }
}

#[tokio::test]
async fn nothing_is_widened_by_a_refresh_and_less_is_for_that_token_only() {
    let sandbox = Sandbox::new().await;
    let (client, tokens) = sandbox.connector(&["links.read", "links.write", "mcp.connect"]).await;
    let ask = async |token: &Value, changes: Value| {
        let asked = json!({ "grant_type": "refresh_token", "refresh_token": token, "client_id": client });
        sandbox.public("oauth_token", with(&asked, changes)).await
    };
    let refresh = &tokens["refresh_token"];
    assert_eq!(ask(refresh, json!({ "scope": "links.read analytics.read" })).await, denied("invalid_scope"));
    assert_eq!(
        ask(refresh, json!({ "resource": "http://localhost:8080/mcp" })).await,
        denied("invalid_target")
    );
    let less = ask(refresh, json!({ "scope": "mcp.connect" })).await.expect("less is granted");
    assert_eq!(less["scope"], "mcp.connect");
    assert_eq!(outcome(&sandbox, text(&less["access_token"])).await, "insufficient_scope");
    let all = ask(&less["refresh_token"], json!({})).await.expect("all of it again");
    assert_eq!(outcome(&sandbox, text(&all["access_token"])).await, "ok");
}

#[tokio::test]
async fn neither_code_nor_refresh_token_opens_a_server() {
    let sandbox = Sandbox::new().await;
    let client = sandbox.client().await;
    let code = sandbox.approve(&client, &["links.read"]).await;
    let redemption = Sandbox::redemption(&client, &code);
    let tokens = sandbox.public("oauth_token", redemption).await.expect("tokens");
    let refresh = text(&tokens["refresh_token"]);
    let as_access = |text: &str| format!("mcpv1_{}", text.split_once('_').expect("a prefix").1);
    for token in [
        code.clone(),
        refresh.to_owned(),
        as_access(&code),
        as_access(refresh),
        "mcpv1_".to_owned(),
        as_access(PROOF_LIKE),
    ] {
        assert_eq!(outcome(&sandbox, &token).await, "invalid_token", "{token}");
    }
}

/// Written like a token.
const PROOF_LIKE: &str = "x_0000000000000000000000000000000000000000000000000000";

#[tokio::test]
async fn ten_thousand_registrations_leave_nothing_behind() {
    let sandbox = Sandbox::new().await;
    let before = super::audited(&sandbox).await.len();
    let mut ids = std::collections::HashSet::new();
    for _ in 0..10_000 {
        ids.insert(sandbox.client().await);
    }
    assert_eq!(ids.len(), 10_000, "each is one of its own");
    assert_eq!(super::audited(&sandbox).await.len(), before);
    assert!(connections(&sandbox).await.is_empty());
}
