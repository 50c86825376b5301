//! Passwords of links as their owners set them: what of them is kept, and that nothing of them is shown.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use lp_access::{Pat, Secret};
use lp_application::{
    Application, ByteStream, Credential, Loaded, Ports, Request, RouteListener, Settings, catalogue,
};
use lp_core::{Handle, SlugKey};
use lp_ports::{AuditReader, IdempotencyReader, LinkReader, ReplyKey};
use lp_testkit::{Sandbox, fixtures};
use serde_json::{Value, json};

use crate::{error, faults, value};

const PASSWORD: &str = "kQ7-hush-hush";

async fn upsert(sandbox: &Sandbox, payload: Value) -> Value {
    value(sandbox.call("links_upsert", json!({ "slug": "vault", "payload": payload })).await)
}

/// One with the link `vault`, which has the password.
async fn locked() -> Sandbox {
    let sandbox = Sandbox::new().await;
    upsert(&sandbox, json!({ "destinationUrl": "https://example.com/", "password": PASSWORD })).await;
    sandbox
}

/// The hash that the store keeps.
async fn hash(sandbox: &Sandbox) -> Option<String> {
    let slot =
        sandbox.store.slot(&fixtures::handle(), &fixtures::key("vault")).await.expect("the store answers");
    let link = slot.live.expect("the link lives");
    link.parts().controls.password.as_ref().map(|password| password.phc().to_owned())
}

async fn stream_of(sandbox: &Sandbox, operation: &str, arguments: Value, body: &str) -> String {
    let body = Bytes::from(body.to_owned());
    let bytes: ByteStream = Box::pin(stream::once(async move { Ok(body) }));
    let request = sandbox.request(operation, arguments, Credential::Bearer(sandbox.pat.clone()));
    let mut reply = sandbox.app.stream(request, bytes).await.result.expect("a stream").body;
    let mut text = Vec::new();
    while let Some(piece) = reply.next().await {
        text.extend(piece.expect("bytes"));
    }
    String::from_utf8(text).expect("text")
}

async fn import(sandbox: &Sandbox, rows: &str) -> Vec<Value> {
    let arguments =
        if rows.starts_with('{') { json!({ "contentType": "application/x-ndjson" }) } else { json!({}) };
    let told = stream_of(sandbox, "links_import", arguments, rows).await;
    told.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test]
async fn a_password_is_kept_as_argon2id_and_shown_nowhere() {
    let sandbox = locked().await;
    let kept = hash(&sandbox).await.expect("a hash");
    assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
    upsert(&sandbox, json!({ "title": "T", "password": "another-one" })).await;
    let mut shown = vec![
        value(sandbox.call("links_get", json!({ "slug": "vault" })).await).to_string(),
        value(sandbox.call("links_list", json!({})).await).to_string(),
        value(sandbox.call("links_history", json!({ "slug": "vault" })).await).to_string(),
        value(sandbox.call("links_route_preview", json!({ "slug": "vault", "payload": {} })).await)
            .to_string(),
        value(sandbox.call("system_audit_events", json!({ "payload": {} })).await).to_string(),
        stream_of(&sandbox, "links_export", json!({ "format": "csv" }), "").await,
        stream_of(&sandbox, "links_export", json!({ "format": "ndjson" }), "").await,
        format!("{:?}", sandbox.store.audit(&fixtures::handle(), 0, 100).await.expect("the audit")),
        format!(
            "{:?}",
            sandbox.store.slot(&fixtures::handle(), &fixtures::key("vault")).await.expect("read")
        ),
    ];
    shown
        .push(format!("{:?}", sandbox.app.routes().load(&fixtures::handle(), &fixtures::key("vault")).await));
    for (at, text) in shown.iter().enumerate() {
        let clean = !text.contains(PASSWORD) && !text.contains("another-one") && !text.contains("argon2");
        assert!(clean && !text.is_empty(), "{at}: {text}");
    }
    let history = value(sandbox.call("links_history", json!({ "slug": "vault" })).await);
    assert_eq!(history["revisions"][1]["link"]["hasPassword"], true);
    assert_eq!(history["revisions"][1]["link"].get("password"), None);
}

#[tokio::test]
async fn the_same_password_again_changes_nothing_and_another_is_another_hash() {
    let sandbox = locked().await;
    let first = hash(&sandbox).await;
    let same =
        upsert(&sandbox, json!({ "destinationUrl": "https://example.com/", "password": PASSWORD })).await;
    assert_eq!((&same["revision"], &same["hasPassword"]), (&json!(1), &json!(true)));
    assert_eq!(hash(&sandbox).await, first);
    let update = json!({ "slug": "vault", "payload": { "password": PASSWORD, "title": "T" } });
    assert_eq!(value(sandbox.call("links_update", update).await)["revision"], 2);
    assert_eq!(hash(&sandbox).await, first, "kept with what else changed");
    assert_eq!(upsert(&sandbox, json!({ "title": "U" })).await["hasPassword"], true, "not said: kept");
    let other = upsert(&sandbox, json!({ "password": "Other" })).await;
    assert_eq!((&other["revision"], hash(&sandbox).await == first), (&json!(4), false));
    assert_eq!(upsert(&sandbox, json!({ "password": null })).await["hasPassword"], false);
    assert_eq!(hash(&sandbox).await, None);
    let back = json!({ "slug": "vault", "payload": { "revision": 1 } });
    assert_eq!(value(sandbox.call("links_rollback", back).await)["hasPassword"], true);
    assert_eq!(hash(&sandbox).await, first, "the hash of then");
    let replace =
        json!({ "slug": "vault", "replace": true, "payload": { "destinationUrl": "https://e.com" } });
    assert_eq!(value(sandbox.call("links_upsert", replace).await)["hasPassword"], false);
}

#[tokio::test]
async fn what_cannot_be_a_password_is_refused_without_being_repeated() {
    let sandbox = locked().await;
    let long = format!("{PASSWORD}{}", "x".repeat(120));
    for bad in
        [json!(""), json!(long), json!(format!("{PASSWORD}\n")), json!([PASSWORD]), json!({ "is": PASSWORD })]
    {
        let payload = json!({ "password": bad });
        let refused =
            error(sandbox.call("links_upsert", json!({ "slug": "vault", "payload": payload })).await);
        assert_eq!(refused.code.name(), "validation_error", "{bad}");
        assert!(faults(&refused).iter().all(|fault| fault.starts_with("/payload/password")), "{refused}");
        let told = format!("{} {refused} {refused:?}", refused.body("id"));
        assert!(!told.contains(PASSWORD), "{told}");
    }
}

#[tokio::test]
async fn what_a_named_call_asked_cannot_be_tried_out_by_whoever_reads_the_store() {
    let sandbox = Sandbox::new().await;
    let arguments =
        json!({ "slug": "vault", "payload": { "destinationUrl": "https://e.com", "password": PASSWORD } });
    let request = sandbox.request("links_upsert", arguments, Credential::Bearer(sandbox.pat.clone()));
    let request = || Request { idempotency_key: Some("k".to_owned()), ..request.clone() };
    let first = sandbox.app.call(request()).await.result.expect("made");
    let again = sandbox.app.call(request()).await.result.expect("replayed");
    assert!(again.replayed && again.value == first.value);

    let actor = format!("token:{}", Pat::parse(&sandbox.pat).expect("a token").id);
    let key = ReplyKey { actor, operation: "links_upsert".to_owned(), key: "k".to_owned() };
    let stored = sandbox.store.reply(&key, sandbox.app.now()).await.expect("read").expect("remembered");
    assert!(!stored.body.contains(PASSWORD) && !stored.body.contains("argon2"), "{}", stored.body);

    let secret = sandbox.app.settings().secret.clone();
    let rotated = beside(&sandbox, Secret::following(&secret, [9; 32]));
    assert!(
        rotated.call(request()).await.result.expect("replayed").replayed,
        "after the secret was followed by another"
    );
    let stranger = beside(&sandbox, Secret::new([9; 32]));
    let refused = stranger.call(request()).await.result.expect_err("not known again");
    assert_eq!(refused.code.name(), "idempotency_conflict", "what is stored says nothing without the secret");
}

/// Another application over the same store.
fn beside(sandbox: &Sandbox, secret: Secret) -> Application {
    let Sandbox { app, store, probe, documents, journal, clock, ids, observed, .. } = sandbox;
    let (store, probe, documents) = (Arc::new(store.clone()), probe.clone(), documents.clone());
    let ports = Ports::over(store, probe, documents, journal.clone(), clock.clone(), ids.clone());
    let settings = Settings { secret, ..app.settings().clone() };
    Application::new(catalogue(), ports, settings, Arc::new(Deaf), observed.clone())
}

struct Deaf;

impl RouteListener for Deaf {
    fn link_changed(&self, _: &Handle, _: &SlugKey, _: Loaded) {}

    fn rules_changed(&self, _: &Handle, _: Arc<lp_application::Policy>) {}
}

#[tokio::test]
async fn imports_set_no_passwords_keep_those_there_are_and_open_nothing_that_was_locked() {
    let sandbox = locked().await;
    let kept = hash(&sandbox).await;
    for row in [
        r#"{"slug":"new","destinationUrl":"https://e.com","password":"x"}"#,
        r#"{"slug":"vault","password":"x"}"#,
    ] {
        let told = import(&sandbox, row).await;
        assert_eq!(told[0]["status"], "failed", "{told:?}");
        assert!(told[0].to_string().contains("not_importable"), "{told:?}");
    }
    for format in ["csv", "ndjson"] {
        let exported = stream_of(&sandbox, "links_export", json!({ "format": format }), "").await;
        let told = import(&sandbox, &exported).await;
        assert_eq!(told[0]["status"], "unchanged", "{format}: {told:?}");
        assert_eq!(hash(&sandbox).await, kept, "{format}");
        let elsewhere = Sandbox::new().await;
        let told = import(&elsewhere, &exported).await;
        assert_eq!(told[0]["status"], "failed", "{format}: {told:?}");
        assert!(told[0].to_string().contains("/hasPassword"), "{format}: {told:?}");
    }
    import(&sandbox, r#"{"slug":"vault","password":null}"#).await;
    assert_eq!(hash(&sandbox).await, None, "to take it away is said, and done");
}

#[tokio::test]
async fn the_preview_tells_that_a_password_is_asked_for() {
    let sandbox = locked().await;
    let told = value(sandbox.call("links_route_preview", json!({ "slug": "vault", "payload": {} })).await);
    assert_eq!((&told["resolvedUrl"], &told["status"]), (&json!("https://example.com/"), &json!(302)));
    let step = told["trace"].as_array().expect("a trace").iter().find(|step| step["step"] == "password");
    let step = step.expect("the step");
    assert_eq!(
        (&step["matched"], &step["explanation"]),
        (
            &json!(true),
            &json!(
                "the link asks for a password: who says it, or said it within 12 hours, is sent on as told here; anybody else gets the page that asks"
            )
        )
    );
}
