//! Rules of a whole handle: written, read back, put into an order, refused, and tried out.

use lp_access::AuditOutcome;
use lp_application::{Application, Code, Credential};
use lp_core::Handle;
use lp_ports::AuditReader as _;
use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::{error, faults, value};

const UPSERT: &str = "tracking_upsert_personalization_rule";
const LIST: &str = "tracking_list_personalization_rules";
const GET: &str = "tracking_get_personalization_rule";
const DELETE: &str = "tracking_delete_personalization_rule";
const REORDER: &str = "tracking_reorder_personalization_rules";

async fn upsert(sandbox: &Sandbox, id: &str, payload: Value) -> Value {
    value(sandbox.call(UPSERT, json!({ "ruleId": id, "payload": payload })).await)
}

async fn refused(sandbox: &Sandbox, id: &str, payload: Value) -> Vec<String> {
    let mut found = faults(&error(sandbox.call(UPSERT, json!({ "ruleId": id, "payload": payload })).await));
    found.sort();
    found
}

async fn list(sandbox: &Sandbox, arguments: Value) -> Value {
    value(sandbox.call(LIST, arguments).await)
}

fn ids(list: &Value) -> Vec<&str> {
    let rules = list["rules"].as_array().expect("rules");
    rules.iter().map(|rule| rule["ruleId"].as_str().expect("an id")).collect()
}

async fn ordered(sandbox: &Sandbox, order: &[&str]) -> Result<Value, lp_application::Error> {
    let answer = sandbox.call(REORDER, json!({ "payload": { "ruleIds": order } })).await;
    answer.result.map(|reply| reply.value)
}

fn app(sandbox: &Sandbox) -> &Application {
    &sandbox.app
}

#[tokio::test]
async fn a_rule_reads_back_with_what_was_left_out() {
    let sandbox = Sandbox::new().await;
    assert_eq!(list(&sandbox, json!({})).await, json!({ "handle": "hello", "revision": 0, "rules": [] }));
    // The documented example.
    let payload = json!({
        "enabled": true, "priority": 100, "when": { "campaignIn": ["ai-masterclass-2026"] },
        "variant": {
            "id": "masterclass_variant_a", "title": "AI Masterclass 2026", "cta": "Reserve your seat",
            "destinationUrl": "https://deepak.10x.in/masterclass",
        },
    });
    let answer = sandbox
        .call(UPSERT, json!({ "ruleId": "ai-masterclass-2026-landing", "payload": payload }))
        .await
        .result
        .expect("it is made");
    assert!(answer.created);
    let expected = json!({
        "ruleId": "ai-masterclass-2026-landing", "enabled": true, "priority": 100,
        "when": { "campaignIn": ["ai-masterclass-2026"] },
        "variant": {
            "id": "masterclass_variant_a", "title": "AI Masterclass 2026", "cta": "Reserve your seat",
            "destinationUrl": "https://deepak.10x.in/masterclass", "metadata": null,
        },
        "trafficAllocation": 1, "revision": 1,
    });
    assert_eq!(answer.value, expected);
    let id = json!({ "ruleId": "ai-masterclass-2026-landing" });
    assert_eq!(value(sandbox.call(GET, id).await), expected);
    let mut listed = expected;
    listed.as_object_mut().expect("an object").remove("revision");
    assert_eq!(
        list(&sandbox, json!({})).await,
        json!({ "handle": "hello", "revision": 1, "rules": [listed] })
    );
}

#[tokio::test]
async fn absent_fields_are_kept_null_resets_and_replacing_resets_the_rest() {
    let sandbox = Sandbox::new().await;
    let metadata = json!({ "z": [1.5, null], "a": { "deep": "\u{0}" } });
    let variant = json!({ "id": "v1", "title": "T", "metadata": metadata });
    let first =
        json!({ "enabled": false, "priority": -5, "when": { "deviceIn": ["mobile"] }, "variant": variant });
    let made = upsert(&sandbox, "vip", first).await;
    assert_eq!(made["variant"]["metadata"], metadata);
    let kept = upsert(&sandbox, "vip", json!({ "trafficAllocation": 0.25 })).await;
    assert_eq!(
        (
            &kept["enabled"],
            &kept["priority"],
            &kept["variant"],
            &kept["trafficAllocation"],
            &kept["revision"]
        ),
        (&json!(false), &json!(-5), &made["variant"], &json!(0.25), &json!(2))
    );
    let again = upsert(&sandbox, "vip", json!({ "trafficAllocation": 0.25 })).await;
    assert_eq!(again["revision"], 2, "nothing changed");
    let reset = upsert(&sandbox, "vip", json!({ "priority": null, "when": null, "enabled": null })).await;
    assert_eq!(
        (&reset["enabled"], &reset["priority"], &reset["when"], &reset["trafficAllocation"]),
        (&json!(true), &json!(100), &json!({}), &json!(0.25))
    );
    // A rule goes back in as it came out.
    let round = json!({ "variant": reset["variant"], "when": reset["when"] });
    assert_eq!(upsert(&sandbox, "vip", round).await["revision"], 3);
    let arguments = json!({ "ruleId": "vip", "replace": true, "payload": { "variant": { "id": "v2" } } });
    let replaced = value(sandbox.call(UPSERT, arguments).await);
    assert_eq!(
        (&replaced["trafficAllocation"], &replaced["variant"]["title"], &replaced["variant"]["id"]),
        (&json!(1), &json!(null), &json!("v2"))
    );
}

#[tokio::test]
async fn rules_are_listed_in_the_order_they_are_looked_at_and_as_they_were() {
    let sandbox = Sandbox::new().await;
    for (id, priority) in [("cc", 100), ("aa", 100), ("bb", 1)] {
        upsert(&sandbox, id, json!({ "priority": priority, "variant": { "id": "v" } })).await;
    }
    assert_eq!(ids(&list(&sandbox, json!({})).await), ["bb", "aa", "cc"]);
    let after = ordered(&sandbox, &["cc", "bb", "aa"]).await.expect("all of them");
    assert_eq!((ids(&after), &after["revision"]), (vec!["cc", "bb", "aa"], &json!(4)));
    let gone = value(sandbox.call(DELETE, json!({ "ruleId": "bb" })).await);
    assert_eq!(gone, json!({ "ruleId": "bb", "deleted": true, "revision": 5 }));
    assert_eq!(ids(&list(&sandbox, json!({})).await), ["cc", "aa"]);
    for (revision, expected) in [
        (0, vec![]),
        (1, vec!["cc"]),
        (3, vec!["bb", "aa", "cc"]),
        (4, vec!["cc", "bb", "aa"]),
        (5, vec!["cc", "aa"]),
    ] {
        let then = list(&sandbox, json!({ "revision": revision })).await;
        assert_eq!((ids(&then), &then["revision"]), (expected, &json!(revision)));
    }
    let ahead = error(sandbox.call(LIST, json!({ "revision": 6 })).await);
    assert_eq!(ahead.code, Code::NOT_FOUND);
    for operation in [GET, DELETE] {
        assert_eq!(error(sandbox.call(operation, json!({ "ruleId": "bb" })).await).code, Code::NOT_FOUND);
    }
}

#[tokio::test]
async fn an_order_that_leaves_out_or_repeats_is_refused_with_every_fault() {
    let sandbox = Sandbox::new().await;
    for id in ["aa", "bb", "cc"] {
        upsert(&sandbox, id, json!({ "variant": { "id": "v" } })).await;
    }
    let refused = ordered(&sandbox, &["cc", "xx", "cc"]).await.expect_err("no order");
    assert_eq!(
        faults(&refused),
        [
            "/payload/ruleIds/1 unknown_rule",
            "/payload/ruleIds/2 duplicate_id",
            "/payload/ruleIds missing_rule",
            "/payload/ruleIds missing_rule",
        ]
    );
    assert_eq!(list(&sandbox, json!({})).await["revision"], 3, "nothing was kept");
    let long: Vec<_> = (0..1_001).map(|number| format!("r{number}")).collect();
    let long: Vec<_> = long.iter().map(String::as_str).collect();
    let refused = ordered(&sandbox, &long).await.expect_err("no order");
    assert_eq!(faults(&refused), ["/payload/ruleIds too_many"]);
}

#[tokio::test]
async fn every_fault_of_a_rule_is_told_and_nothing_is_kept() {
    let sandbox = Sandbox::new().await;
    let found = refused(
        &sandbox,
        "Upper",
        json!({
            "equals": "US", "priority": 1.5, "trafficAllocation": 1.5,
            "when": { "countryIn": ["XX", "US"], "operator": "equals", "deviceIn": ["toaster"], "segmentIn": [] },
            "variant": { "title": "", "destinationUrl": "javascript:alert(1)", "metadata": [1], "more": 1 },
        }),
    )
    .await;
    assert_eq!(
        found,
        [
            "/payload/equals unknown_field",
            "/payload/priority wrong_type",
            "/payload/trafficAllocation too_large",
            "/payload/variant/destinationUrl invalid_destination_url",
            "/payload/variant/id required",
            "/payload/variant/metadata wrong_type",
            "/payload/variant/more unknown_field",
            "/payload/variant/title invalid_text",
            "/payload/when/countryIn/0 invalid_country",
            "/payload/when/deviceIn/0 unknown_value",
            "/payload/when/operator unknown_field",
            "/payload/when/segmentIn too_few",
            "/ruleId invalid_id",
        ]
    );
    for id in ["a", &"a".repeat(65), "-ab", "_ab", "a b", "ä1", ""] {
        let found = refused(&sandbox, id, json!({ "variant": { "id": "v" } })).await;
        assert_eq!(found, ["/ruleId invalid_id"], "{id}");
    }
    let many: Vec<_> = (0..10_000).map(|number| number.to_string()).collect();
    let many = json!({ "when": { "sourceIn": many }, "variant": { "id": "v" } });
    assert_eq!(refused(&sandbox, "ok", many).await, ["/payload/when/sourceIn too_many"]);
    let long = json!({ "variant": { "id": "v", "metadata": { "a": "x".repeat(4_096) } } });
    assert_eq!(refused(&sandbox, "ok", long).await, ["/payload/variant/metadata too_long"]);
    let fits = json!({ "variant": { "id": "v", "metadata": { "a": "x".repeat(4_096 - 8) } } });
    upsert(&sandbox, "fits", fits).await;
    assert_eq!(refused(&sandbox, "ok", json!({})).await, ["/payload/variant required"]);
    assert_eq!(refused(&sandbox, "ok", json!({ "variant": null })).await, ["/payload/variant wrong_type"]);
    let one = error(
        sandbox
            .call(UPSERT, json!({ "ruleId": "ok", "payload": { "variant": { "id": "v", "destinationUrl": "javascript:0" } } }))
            .await,
    );
    assert_eq!(one.code, Code::INVALID_DESTINATION_URL);
    assert_eq!(list(&sandbox, json!({})).await["revision"], 1);
}

#[tokio::test]
async fn scopes_audit_and_repeats_are_as_for_links() {
    let sandbox = Sandbox::new().await;
    let payload = json!({ "variant": { "id": "v" } });
    let arguments = json!({ "ruleId": "vip", "payload": payload });
    let reader = sandbox.pat_with(&["tracking.personalization.read"]).await;
    let may_read = sandbox.request(LIST, json!({}), Credential::Bearer(reader.clone()));
    app(&sandbox).call(may_read).await.result.expect("it may look");
    let write = sandbox.request(UPSERT, arguments.clone(), Credential::Bearer(reader));
    let refused = error(app(&sandbox).call(write).await);
    assert_eq!(
        (refused.code, &refused.details["requiredScope"]),
        (Code::INSUFFICIENT_SCOPE, &json!("tracking.personalization.write"))
    );
    // Another spelling found in the documentation.
    let writer = sandbox.pat_with(&["personalization.write"]).await;
    let mut calls = Vec::new();
    for _ in 0..2 {
        let mut request = sandbox.request(UPSERT, arguments.clone(), Credential::Bearer(writer.clone()));
        request.idempotency_key = Some("once".to_owned());
        calls.push(app(&sandbox).call(request).await.result.expect("it may write"));
    }
    assert_eq!((calls[0].created, &calls[0].value), (true, &calls[1].value));
    let audit = sandbox.store.audit(&Handle::parse("hello").expect("a handle"), 0, 100).await.expect("reads");
    let done = audit
        .iter()
        .filter(|record| record.entry.operation == UPSERT && record.entry.outcome == AuditOutcome::Done);
    let subjects: Vec<_> = done.map(|record| record.entry.subject.as_str()).collect();
    assert_eq!(subjects, ["vip"]);
}

#[tokio::test]
async fn the_preview_goes_by_the_handles_rules_and_tells_them_apart() {
    let sandbox = Sandbox::new().await;
    let link = json!({
        "destinationUrl": "https://example.com/", "tracking": { "utmSource": "mail" },
        "routingRules": [{ "id": "of-link", "when": { "countryIn": ["DE"] }, "destinationUrl": "https://example.com/de" }],
    });
    value(sandbox.call("links_upsert", json!({ "slug": "pricing", "payload": link })).await);
    let variant = json!({ "id": "a", "cta": "Go", "destinationUrl": "https://example.com/vip", "metadata": { "n": 1 } });
    upsert(&sandbox, "of-handle", json!({ "when": { "segmentIn": ["vip"] }, "variant": variant })).await;
    let home = json!({ "id": "b", "destinationUrl": "http://HELLO.localhost:8080/%70ricing?x=1" });
    upsert(&sandbox, "home", json!({ "priority": 900, "variant": home })).await;
    let preview = async |visitor: Value| {
        value(sandbox.call("links_route_preview", json!({ "slug": "pricing", "payload": visitor })).await)
    };
    let vip = preview(json!({ "segments": ["VIP"] })).await;
    assert_eq!(
        (&vip["resolvedUrl"], &vip["ruleApplied"], &vip["fallback"]),
        (&json!("https://example.com/vip?utm_source=mail"), &json!("of-handle"), &json!(false))
    );
    assert_eq!(
        vip["variant"],
        json!({ "id": "a", "title": null, "cta": "Go", "destinationUrl": "https://example.com/vip", "metadata": { "n": 1 } })
    );
    let steps: Vec<_> = vip["trace"]
        .as_array()
        .expect("a trace")
        .iter()
        .map(|step| {
            format!("{} {} {}", step["step"].as_str().expect("a step"), step["ruleId"], step["matched"])
        })
        .collect();
    assert_eq!(
        steps,
        ["enabled null true", r#"rule "of-link" false"#, r#"personalization "of-handle" true"#]
    );
    let german = preview(json!({ "country": "DE", "segments": ["vip"] })).await;
    assert_eq!((&german["ruleApplied"], &german["variant"]), (&json!("of-link"), &Value::Null));
    let other = preview(json!({})).await;
    assert_eq!(
        (&other["resolvedUrl"], &other["ruleApplied"]),
        (&json!("https://example.com/?utm_source=mail"), &json!("home")),
        "a link that a rule leads to leads on"
    );
}
