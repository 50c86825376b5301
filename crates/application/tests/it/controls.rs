//! What an owner decides about a link beside where it leads: written, read back, refused, and tried out.

use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::{error, faults, value};

async fn upsert(sandbox: &Sandbox, payload: Value) -> Value {
    value(sandbox.call("links_upsert", json!({ "slug": "pricing", "payload": payload })).await)
}

async fn refused(sandbox: &Sandbox, payload: Value) -> Vec<String> {
    let mut found =
        faults(&error(sandbox.call("links_upsert", json!({ "slug": "pricing", "payload": payload })).await));
    found.sort();
    found
}

async fn preview(sandbox: &Sandbox, visitor: Value) -> Value {
    value(sandbox.call("links_route_preview", json!({ "slug": "pricing", "payload": visitor })).await)
}

fn trace(preview: &Value) -> Vec<String> {
    let steps = preview["trace"].as_array().expect("a trace");
    steps
        .iter()
        .map(|step| {
            let id = step["ruleId"].as_str().map_or(String::new(), |id| format!(" {id}"));
            format!("{}{id} {}", step["step"].as_str().expect("a step"), step["matched"])
        })
        .collect()
}

#[tokio::test]
async fn what_is_said_of_a_link_reads_back_with_what_was_left_out() {
    let sandbox = Sandbox::new().await;
    let made = upsert(
        &sandbox,
        json!({
            "destinationUrl": "https://example.com/", "scheduledStartAt": "2026-01-01T02:00:00+02:00",
            "expiresAt": "2030-01-01T00:00:00Z", "fallbackUrl": "https://example.com/over",
            "campaignId": "cmp_launch", "tracking": { "utmSource": "mail" },
            "routingRules": [{
                "id": "mobile-us", "destinationUrl": "https://example.com/m",
                "when": { "countryIn": ["us"], "deviceIn": ["mobile", "Tablet"], "sourceIn": ["News"] },
            }],
        }),
    )
    .await;
    assert_eq!(made["scheduledStartAt"], "2026-01-01T00:00:00.000Z");
    assert_eq!((&made["scheduledEndAt"], &made["tracking"]), (&json!(null), &json!({ "utmSource": "mail" })));
    assert_eq!(
        made["routingRules"],
        json!([{
            "id": "mobile-us", "enabled": true, "priority": 100,
            "when": { "sourceIn": ["News"], "countryIn": ["US"], "deviceIn": ["MOBILE", "TABLET"] },
            "destinationUrl": "https://example.com/m", "trafficAllocation": 1,
        }])
    );
    let kept = upsert(&sandbox, json!({ "title": "T" })).await;
    assert_eq!((&kept["routingRules"], &kept["campaignId"]), (&made["routingRules"], &made["campaignId"]));
    let cleared =
        upsert(&sandbox, json!({ "routingRules": null, "tracking": null, "expiresAt": null })).await;
    assert_eq!(
        (&cleared["routingRules"], &cleared["tracking"], &cleared["expiresAt"]),
        (&json!([]), &json!(null), &json!(null))
    );
    assert_eq!(cleared["fallbackUrl"], "https://example.com/over");
    let back = json!({ "slug": "pricing", "payload": { "revision": 1 } });
    assert_eq!(value(sandbox.call("links_rollback", back).await)["routingRules"], made["routingRules"]);
    let replaced =
        json!({ "slug": "pricing", "replace": true, "payload": { "destinationUrl": "https://e.com" } });
    let replaced = value(sandbox.call("links_upsert", replaced).await);
    assert_eq!((&replaced["routingRules"], &replaced["fallbackUrl"]), (&json!([]), &json!(null)));
    let history = value(sandbox.call("links_history", json!({ "slug": "pricing" })).await);
    assert_eq!(history["revisions"][3]["link"]["routingRules"], kept["routingRules"]);
    let rule = json!([{ "id": "all", "destinationUrl": "https://example.com/all" }]);
    let update = json!({ "slug": "pricing", "payload": { "routingRules": rule } });
    let updated = value(sandbox.call("links_update", update).await);
    assert_eq!(updated["routingRules"][0]["id"], "all");
    let new =
        json!({ "payload": { "slug": "new", "destinationUrl": "https://e.com", "routingRules": rule } });
    assert_eq!(value(sandbox.call("links_create", new).await)["routingRules"], updated["routingRules"]);
}

#[tokio::test]
async fn every_fault_of_rules_and_controls_is_named_at_once_and_nothing_is_kept() {
    let sandbox = Sandbox::new().await;
    let many: Vec<_> = (0..10_000).map(|number| format!("s{number}")).collect();
    let rule = |more: Value| {
        let mut rule = json!({ "id": "ok", "destinationUrl": "https://example.com/" });
        rule.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        rule
    };
    let found = refused(
        &sandbox,
        json!({
            "destinationUrl": "https://example.com/", "scheduledStartAt": "tomorrow", "campaignId": "No",
            "fallbackUrl": "ftp://example.com", "tracking": { "utmSource": "", "utm_medium": "x" },
            "routingRules": [
                rule(json!({ "when": { "equals": { "country": "US" } } })),
                rule(json!({ "trafficAllocation": 1.5 })),
                rule(json!({ "when": { "sourceIn": many } })),
                rule(json!({ "when": { "countryIn": ["US", "XX"], "deviceIn": ["toaster"] } })),
                rule(json!({ "when": { "segmentIn": [], "campaignIn": "spring" } })),
                rule(json!({ "id": "A" })),
                rule(json!({ "priority": 1.5, "enabled": 1, "colour": "red" })),
                { "id": "bare" },
            ],
        }),
    )
    .await;
    assert_eq!(
        found,
        [
            "/payload/campaignId invalid_id",
            "/payload/fallbackUrl invalid_destination_url",
            "/payload/routingRules/0/when/equals unknown_field",
            "/payload/routingRules/1/trafficAllocation too_large",
            "/payload/routingRules/2/when/sourceIn too_many",
            "/payload/routingRules/3/when/countryIn/1 invalid_country",
            "/payload/routingRules/3/when/deviceIn/0 unknown_value",
            "/payload/routingRules/4/when/campaignIn wrong_type",
            "/payload/routingRules/4/when/segmentIn too_few",
            "/payload/routingRules/5/id invalid_id",
            "/payload/routingRules/6/colour unknown_field",
            "/payload/routingRules/6/enabled wrong_type",
            "/payload/routingRules/6/priority wrong_type",
            "/payload/routingRules/7/destinationUrl required",
            "/payload/scheduledStartAt invalid_instant",
            "/payload/tracking/utmSource invalid_text",
            "/payload/tracking/utm_medium unknown_field",
        ]
    );
    let gone = error(sandbox.call("links_get", json!({ "slug": "pricing" })).await);
    assert_eq!(gone.code.name(), "not_found");
}

#[tokio::test]
async fn rules_and_instants_that_contradict_each_other_are_refused() {
    let sandbox = Sandbox::new().await;
    let all = |id: &str| json!({ "id": id, "destinationUrl": "https://example.com/" });
    let twice = json!({ "destinationUrl": "https://example.com/", "routingRules": [all("ab"), all("cd"), all("ab")] });
    assert_eq!(refused(&sandbox, twice).await, ["/payload/routingRules/2/id duplicate_id"]);
    let many: Vec<_> = (0..51).map(|number| all(&format!("r{number}"))).collect();
    let many = json!({ "destinationUrl": "https://example.com/", "routingRules": many });
    assert_eq!(refused(&sandbox, many).await, ["/payload/routingRules too_many"]);
    upsert(
        &sandbox,
        json!({ "destinationUrl": "https://example.com/", "scheduledStartAt": "2030-01-01T00:00:00Z" }),
    )
    .await;
    for field in ["scheduledEndAt", "expiresAt"] {
        let early = json!({ field: "2029-01-01T00:00:00Z" });
        assert_eq!(refused(&sandbox, early).await, [format!("/payload/{field} before_start")]);
    }
    let own = "http://hello.localhost:8080/pricing";
    let loops =
        json!({ "fallbackUrl": own, "routingRules": [all("ab"), { "id": "cd", "destinationUrl": own }] });
    assert_eq!(
        refused(&sandbox, loops).await,
        [
            "/payload/fallbackUrl invalid_destination_url",
            "/payload/routingRules/1/destinationUrl invalid_destination_url"
        ]
    );
}

#[tokio::test]
async fn a_preview_shows_which_rule_chose_and_why_the_others_did_not() {
    let sandbox = Sandbox::new().await;
    upsert(
        &sandbox,
        json!({
            "destinationUrl": "https://example.com/", "campaignId": "cmp_launch",
            "routingRules": [
                { "id": "vip", "priority": 1, "destinationUrl": "https://example.com/vip", "when": { "segmentIn": ["vip"] } },
                { "id": "mobile-us", "priority": 2, "destinationUrl": "https://example.com/m",
                  "when": { "countryIn": ["US"], "deviceIn": ["MOBILE"] } },
                { "id": "none", "priority": 3, "destinationUrl": "https://example.com/n", "trafficAllocation": 0.0001 },
                { "id": "launch", "priority": 4, "destinationUrl": "https://example.com/l", "enabled": false },
                { "id": "mail", "priority": 5, "destinationUrl": "https://example.com/mail",
                  "when": { "sourceIn": ["newsletter"], "campaignIn": ["CMP_launch"] } },
            ],
        }),
    )
    .await;
    let mobile = preview(&sandbox, json!({ "country": "us", "device": "mobile", "source": "ad" })).await;
    assert_eq!(
        (&mobile["resolvedUrl"], &mobile["ruleApplied"], &mobile["fallback"]),
        (&json!("https://example.com/m"), &json!("mobile-us"), &json!(false))
    );
    assert_eq!(trace(&mobile), ["enabled true", "rule vip false", "rule mobile-us true"]);
    let mail = preview(&sandbox, json!({ "query": "?utm_source=Newsletter", "visitorKey": "anybody" })).await;
    assert_eq!(
        (&mail["resolvedUrl"], &mail["ruleApplied"]),
        (&json!("https://example.com/mail?utm_source=Newsletter"), &json!("mail"))
    );
    let explained =
        |preview: &Value, at: usize| preview["trace"][at]["explanation"].as_str().map(ToOwned::to_owned);
    assert_eq!(
        explained(&mail, 2).as_deref(),
        Some("countryIn is not met: nothing of the kind is known of the visitor")
    );
    assert!(explained(&mail, 3).expect("an explanation").contains("takes lots below 0.0001"));
    assert_eq!(explained(&mail, 4).as_deref(), Some("the rule is disabled"));
    let nobody = preview(&sandbox, json!({ "segments": ["VIPs"], "device": "bot", "country": "US" })).await;
    assert_eq!((&nobody["ruleApplied"], &nobody["fallback"]), (&json!(null), &json!(true)));
    assert_eq!(explained(&nobody, 2).as_deref(), Some("deviceIn is not met: the visitor has 'BOT'"));
    assert_eq!(preview(&sandbox, json!({ "segments": ["new", "VIP"] })).await["ruleApplied"], "vip");
}

#[tokio::test]
async fn a_preview_can_look_at_another_time() {
    let sandbox = Sandbox::new().await;
    upsert(
        &sandbox,
        json!({
            "destinationUrl": "https://example.com/", "scheduledStartAt": "2027-01-01T00:00:00Z",
            "scheduledEndAt": "2028-01-01T00:00:00Z",
        }),
    )
    .await;
    let now = preview(&sandbox, json!({})).await;
    assert_eq!(
        (&now["status"], trace(&now)),
        (&json!(404), vec!["enabled true".into(), "start false".into()])
    );
    let open = preview(&sandbox, json!({ "at": "2027-06-01T00:00:00Z" })).await;
    assert_eq!(open["resolvedUrl"], "https://example.com/");
    let late = preview(&sandbox, json!({ "at": "2028-01-01T00:00:00Z" })).await;
    assert_eq!((&late["status"], &late["resolvedUrl"]), (&json!(410), &json!(null)));
    upsert(&sandbox, json!({ "fallbackUrl": "https://example.com/over", "redirectStatus": 308 })).await;
    let late = preview(&sandbox, json!({ "at": "2028-01-01T00:00:00Z" })).await;
    assert_eq!(
        (&late["status"], &late["resolvedUrl"], &late["fallback"]),
        (&json!(302), &json!("https://example.com/over"), &json!(true))
    );
    assert_eq!(trace(&late), ["enabled true", "start true", "end false", "fallback true"]);
}

#[tokio::test]
async fn a_preview_tells_how_many_clicks_are_left_of_a_limit() {
    let sandbox = Sandbox::new().await;
    let upsert = async |payload: Value| {
        let answer = sandbox.call("links_upsert", json!({ "slug": "pricing", "payload": payload })).await;
        value(answer)
    };
    upsert(json!({ "destinationUrl": "https://example.com/", "maxClicks": 100 })).await;
    let limit = |preview: &Value| {
        let steps = preview["trace"].as_array().expect("a trace").iter();
        steps.clone().find(|step| step["step"] == "limit").cloned()
    };
    let fresh = limit(&preview(&sandbox, json!({})).await).expect("a step");
    assert_eq!(
        (&fresh["maxClicks"], &fresh["left"], &fresh["matched"]),
        (&json!(100), &json!(100), &json!(true))
    );

    let hello = lp_core::Handle::parse("hello").expect("a handle");
    let slug = lp_core::Slug::parse("pricing").expect("a slug").key();
    let route = sandbox.app.routes().load(&hello, &slug).await.expect("the store answers").route;
    let route = route.expect("the link lives");
    let most = route.limit().expect("a limit");
    for _ in 0..3 {
        sandbox.app.budgets().spend(&hello, route.link(), most).await.expect("the store answers");
    }
    let spent = limit(&preview(&sandbox, json!({})).await).expect("a step");
    assert_eq!(spent["left"], 97, "what this node was lent ahead is left: {spent}");

    upsert(json!({ "maxClicks": 2, "fallbackUrl": "https://example.com/late" })).await;
    let late = preview(&sandbox, json!({})).await;
    let step = limit(&late).expect("a step");
    assert_eq!((&step["left"], &step["matched"]), (&json!(0), &json!(false)));
    assert_eq!((&late["resolvedUrl"], &late["status"]), (&json!("https://example.com/late"), &json!(302)));

    upsert(json!({ "maxClicks": null })).await;
    let free = preview(&sandbox, json!({})).await;
    assert_eq!((limit(&free), &free["resolvedUrl"]), (None, &json!("https://example.com/")));
}
