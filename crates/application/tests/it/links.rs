use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lp_ports::{AuditReader, EventReader, Probe, ProbeFault};
use lp_testkit::Sandbox;
use serde_json::json;

use crate::{error, faults, value};

fn hello() -> lp_core::Handle {
    lp_core::Handle::parse("hello").expect("a handle")
}

#[tokio::test]
async fn an_upsert_creates_and_then_sets_only_what_is_given() {
    let sandbox = Sandbox::new().await;
    let payload = json!({ "destinationUrl": "https://example.com/launch", "title": "Launch", "tags": ["a"] });
    let made = sandbox.call("links_upsert", json!({ "slug": "launch", "payload": payload })).await;
    assert!(made.result.as_ref().expect("made").created);
    assert_eq!(
        value(made),
        json!({
            "slug": "launch", "destinationUrl": "https://example.com/launch", "title": "Launch", "description": null,
            "tags": ["a"], "categories": [], "enabled": true, "position": 1, "redirectStatus": 302,
            "queryPassThrough": "append", "scheduledStartAt": null, "scheduledEndAt": null, "expiresAt": null,
            "fallbackUrl": null, "campaignId": null, "tracking": null, "routingRules": [], "maxClicks": null,
            "hasPassword": false, "socialPreview": null, "appendContext": null, "revision": 1,
            "shortUrl": "http://hello.localhost:8080/launch", "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z"
        })
    );
    sandbox.clock.advance(Duration::from_secs(1));
    let set =
        sandbox.call("links_upsert", json!({ "slug": "LAUNCH", "payload": { "enabled": false } })).await;
    assert!(!set.result.as_ref().expect("set").created);
    let set = value(set);
    assert_eq!(
        (&set["title"], &set["enabled"], &set["slug"]),
        (&json!("Launch"), &json!(false), &json!("launch"))
    );
    assert_eq!((&set["revision"], &set["updatedAt"]), (&json!(2), &json!("2026-01-01T00:00:01.000Z")));
}

#[tokio::test]
async fn null_clears_and_replace_resets() {
    let sandbox = Sandbox::new().await;
    let payload = json!({ "destinationUrl": "https://example.com", "title": "T", "description": "D", "redirectStatus": 308 });
    value(sandbox.call("links_upsert", json!({ "slug": "a", "payload": payload })).await);
    let cleared =
        value(sandbox.call("links_upsert", json!({ "slug": "a", "payload": { "title": null } })).await);
    assert_eq!((&cleared["title"], &cleared["description"]), (&json!(null), &json!("D")));
    let payload = json!({ "destinationUrl": "https://example.com/b" });
    let replaced = value(
        sandbox.call("links_upsert", json!({ "slug": "a", "replace": true, "payload": payload })).await,
    );
    assert_eq!((&replaced["description"], &replaced["redirectStatus"]), (&json!(null), &json!(302)));
}

#[tokio::test]
async fn every_fault_is_named_at_once() {
    let sandbox = Sandbox::new().await;
    let refused = error(
        sandbox
            .call(
                "links_upsert",
                json!({ "slug": "no good", "colour": "red", "payload": {
                    "destinationUrl": "javascript:alert(1)", "title": 7, "tags": ["ok", ""], "redirectStatus": 303,
                    "position": -1, "enabled": "yes", "queryPassThrough": "maybe", "unknown/field": true
                } }),
            )
            .await,
    );
    let mut found = faults(&refused);
    found.sort();
    assert_eq!(
        found,
        [
            "/colour unknown_field",
            "/payload/destinationUrl invalid_destination_url",
            "/payload/enabled wrong_type",
            "/payload/position too_small",
            "/payload/queryPassThrough unknown_value",
            "/payload/redirectStatus unknown_value",
            "/payload/tags/1 invalid_text",
            "/payload/title wrong_type",
            "/payload/unknown~1field unknown_field",
            "/slug invalid_slug",
        ]
    );
    assert_eq!(refused.code.name(), "validation_error");
    let count = value(sandbox.call("system_health", json!({})).await);
    assert_eq!(count["links"], json!(0), "nothing was written");
}

#[tokio::test]
async fn one_fault_with_a_documented_code_gives_the_reply_that_code() {
    let sandbox = Sandbox::new().await;
    let bad = json!({ "slug": "ok", "payload": { "destinationUrl": "https://user:pw@example.com" } });
    assert_eq!(error(sandbox.call("links_upsert", bad).await).code.name(), "invalid_destination_url");
    let bad = json!({ "slug": "_x", "payload": { "destinationUrl": "https://example.com" } });
    assert_eq!(error(sandbox.call("links_upsert", bad).await).code.name(), "invalid_slug");
    let bad = error(sandbox.call("links_upsert", json!({ "slug": "new", "payload": {} })).await);
    assert_eq!(
        (bad.code.name(), faults(&bad)),
        ("validation_error", vec!["/payload/destinationUrl required".into()])
    );
    let bad = error(sandbox.call("links_list", json!({ "cursor": "bm9wZQ" })).await);
    assert_eq!((bad.code.name(), faults(&bad)), ("invalid_cursor", vec!["/cursor invalid_cursor".into()]));
}

#[tokio::test]
async fn the_schema_says_that_a_destination_cannot_be_cleared() {
    let sandbox = Sandbox::new().await;
    let payload = json!({ "destinationUrl": "https://example.com" });
    value(sandbox.call("links_upsert", json!({ "slug": "a", "payload": payload })).await);
    for operation in ["links_upsert", "links_update"] {
        let none = json!({ "slug": "a", "payload": { "destinationUrl": null } });
        let bad = error(sandbox.call(operation, none).await);
        assert_eq!(faults(&bad), ["/payload/destinationUrl wrong_type"], "{operation}");
    }
}

#[tokio::test]
async fn an_operation_that_takes_nothing_names_what_it_was_given() {
    let sandbox = Sandbox::new().await;
    let bad = error(sandbox.call("system_health", json!({ "slug": "a", "limit": 1 })).await);
    assert_eq!(faults(&bad), ["/slug unknown_field", "/limit unknown_field"]);
}

#[tokio::test]
async fn a_cursor_is_taken_only_as_it_was_given_out() {
    let sandbox = Sandbox::new().await;
    for slug in ["a", "b"] {
        let payload = json!({ "destinationUrl": "https://example.com" });
        value(sandbox.call("links_upsert", json!({ "slug": slug, "payload": payload })).await);
    }
    let payload = json!({ "title": "Changed" });
    value(sandbox.call("links_upsert", json!({ "slug": "a", "payload": payload })).await);
    let links = value(sandbox.call("links_list", json!({ "limit": 1 })).await);
    let history = value(sandbox.call("links_history", json!({ "slug": "a", "limit": 1 })).await);
    for (operation, arguments, given) in [
        ("links_list", json!({}), &links["nextCursor"]),
        ("links_history", json!({ "slug": "a" }), &history["nextCursor"]),
    ] {
        let inner = URL_SAFE_NO_PAD.decode(given.as_str().expect("there is more")).expect("base 64");
        let (kind, number) = inner.split_first().expect("a letter and a number");
        let with = async |number: Vec<u8>| {
            let mut arguments = arguments.clone();
            arguments["cursor"] = URL_SAFE_NO_PAD.encode([&[*kind], number.as_slice()].concat()).into();
            sandbox.call(operation, arguments).await
        };
        value(with(number.to_vec()).await);
        for before in [b'+', b'0', b' '] {
            let other = error(with([&[before], number].concat()).await);
            assert_eq!(other.code.name(), "invalid_cursor", "{operation}");
        }
    }
}

#[tokio::test]
async fn a_list_goes_on_behind_its_cursor_and_filters() {
    let sandbox = Sandbox::new().await;
    for n in 1..=5 {
        let tags = if n % 2 == 0 { json!(["Even"]) } else { json!([]) };
        let payload = json!({ "destinationUrl": format!("https://example.com/{n}"), "tags": tags });
        value(sandbox.call("links_upsert", json!({ "slug": format!("s{n}"), "payload": payload })).await);
    }
    let slugs = |list: &serde_json::Value| -> Vec<String> {
        let links = list["links"].as_array().expect("links");
        links.iter().map(|link| link["slug"].as_str().expect("a slug").to_owned()).collect()
    };
    let first = value(sandbox.call("links_list", json!({ "limit": 3 })).await);
    assert_eq!(
        (first["handle"].as_str(), slugs(&first)),
        (Some("hello"), vec!["s1".into(), "s2".into(), "s3".into()])
    );
    let rest = value(sandbox.call("links_list", json!({ "limit": 3, "cursor": first["nextCursor"] })).await);
    assert_eq!(slugs(&rest), ["s4", "s5"]);
    assert!(rest.get("nextCursor").is_none());
    assert_eq!(slugs(&value(sandbox.call("links_list", json!({ "tag": "even" })).await)), ["s2", "s4"]);
    assert_eq!(slugs(&value(sandbox.call("links_list", json!({ "q": "COM/3" })).await)), ["s3"]);
    assert_eq!(slugs(&value(sandbox.call("links_list", json!({ "q": "%" })).await)), [] as [&str; 0]);
}

#[tokio::test]
async fn a_created_link_gets_a_random_slug_or_the_one_it_asks_for() {
    let sandbox = Sandbox::new().await;
    let random = value(
        sandbox.call("links_create", json!({ "payload": { "destinationUrl": "https://example.com" } })).await,
    );
    assert_eq!(random["slug"].as_str().map(str::len), Some(7));
    let payload = json!({ "slug": "mine", "destinationUrl": "https://example.com" });
    assert_eq!(value(sandbox.call("links_create", json!({ "payload": payload })).await)["slug"], "mine");
    assert_eq!(
        error(sandbox.call("links_create", json!({ "payload": payload })).await).code.name(),
        "conflict"
    );
}

#[tokio::test]
async fn an_update_needs_a_link_and_a_delete_keeps_history_for_a_rollback() {
    let sandbox = Sandbox::new().await;
    let update = json!({ "slug": "a", "payload": { "title": "T" } });
    assert_eq!(error(sandbox.call("links_update", update.clone()).await).code.name(), "not_found");
    let payload = json!({ "destinationUrl": "https://example.com/1" });
    value(sandbox.call("links_upsert", json!({ "slug": "a", "payload": payload })).await);
    assert_eq!(value(sandbox.call("links_update", update).await)["title"], "T");
    let gone = value(sandbox.call("links_delete", json!({ "slug": "a" })).await);
    assert_eq!(gone, json!({ "slug": "a", "deleted": true, "revision": 3 }));
    assert_eq!(error(sandbox.call("links_get", json!({ "slug": "a" })).await).code.name(), "not_found");
    let history = value(sandbox.call("links_history", json!({ "slug": "a", "limit": 2 })).await);
    let actions: Vec<_> =
        history["revisions"].as_array().expect("revisions").iter().map(|r| r["action"].clone()).collect();
    assert_eq!(actions, ["DELETED", "UPDATED"]);
    let older = json!({ "slug": "a", "cursor": history["nextCursor"] });
    assert_eq!(value(sandbox.call("links_history", older).await)["revisions"][0]["action"], "CREATED");
    let back =
        value(sandbox.call("links_rollback", json!({ "slug": "a", "payload": { "revision": 1 } })).await);
    assert_eq!((&back["title"], &back["revision"]), (&json!(null), &json!(4)));
    let deleted =
        error(sandbox.call("links_rollback", json!({ "slug": "a", "payload": { "revision": 3 } })).await);
    assert_eq!(faults(&deleted), ["/payload/revision deleted_revision"]);
    let never =
        error(sandbox.call("links_rollback", json!({ "slug": "a", "payload": { "revision": 99 } })).await);
    assert_eq!(never.code.name(), "not_found");
}

#[tokio::test]
async fn a_health_check_tells_which_destinations_answer() {
    let sandbox = Sandbox::new().await;
    for (slug, url) in [
        ("good", "https://example.com/good"),
        ("old", "https://example.com/old"),
        ("inner", "http://10.0.0.1/"),
    ] {
        let payload = json!({ "destinationUrl": url });
        value(sandbox.call("links_upsert", json!({ "slug": slug, "payload": payload })).await);
    }
    sandbox.probe.answer("https://example.com/good", Probe::Answered(200));
    sandbox.probe.answer("https://example.com/old", Probe::Answered(404));
    sandbox.probe.answer("http://10.0.0.1/", Probe::Failed(ProbeFault::Forbidden));
    let report = value(sandbox.call("links_health_check", json!({})).await);
    assert_eq!(
        report,
        json!({ "results": [
            { "slug": "good", "status": 200, "healthy": true, "reason": null },
            { "slug": "old", "status": 404, "healthy": false, "reason": null },
            { "slug": "inner", "status": null, "healthy": false, "reason": "forbidden_address" },
        ], "checked": 3, "failing": 2 })
    );
    let some = json!({ "payload": { "slugs": ["good", "absent"] } });
    let report = value(sandbox.call("links_health_check", some).await);
    assert_eq!(
        report["results"][1],
        json!({ "slug": "absent", "status": null, "healthy": false, "reason": "not_found" })
    );
    let many: Vec<_> = (0..101).map(|n| format!("s{n}")).collect();
    let refused = error(sandbox.call("links_health_check", json!({ "payload": { "slugs": many } })).await);
    assert_eq!(faults(&refused), ["/payload/slugs too_many"]);
}

#[tokio::test]
async fn a_slug_that_is_named_twice_is_asked_about_once() {
    let sandbox = Sandbox::new().await;
    let payload = json!({ "destinationUrl": "https://example.com" });
    value(sandbox.call("links_upsert", json!({ "slug": "good", "payload": payload })).await);
    let named = json!({ "payload": { "slugs": ["good", "absent", "GOOD", "good", "absent"] } });
    let report = value(sandbox.call("links_health_check", named).await);
    let slugs: Vec<_> =
        report["results"].as_array().expect("results").iter().map(|one| &one["slug"]).collect();
    assert_eq!(slugs, ["good", "absent"]);
    assert_eq!(report["checked"], json!(2));
}

#[tokio::test]
async fn a_preview_says_where_and_why() {
    let sandbox = Sandbox::new().await;
    let payload = json!({ "destinationUrl": "https://example.com/p?a=1", "redirectStatus": 307 });
    value(sandbox.call("links_upsert", json!({ "slug": "pricing", "payload": payload })).await);
    let conditions =
        json!({ "country": "us", "device": "mobile", "source": "ad", "campaign": "spring", "query": "?b=2" });
    let preview =
        value(sandbox.call("links_route_preview", json!({ "slug": "pricing", "payload": conditions })).await);
    assert_eq!(
        (&preview["resolvedUrl"], &preview["ruleApplied"], &preview["fallback"], &preview["status"]),
        (&json!("https://example.com/p?a=1&b=2"), &json!(null), &json!(true), &json!(307))
    );
    assert_eq!(preview["trace"].as_array().map(Vec::len), Some(2));
    value(sandbox.call("links_upsert", json!({ "slug": "pricing", "payload": { "enabled": false } })).await);
    let preview = value(sandbox.call("links_route_preview", json!({ "slug": "pricing" })).await);
    assert_eq!((&preview["resolvedUrl"], &preview["status"]), (&json!(null), &json!(404)));
    let bad = json!({ "slug": "pricing", "payload": { "country": "USA", "device": "toaster" } });
    let mut found = faults(&error(sandbox.call("links_route_preview", bad).await));
    found.sort();
    assert_eq!(found, ["/payload/country invalid_country", "/payload/device unknown_value"]);
}

#[tokio::test]
async fn every_write_leaves_one_event_and_one_audit_entry() {
    let sandbox = Sandbox::new().await;
    let before = sandbox.store.audit(&hello(), 0, 100).await.expect("the audit").len();
    let payload = json!({ "destinationUrl": "https://example.com" });
    value(sandbox.call("links_upsert", json!({ "slug": "a", "payload": payload })).await);
    value(sandbox.call("links_upsert", json!({ "slug": "a", "payload": payload })).await);
    value(sandbox.call("links_delete", json!({ "slug": "a" })).await);
    let events = sandbox.store.events(&hello(), 0, 100).await.expect("the outbox");
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["link.created", "link.deleted"], "a write that changed nothing tells nothing");
    let audit = sandbox.store.audit(&hello(), 0, 100).await.expect("the audit");
    let operations: Vec<_> = audit[before..].iter().map(|record| record.entry.operation.as_str()).collect();
    assert_eq!(operations, ["links_upsert", "links_upsert", "links_delete"]);
    assert!(audit[before].entry.actor.starts_with("token:"));
    assert_eq!(lp_access::verify(None, &audit), Ok(()));
}

#[tokio::test]
async fn a_whole_float_is_an_integer() {
    let sandbox = Sandbox::new().await;
    let payload =
        json!({ "destinationUrl": "https://example.com", "position": 5.0, "redirectStatus": 308.0 });
    let made = value(sandbox.call("links_upsert", json!({ "slug": "a", "payload": payload })).await);
    assert_eq!((&made["position"], &made["redirectStatus"]), (&json!(5), &json!(308)));
    let half = json!({ "slug": "a", "payload": { "position": 5.5 } });
    assert_eq!(faults(&error(sandbox.call("links_upsert", half).await)), ["/payload/position wrong_type"]);
}

#[tokio::test]
async fn a_link_cannot_lead_to_itself() {
    let sandbox = Sandbox::new().await;
    for own in [
        "http://hello.localhost:8080/a",
        "HTTP://Hello.localhost:8080/A?x=1",
        "http://hello.localhost:8080/a/#y",
    ] {
        let refused = error(
            sandbox.call("links_upsert", json!({ "slug": "a", "payload": { "destinationUrl": own } })).await,
        );
        assert_eq!(refused.code.name(), "invalid_destination_url", "{own}");
    }
    let other = json!({ "slug": "a", "payload": { "destinationUrl": "http://hello.localhost:8080/b" } });
    value(sandbox.call("links_upsert", other).await);
}
