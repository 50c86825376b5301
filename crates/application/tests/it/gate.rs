use std::time::Duration;

use lp_access::Actor;
use lp_application::{Accepts, Credential, Request, Surface};
use lp_core::UserId;
use lp_ports::AuditReader;
use lp_testkit::Sandbox;
use serde_json::json;
use uuid::Uuid;

use crate::{error, value};

async fn refusal(sandbox: &Sandbox, request: Request) -> &'static str {
    error(sandbox.app.call(request).await).code.name()
}

#[tokio::test]
async fn a_call_without_or_with_a_wrong_credential_is_refused_by_what_is_wrong() {
    let sandbox = Sandbox::new().await;
    let read_only = sandbox.pat_with(&["analytics.read"]).await;
    let foreign = sandbox.other("other").await;
    let unknown = format!("{}{}", &sandbox.pat[..33], "0".repeat(52));
    for (credential, code) in [
        (Credential::None, "missing_bearer_token"),
        (Credential::Bearer("something".into()), "invalid_token"),
        (Credential::Bearer("patv1_short".into()), "invalid_token_format"),
        (Credential::Bearer(unknown), "invalid_token"),
        (Credential::Bearer(read_only), "insufficient_scope"),
        (Credential::Bearer(foreign), "not_found"),
        (Credential::Grant("g1.x.y".into()), "invalid_token"),
    ] {
        let request = sandbox.request("links_list", json!({}), credential.clone());
        assert_eq!(refusal(&sandbox, request).await, code, "{credential:?}");
    }
}

#[tokio::test]
async fn a_token_does_not_open_account_routes() {
    let sandbox = Sandbox::new().await;
    let request = sandbox.request("links_list", json!({}), Credential::Bearer(sandbox.pat.clone()));
    assert_eq!(refusal(&sandbox, Request { accepts: Accepts::Jwt, ..request }).await, "invalid_token");
}

#[tokio::test]
async fn a_member_is_judged_by_role_and_a_stranger_sees_nothing() {
    let sandbox = Sandbox::new().await;
    let known =
        |id| sandbox.request("links_list", json!({}), Credential::Known(Actor::User { id, session: None }));
    assert_eq!(value(sandbox.app.call(known(sandbox.owner)).await)["links"], json!([]));
    assert_eq!(refusal(&sandbox, known(UserId::new(Uuid::from_u128(99)))).await, "not_found");
}

#[tokio::test]
async fn the_handle_comes_from_the_address_the_argument_or_the_token() {
    let sandbox = Sandbox::new().await;
    let bearer = || Credential::Bearer(sandbox.pat.clone());
    let own = Request { bound: None, ..sandbox.request("links_list", json!({}), bearer()) };
    assert_eq!(value(sandbox.app.call(own).await)["handle"], "hello");
    let argument =
        Request { bound: None, ..sandbox.request("links_list", json!({ "handle": "hello" }), bearer()) };
    assert_eq!(value(sandbox.app.call(argument).await)["handle"], "hello");
    let both = sandbox.request("links_list", json!({ "handle": "other" }), bearer());
    assert_eq!(refusal(&sandbox, both).await, "handle_mismatch");
    let operator = Request {
        bound: None,
        ..sandbox.request("links_list", json!({}), Credential::Known(Actor::Operator))
    };
    assert_eq!(refusal(&sandbox, operator).await, "missing_handle");
    let wrong = Request { bound: None, ..sandbox.request("links_list", json!({ "handle": 7 }), bearer()) };
    assert_eq!(refusal(&sandbox, wrong).await, "validation_error");
}

#[tokio::test]
async fn on_mcp_a_token_of_another_handle_is_no_token() {
    let sandbox = Sandbox::new().await;
    let foreign = sandbox.other("other").await;
    let request = sandbox.request("links_list", json!({}), Credential::Bearer(foreign));
    let request = Request { surface: Surface::Mcp, accepts: Accepts::Connector, ..request };
    assert_eq!(refusal(&sandbox, request).await, "invalid_token");
    let unconnected = sandbox.pat_with(&["links.read"]).await;
    let request = sandbox.request("links_list", json!({}), Credential::Bearer(unconnected));
    let refused = error(
        sandbox.app.call(Request { accepts: Accepts::Connector, surface: Surface::Mcp, ..request }).await,
    );
    assert_eq!(refused.details["requiredScope"], "mcp.connect");
}

#[tokio::test]
async fn a_repeat_with_the_same_key_is_answered_from_memory() {
    let sandbox = Sandbox::new().await;
    let create = |url: &str, key: &str| {
        let request = sandbox.request(
            "links_create",
            json!({ "payload": { "destinationUrl": url } }),
            Credential::Bearer(sandbox.pat.clone()),
        );
        Request { idempotency_key: Some(key.to_owned()), ..request }
    };
    let first = sandbox.app.call(create("https://example.com/1", "k")).await.result.expect("made");
    let again = sandbox.app.call(create("https://example.com/1", "k")).await.result.expect("replayed");
    assert_eq!((&again.value, again.created, again.replayed), (&first.value, true, true));
    assert_eq!(refusal(&sandbox, create("https://example.com/2", "k")).await, "idempotency_conflict");
    let other = sandbox.app.call(create("https://example.com/1", "k2")).await.result.expect("made");
    assert_ne!(other.value["slug"], first.value["slug"]);
    sandbox.clock.advance(Duration::from_hours(25));
    let later = sandbox.app.call(create("https://example.com/1", "k")).await.result.expect("made anew");
    assert!(!later.replayed);
    assert_eq!(
        refusal(&sandbox, create("https://example.com/1", &"x".repeat(129))).await,
        "validation_error"
    );
    assert_eq!(value(sandbox.call("system_health", json!({})).await)["links"], json!(3));
}

#[tokio::test]
async fn refusals_reach_the_audit_summed() {
    let sandbox = Sandbox::new().await;
    let reader = sandbox.pat_with(&["links.read"]).await;
    for _ in 0..3 {
        let delete =
            sandbox.request("links_delete", json!({ "slug": "a" }), Credential::Bearer(reader.clone()));
        assert_eq!(refusal(&sandbox, delete).await, "insufficient_scope");
    }
    sandbox.app.audit_refusals().await.expect("written");
    sandbox.app.audit_refusals().await.expect("nothing is left");
    let handle = lp_core::Handle::parse("hello").expect("a handle");
    let audit = sandbox.store.audit(&handle, 0, 100).await.expect("the audit");
    let last = &audit.last().expect("an entry").entry;
    let refused = lp_access::AuditOutcome::Refused { code: "insufficient_scope".into(), times: 3 };
    assert_eq!((last.operation.as_str(), &last.outcome), ("links_delete", &refused));
    assert_eq!(audit.iter().filter(|record| record.entry.outcome == refused).count(), 1);
}

#[tokio::test]
async fn every_end_of_a_call_is_observed() {
    let sandbox = Sandbox::new().await;
    value(sandbox.call("links_list", json!({})).await);
    error(sandbox.call("links_get", json!({ "slug": "absent" })).await);
    let seen: Vec<_> = sandbox
        .observed
        .records()
        .iter()
        .map(|record| (record.operation, record.code, record.actor))
        .collect();
    assert_eq!(seen, [("links_list", "ok", "token"), ("links_get", "not_found", "token")]);
}

#[tokio::test]
async fn an_unknown_operation_is_not_found() {
    let sandbox = Sandbox::new().await;
    assert_eq!(error(sandbox.call("links_explode", json!({})).await).code.name(), "not_found");
}

#[tokio::test]
async fn two_calls_at_once_with_one_key_are_answered_the_same() {
    let sandbox = Sandbox::new().await;
    for n in 0..20 {
        let create = || {
            let payload = json!({ "slug": format!("s{n}"), "destinationUrl": "https://example.com" });
            let request = sandbox.request(
                "links_create",
                json!({ "payload": payload }),
                Credential::Bearer(sandbox.pat.clone()),
            );
            sandbox.app.call(Request { idempotency_key: Some(format!("k{n}")), ..request })
        };
        let (one, two) = futures_util::join!(create(), create());
        assert_eq!(value(one), value(two));
    }
}
