//! Apps are registered, let in, given tokens, and shut out.

mod attacks;
mod clients;
mod requests;

use std::time::Duration;

use lp_access::{AuditEntry, AuditOutcome};
use lp_application::{Accepts, Answer, Credential, Reply, Request, Surface};
use lp_core::{ConnectionId, Handle, UserId};
use lp_ports::{Batch, Change, Clock, Committer, ConnectionChange, Ids};
use lp_testkit::Sandbox;
use serde_json::{Value, json};

/// Calls a tool of the handle's MCP server.
async fn tool(
    sandbox: &Sandbox,
    token: &str,
    bound: Option<&str>,
    operation: &str,
    arguments: Value,
) -> Answer<Reply> {
    let request = sandbox.request(operation, arguments, Credential::Bearer(token.to_owned()));
    let bound = bound.map(ToOwned::to_owned);
    sandbox.app.call(Request { accepts: Accepts::Connector, surface: Surface::Mcp, bound, ..request }).await
}

/// How a call of `links_list` ends.
async fn outcome(sandbox: &Sandbox, token: &str) -> &'static str {
    let answer = tool(sandbox, token, Some("hello"), "links_list", json!({})).await;
    answer.result.map_or_else(|error| error.code.name(), |_| "ok")
}

async fn refresh(sandbox: &Sandbox, client: &str, token: &Value) -> Result<Value, String> {
    let arguments = json!({ "grant_type": "refresh_token", "refresh_token": token, "client_id": client });
    sandbox.public("oauth_token", arguments).await
}

async fn own(sandbox: &Sandbox, operation: &str, arguments: Value) -> Result<Value, String> {
    let answer = sandbox.call_by(sandbox.owner, "hello", operation, arguments).await;
    answer.result.map(|reply| reply.value).map_err(|error| error.code.name().to_owned())
}

async fn connections(sandbox: &Sandbox) -> Vec<Value> {
    let list = own(sandbox, "account_connections_list", json!({})).await.expect("a list");
    list["connections"].as_array().expect("connections").clone()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

/// All that the audit of a handle tells: operation, actor, and what of it.
async fn audited(sandbox: &Sandbox) -> Vec<(String, String, String)> {
    let list =
        own(sandbox, "system_audit_events", json!({ "payload": { "limit": 100 } })).await.expect("the audit");
    let events = list["events"].as_array().expect("events").clone();
    let read = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    events
        .iter()
        .map(|event| (read(event, "operation"), read(event, "actor"), read(event, "target")))
        .collect()
}

#[tokio::test]
async fn an_app_that_is_let_in_acts_within_its_scopes_until_it_is_shut_out() {
    let sandbox = Sandbox::new().await;
    let (client, tokens) = sandbox.connector(&["mcp.connect", "skills.read", "links.read"]).await;
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&json!("Bearer"), &json!(1_800)));
    assert_eq!(tokens["scope"], "links.read mcp.connect skills.read");
    let access = text(&tokens["access_token"]);
    assert!(access.starts_with("mcpv1_"));
    assert_eq!(outcome(&sandbox, access).await, "ok");
    let write = json!({ "slug": "x", "payload": { "destinationUrl": "https://example.com" } });
    let refused =
        tool(&sandbox, access, Some("hello"), "links_upsert", write).await.result.expect_err("a scope");
    assert_eq!(
        (refused.code.name(), &refused.details["requiredScope"]),
        ("insufficient_scope", &json!("links.write"))
    );

    let listed = connections(&sandbox).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0]["clientId"], &listed[0]["clientName"], &listed[0]["answersTo"], &listed[0]["handle"]),
        (&json!(client), &json!("Assistant"), &json!("https://assistant.example"), &json!("hello")),
    );
    assert_eq!(listed[0]["lastUsedAt"], listed[0]["createdAt"]);

    let ended =
        own(&sandbox, "account_connections_end", json!({ "connectionId": listed[0]["connectionId"] })).await;
    assert_eq!(ended.expect("ended")["ended"], true);
    assert_eq!(outcome(&sandbox, access).await, "token_revoked");
    assert_eq!(refresh(&sandbox, &client, &tokens["refresh_token"]).await, Err("invalid_grant".to_owned()));
    assert!(connections(&sandbox).await.is_empty());
    let audited = audited(&sandbox).await;
    for operation in ["oauth_authorization_decide", "oauth_token", "account_connections_end"] {
        assert!(audited.iter().any(|(name, ..)| name == operation), "{operation} in {audited:?}");
    }
}

#[tokio::test]
async fn an_access_token_is_good_for_half_an_hour_and_a_connection_as_long_as_it_is_renewed() {
    let sandbox = Sandbox::new().await;
    let (client, mut tokens) = sandbox.connector(&["links.read"]).await;
    sandbox.clock.advance(Duration::from_mins(30));
    assert_eq!(outcome(&sandbox, text(&tokens["access_token"])).await, "token_expired");
    for _ in 0..3 {
        sandbox.clock.advance(Duration::from_hours(24 * 29));
        tokens = refresh(&sandbox, &client, &tokens["refresh_token"]).await.expect("it goes on");
        assert_eq!(outcome(&sandbox, text(&tokens["access_token"])).await, "ok");
    }
    sandbox.clock.advance(Duration::from_hours(24 * 30));
    assert_eq!(refresh(&sandbox, &client, &tokens["refresh_token"]).await, Err("invalid_grant".to_owned()));
    assert!(connections(&sandbox).await.is_empty());
}

#[tokio::test]
async fn a_code_that_nobody_takes_up_is_no_connection_and_opens_nothing_after_a_minute() {
    let sandbox = Sandbox::new().await;
    let client = sandbox.client().await;
    let code = sandbox.approve(&client, &["links.read"]).await;
    assert!(connections(&sandbox).await.is_empty());
    sandbox.clock.advance(Duration::from_mins(1));
    let late = sandbox.public("oauth_token", Sandbox::redemption(&client, &code)).await;
    assert_eq!(late, Err("invalid_grant".to_owned()));
}

#[tokio::test]
async fn an_app_may_no_more_than_the_person_who_let_it_in_may_now() {
    let sandbox = Sandbox::new().await;
    let creator = member(&sandbox, "CREATOR").await;
    let Value::Object(mut asked) = Sandbox::asked(&sandbox.client().await) else { panic!("an object") };
    let client = text(&asked["client_id"]).to_owned();
    asked.insert("decision".to_owned(), "approve".into());
    let decide = async |asked: Value| {
        let answer = sandbox.call_by(creator, "hello", "oauth_authorization_decide", asked).await;
        answer.result.map(|reply| reply.value).map_err(|error| error.code.name())
    };
    let mut beyond = asked.clone();
    beyond.insert("scopes".to_owned(), json!(["links.read", "system.audit.read"]));
    assert_eq!(decide(beyond.into()).await, Err("invalid_scope"), "a scope that only owners can use");
    asked.insert("scopes".to_owned(), json!(["links.read"]));
    let answer = decide(asked.into()).await.expect("a member may let apps in");
    let code = text(&answer["redirectTo"]).split(['?', '&']).find_map(|pair| pair.strip_prefix("code="));
    let redemption = Sandbox::redemption(&client, code.expect("a code"));
    let tokens = sandbox.public("oauth_token", redemption).await.expect("tokens");
    assert_eq!(outcome(&sandbox, text(&tokens["access_token"])).await, "ok");
    let nobody = json!({ "collaborators": [] });
    own(&sandbox, "collaborators_replace", nobody).await.expect("replaced");
    assert_eq!(outcome(&sandbox, text(&tokens["access_token"])).await, "token_revoked");
}

/// Somebody else who works in `hello`.
async fn member(sandbox: &Sandbox, role: &str) -> UserId {
    sandbox.other("other").await;
    let one = json!({ "collaborators": [{ "email": "other@example.com", "role": role }] });
    let list = own(sandbox, "collaborators_replace", one).await.expect("a member");
    UserId::parse(text(&list["collaborators"][0]["userId"])).expect("an id")
}

#[tokio::test]
async fn a_token_of_one_handle_is_refused_at_another_and_at_the_address_that_names_none() {
    let sandbox = Sandbox::new().await;
    sandbox.other("other").await;
    let access = text(&sandbox.connector(&["links.read"]).await.1["access_token"]).to_owned();
    for bound in [Some("other"), None] {
        for arguments in [json!({}), json!({ "handle": "hello" }), json!({ "handle": "other" })] {
            let ended = tool(&sandbox, &access, bound, "links_list", arguments.clone()).await.result;
            let code = ended.expect_err("refused").code.name();
            assert!(matches!(code, "invalid_token" | "handle_mismatch"), "{bound:?} {arguments}: {code}");
        }
    }
}

#[tokio::test]
async fn a_token_opens_neither_rest_nor_accounts() {
    let sandbox = Sandbox::new().await;
    let access = text(&sandbox.connector(&["links.read"]).await.1["access_token"]).to_owned();
    for accepts in [Accepts::Pat, Accepts::Jwt, Accepts::Signed] {
        let request = sandbox.request("links_list", json!({}), Credential::Bearer(access.clone()));
        let ended = sandbox.app.call(Request { accepts, ..request }).await.result;
        assert_eq!(ended.expect_err("refused").code.name(), "invalid_token", "{accepts:?}");
    }
}

#[tokio::test]
async fn an_app_can_hand_out_a_signed_address_until_it_is_shut_out() {
    let sandbox = Sandbox::new().await;
    let access = text(&sandbox.connector(&["links.read"]).await.1["access_token"]).to_owned();
    let request = sandbox.request("links_export", json!({}), Credential::Bearer(access));
    let request = Request { accepts: Accepts::Connector, surface: Surface::Mcp, ..request };
    let signed = sandbox.app.sign(request).await.result.expect("signed");
    let grant = signed.url.split_once("grant=").expect("a grant").1.to_owned();
    let fetch = async || {
        let request = sandbox.request("links_export", json!({}), Credential::Grant(grant.clone()));
        let nothing = Box::pin(futures_util::stream::empty());
        sandbox.app.stream(request, nothing).await.result.map(drop).map_err(|error| error.code.name())
    };
    assert_eq!(fetch().await, Ok(()));
    let id = connections(&sandbox).await[0]["connectionId"].clone();
    own(&sandbox, "account_connections_end", json!({ "connectionId": id })).await.expect("ended");
    assert_eq!(fetch().await, Err("token_revoked"));
}

#[tokio::test]
async fn an_operator_of_the_handle_sees_and_ends_what_others_let_in_and_nobody_else_does() {
    let sandbox = Sandbox::new().await;
    let access = text(&sandbox.connector(&["links.read"]).await.1["access_token"]).to_owned();
    let list = own(&sandbox, "handle_connections_list", json!({})).await.expect("a list");
    let id = list["connections"][0]["connectionId"].clone();
    let stranger = UserId::new(sandbox.ids.uuid());
    for (operation, code) in
        [("account_connections_end", "not_found"), ("handle_connections_end", "not_found")]
    {
        let ended = sandbox.call_by(stranger, "hello", operation, json!({ "connectionId": id })).await.result;
        assert_eq!(ended.expect_err("refused").code.name(), code, "{operation}");
    }
    assert_eq!(outcome(&sandbox, &access).await, "ok");
    own(&sandbox, "handle_connections_end", json!({ "connectionId": id })).await.expect("ended");
    assert_eq!(outcome(&sandbox, &access).await, "token_revoked");
}

#[tokio::test]
async fn an_app_gives_back_an_access_token_or_all_of_it() {
    let sandbox = Sandbox::new().await;
    let (client, tokens) = sandbox.connector(&["links.read"]).await;
    let revoke = async |token: &Value, client: &str| {
        sandbox.public("oauth_revoke", json!({ "token": token, "client_id": client })).await
    };
    let stranger = sandbox.client().await;
    assert_eq!(revoke(&tokens["refresh_token"], &stranger).await, Ok(json!({})), "which says nothing");
    assert_eq!(revoke(&json!("mcprt_none"), &client).await, Ok(json!({})));
    assert_eq!(outcome(&sandbox, text(&tokens["access_token"])).await, "ok");
    assert_eq!(revoke(&tokens["access_token"], &client).await, Ok(json!({})));
    assert_eq!(outcome(&sandbox, text(&tokens["access_token"])).await, "invalid_token");
    let tokens = refresh(&sandbox, &client, &tokens["refresh_token"]).await.expect("the connection goes on");
    assert_eq!(revoke(&tokens["refresh_token"], &client).await, Ok(json!({})));
    assert_eq!(outcome(&sandbox, text(&tokens["access_token"])).await, "token_revoked");
    assert!(connections(&sandbox).await.is_empty());
}

#[tokio::test]
async fn an_app_that_is_let_in_again_and_again_keeps_twenty_connections() {
    let sandbox = Sandbox::new().await;
    let client = sandbox.client().await;
    let mut first = None;
    for _ in 0..22 {
        let code = sandbox.approve(&client, &["links.read"]).await;
        let tokens =
            sandbox.public("oauth_token", Sandbox::redemption(&client, &code)).await.expect("tokens");
        first.get_or_insert(text(&tokens["access_token"]).to_owned());
        sandbox.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(connections(&sandbox).await.len(), 20);
    assert_eq!(outcome(&sandbox, &first.expect("the first")).await, "token_revoked");
}

/// As another node does: past this application.
async fn end_elsewhere(sandbox: &Sandbox) {
    let id = connections(sandbox).await[0]["connectionId"].clone();
    let id = ConnectionId::parse(text(&id)).expect("an id");
    let at = sandbox.clock.now();
    let entry = AuditEntry {
        handle: Handle::parse("hello").expect("a handle"),
        at,
        actor: "operator".to_owned(),
        surface: "cli".to_owned(),
        operation: "account_connections_end".to_owned(),
        subject: id.to_string(),
        request_id: String::new(),
        outcome: AuditOutcome::Done,
    };
    let ended = Change::Connection(ConnectionChange::Ended { id, at });
    sandbox.store.commit(Batch::new(entry).change(ended)).await.expect("ended");
}

#[tokio::test]
async fn an_app_shut_out_on_another_node_is_refused_once_that_is_told_or_news_are_old() {
    for told in [true, false] {
        let sandbox = Sandbox::new().await;
        let access = text(&sandbox.connector(&["links.read"]).await.1["access_token"]).to_owned();
        sandbox.app.caught_up(sandbox.clock.monotonic());
        assert_eq!(outcome(&sandbox, &access).await, "ok");
        end_elsewhere(&sandbox).await;
        assert_eq!(outcome(&sandbox, &access).await, "ok", "the token is held, so the store is not asked");
        if told {
            sandbox.app.access_changed(&Handle::parse("hello").expect("a handle"));
        } else {
            sandbox.clock.advance(Duration::from_millis(750));
        }
        assert_eq!(outcome(&sandbox, &access).await, "token_revoked");
    }
}

#[tokio::test]
async fn the_last_use_of_an_app_shows_at_once_and_outlives_the_process() {
    let sandbox = Sandbox::new().await;
    let access = text(&sandbox.connector(&["links.read"]).await.1["access_token"]).to_owned();
    let last_use = async || connections(&sandbox).await[0]["lastUsedAt"].clone();
    assert_eq!(last_use().await, Value::Null);
    sandbox.clock.advance(Duration::from_secs(3));
    assert_eq!(outcome(&sandbox, &access).await, "ok");
    assert_eq!(last_use().await, "2026-01-01T00:00:03.000Z");
    sandbox.app.note_token_uses().await.expect("written down");
    assert_eq!(last_use().await, "2026-01-01T00:00:03.000Z");
}
