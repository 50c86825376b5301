//! What plans open, how often accounts write, and what is told of it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use lp_access::{Actor, AuditOutcome, Plan, PlanRules, TermsChange};
use lp_application::{
    Accepts, Auth, ByteStream, Code, Credential, Error, Facts, Request, Surface, Visit, catalogue,
};
use lp_core::{Device, Handle, TimeZone, Timestamp};
use lp_ports::{AccessReader, AuditReader, Batch, Change, Clock, Committer, LinkReader};
use lp_testkit::{Sandbox, SandboxOptions, fixtures};
use serde_json::{Value, json};

use crate::{error, value};

const HOUR: Duration = Duration::from_hours(1);

async fn on(start: Plan) -> Sandbox {
    let plans = PlanRules { start, ..PlanRules::default() };
    Sandbox::with(SandboxOptions { plans, ..SandboxOptions::default() }).await
}

/// As the operator's command does it.
async fn set(sandbox: &Sandbox, set: TermsChange) {
    let entry = fixtures::entry(&Handle::installation(), sandbox.clock.now(), "plan");
    let batch = Batch::new(entry).change(Change::Terms { account: sandbox.owner, set });
    sandbox.store.commit(batch).await.expect("terms are set");
}

async fn put_on(sandbox: &Sandbox, plan: Plan) {
    set(sandbox, TermsChange { plan: Some(plan), ..TermsChange::default() }).await;
}

async fn live_in(sandbox: &Sandbox, zone: &str) {
    let time_zone = Some(TimeZone::parse(zone).expect("a zone"));
    set(sandbox, TermsChange { time_zone, ..TermsChange::default() }).await;
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("an instant")
}

/// A new access token: they are good for an hour.
async fn token(sandbox: &Sandbox) -> String {
    sandbox.sign_in().await["accessToken"].as_str().expect("a token").to_owned()
}

fn of_account(sandbox: &Sandbox, token: &str, operation: &str, arguments: Value) -> Request {
    let credential = Credential::Bearer(token.to_owned());
    let request = sandbox.request(operation, arguments, credential);
    Request { accepts: Accepts::Jwt, surface: Surface::Rest, ..request }
}

/// Writes a link as the owner's account.
async fn write(sandbox: &Sandbox, slug: &str) -> Result<Value, Error> {
    let token = token(sandbox).await;
    sandbox
        .app
        .call(of_account(sandbox, &token, "links_upsert", upsert(slug)))
        .await
        .result
        .map(|reply| reply.value)
}

fn upsert(slug: &str) -> Value {
    json!({ "slug": slug, "payload": { "destinationUrl": "https://example.com" } })
}

async fn written(sandbox: &Sandbox) -> u32 {
    let found = sandbox.store.subscription(sandbox.owner).await.expect("the store answers");
    found.expect("there is the owner").written.map_or(0, |today| today.writes)
}

async fn export(sandbox: &Sandbox, request: Request) -> Result<(), Error> {
    sandbox.app.stream(request, Box::pin(stream::empty())).await.result.map(drop)
}

#[tokio::test]
async fn a_free_account_writes_twice_a_day_and_is_told_when_the_next_begins() {
    let sandbox = on(Plan::Free).await;
    sandbox.clock.set(at("2026-02-25T10:00:00Z"));
    for slug in ["one", "two"] {
        write(&sandbox, slug).await.expect("there is room");
    }
    let refused = write(&sandbox, "three").await.expect_err("no third");
    assert_eq!((refused.code, refused.retry_after), (Code::RATE_LIMITED, Some(HOUR * 14)));
    let body = json!({
        "error": "rate_limited",
        "message": "the plan FREE allows 2 writes a day, and today has had them; the next day begins at 2026-02-26T00:00:00.000Z",
        "requestId": "r",
        "retryAfterMs": 14 * 3_600_000,
        "plan": "FREE",
        "limits": { "writesPerDay": 2 },
        "usage": { "writesToday": 2, "writesDay": "20260225" },
    });
    assert_eq!(refused.body("r"), body);
    let limit = refused.limit.expect("the limit is named");
    assert_eq!((limit.name, limit.quota, limit.window, limit.reset), ("writes", 2, HOUR * 24, HOUR * 14));
    assert_eq!(sandbox.store.count(&fixtures::handle()).await.expect("counted"), 2, "nothing was written");

    sandbox.clock.set(at("2026-02-25T23:59:59.999Z"));
    assert_eq!(
        write(&sandbox, "three").await.expect_err("still today").retry_after,
        Some(Duration::from_millis(1))
    );
    sandbox.clock.set(at("2026-02-26T00:00:00Z"));
    write(&sandbox, "three").await.expect("a new day");
}

#[tokio::test]
async fn the_day_is_that_of_the_account() {
    let sandbox = on(Plan::Free).await;
    live_in(&sandbox, "America/New_York").await;
    sandbox.clock.set(at("2026-02-26T04:00:00Z"));
    for slug in ["one", "two"] {
        write(&sandbox, slug).await.expect("there is room");
    }
    let refused = write(&sandbox, "three").await.expect_err("it is still the 25th");
    assert_eq!(
        (refused.retry_after, &refused.details["usage"]["writesDay"]),
        (Some(HOUR), &json!("20260225"))
    );
    sandbox.clock.advance(HOUR);
    write(&sandbox, "three").await.expect("midnight in New York");
}

#[tokio::test]
async fn days_on_which_clocks_change_are_an_hour_shorter_or_longer() {
    for (midnight, hours) in [("2026-03-28T23:00:00Z", 23), ("2026-10-24T22:00:00Z", 25)] {
        let sandbox = on(Plan::Free).await;
        live_in(&sandbox, "Europe/Berlin").await;
        sandbox.clock.set(at(midnight));
        for slug in ["one", "two"] {
            write(&sandbox, slug).await.expect("there is room");
        }
        let refused = write(&sandbox, "three").await.expect_err("no third");
        assert_eq!(refused.retry_after, Some(HOUR * hours), "{midnight}");
        sandbox.clock.set(at(midnight).plus(HOUR * hours));
        write(&sandbox, "three").await.expect("a new day");
    }
}

#[tokio::test]
async fn moving_to_another_zone_brings_no_writes_back() {
    let sandbox = on(Plan::Free).await;
    sandbox.clock.set(at("2026-02-25T12:00:00Z"));
    let zone = async |name: &str| {
        let token = token(&sandbox).await;
        let arguments = json!({ "timeZone": name });
        sandbox.app.call(of_account(&sandbox, &token, "account_time_zone_update", arguments)).await.result
    };
    assert_eq!(
        zone("pacific/kiritimati").await.expect("set").value,
        json!({ "timeZone": "Pacific/Kiritimati" })
    );
    // It was a write of the 25th; there it is the 26th already.
    for slug in ["one", "two"] {
        write(&sandbox, slug).await.expect("there is room");
    }
    let refused = zone("UTC").await.expect_err("it is a write as well");
    assert_eq!(refused.code, Code::RATE_LIMITED);
    live_in(&sandbox, "Pacific/Pago_Pago").await;
    let refused = write(&sandbox, "three").await.expect_err("the 26th is spent, here as well");
    assert_eq!(refused.details["usage"], json!({ "writesToday": 2, "writesDay": "20260226" }));
    assert_eq!(refused.retry_after, Some(at("2026-02-25T12:00:00Z").until(at("2026-02-27T11:00:00Z"))));
}

#[tokio::test]
async fn a_zone_that_is_none_is_refused() {
    let sandbox = Sandbox::new().await;
    let token = token(&sandbox).await;
    let refused = error(
        sandbox.call_as(&token, "account_time_zone_update", json!({ "timeZone": "Mars/Olympus" })).await,
    );
    assert_eq!(crate::faults(&refused), ["/timeZone invalid_time_zone"]);
}

#[tokio::test]
async fn only_writes_that_succeed_count() {
    let sandbox = on(Plan::Pro).await;
    let token = token(&sandbox).await;
    let call = async |operation: &str, arguments: Value| {
        sandbox.app.call(of_account(&sandbox, &token, operation, arguments)).await.result
    };
    call("links_delete", json!({ "slug": "absent" })).await.expect_err("not found");
    call("links_upsert", json!({ "slug": "bad", "payload": { "destinationUrl": 7 } }))
        .await
        .expect_err("faulty");
    call("links_list", json!({})).await.expect("a read");
    call("links_health_check", json!({ "payload": {} })).await.expect("a read");
    assert_eq!(written(&sandbox).await, 0);
    call("links_upsert", upsert("one")).await.expect("written");
    call("links_upsert", upsert("one")).await.expect("said again, which is another write");
    assert_eq!(written(&sandbox).await, 2);
}

#[tokio::test]
async fn a_repeat_counts_once_and_is_answered_even_when_no_writes_are_left() {
    let sandbox = on(Plan::Free).await;
    let token = token(&sandbox).await;
    let named = |slug: &str, key: &str| {
        let request = of_account(&sandbox, &token, "links_upsert", upsert(slug));
        sandbox.app.call(Request { idempotency_key: Some(key.to_owned()), ..request })
    };
    let first = named("one", "a").await.result.expect("written");
    assert!(named("one", "a").await.result.expect("repeated").replayed);
    assert_eq!(written(&sandbox).await, 1);
    named("two", "b").await.result.expect("written");
    assert_eq!(error(named("three", "c").await).code, Code::RATE_LIMITED);
    let again = named("one", "a").await.result.expect("repeated");
    assert_eq!((again.replayed, again.value), (true, first.value));
    assert_eq!(written(&sandbox).await, 2);
    // What was refused is not remembered: the same call goes well tomorrow.
    sandbox.clock.set(at("2026-01-02T00:00:01Z"));
    let token = self::token(&sandbox).await;
    let request = of_account(&sandbox, &token, "links_upsert", upsert("three"));
    let tomorrow = sandbox.app.call(Request { idempotency_key: Some("c".to_owned()), ..request }).await;
    assert!(!tomorrow.result.expect("written").replayed);
}

#[tokio::test]
async fn of_a_hundred_writes_at_once_for_one_place_one_succeeds() {
    let sandbox = on(Plan::Pro).await;
    let token = token(&sandbox).await;
    let call = |slug: String| sandbox.app.call(of_account(&sandbox, &token, "links_upsert", upsert(&slug)));
    for number in 0..9 {
        value(call(format!("s{number}")).await);
    }
    let answers = join_all((0..100).map(|number| call(format!("r{number}")))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.result.is_ok());
    assert_eq!(won.len(), 1);
    for refused in lost.into_iter().map(error) {
        assert_eq!(
            (refused.code, &refused.details["usage"]["writesToday"]),
            (Code::RATE_LIMITED, &json!(10))
        );
    }
    assert_eq!(written(&sandbox).await, 10);
    assert_eq!(sandbox.store.count(&fixtures::handle()).await.expect("counted"), 10);
}

#[tokio::test]
async fn tokens_assistants_programs_and_signing_in_and_out_do_not_count() {
    let sandbox = on(Plan::Free).await;
    for slug in ["one", "two", "three"] {
        value(sandbox.call("links_upsert", upsert(slug)).await);
        let credential = Credential::Bearer(sandbox.pat.clone());
        let request = sandbox.request("links_upsert", upsert(slug), credential);
        let request = Request { accepts: Accepts::Connector, surface: Surface::Mcp, ..request };
        value(sandbox.app.call(request).await);
        let vouched = Credential::Known(Actor::User { id: sandbox.owner, session: None });
        let request = sandbox.request("links_upsert", upsert(slug), vouched);
        value(sandbox.app.call(Request { accepts: Accepts::Trusted, ..request }).await);
    }
    assert_eq!(written(&sandbox).await, 0);
    for slug in ["one", "two"] {
        write(&sandbox, slug).await.expect("there is room");
    }
    let token = token(&sandbox).await;
    let sessions = value(sandbox.call_as(&token, "account_sessions_list", json!({})).await);
    let other =
        sessions["sessions"].as_array().and_then(|all| all.iter().find(|one| one["current"] == false));
    let other = json!({ "session": other.expect("another session")["sessionId"] });
    value(sandbox.call_as(&token, "account_sessions_end", other).await);
    value(sandbox.call_as(&token, "auth_logout", json!({})).await);
    assert_eq!(written(&sandbox).await, 2);
}

#[test]
fn every_write_of_an_account_counts_but_these() {
    let rows = catalogue();
    let free = rows.operations().iter().filter(|row| {
        let of_accounts = row.mounts().iter().any(|mount| mount.auth == Auth::Jwt);
        of_accounts && !row.effect.read_only && !row.is_metered()
    });
    assert_eq!(
        free.map(|row| row.name).collect::<Vec<_>>(),
        [
            "auth_logout",
            "account_password_change",
            "account_sessions_end",
            "desktop_approve",
            "desktop_decline",
            "oauth_authorization_decide",
            "account_connections_end",
            "handle_connections_end",
        ]
    );
    assert!(rows.operations().iter().all(|row| !row.is_metered() || !row.effect.read_only));
}

#[tokio::test]
async fn an_import_counts_once_and_its_repeat_not_at_all() {
    let sandbox = on(Plan::Free).await;
    let token = token(&sandbox).await;
    let rows: Vec<_> = (0..1_200).map(|row| format!("r{row},https://example.com/{row}\n")).collect();
    let rows = rows.concat();
    let import = async |key: Option<&str>| {
        let body = Bytes::from(format!("slug,destinationUrl\n{rows}"));
        let bytes: ByteStream = Box::pin(stream::once(async move { Ok(body) }));
        let request = of_account(&sandbox, &token, "links_import", json!({}));
        let request = Request { idempotency_key: key.map(ToOwned::to_owned), ..request };
        let reply = sandbox.app.stream(request, bytes).await.result?;
        let pieces: Vec<_> = reply.body.map(|piece| piece.expect("bytes")).collect().await;
        let text = String::from_utf8(pieces.concat()).expect("text");
        Ok::<Value, Error>(serde_json::from_str(text.lines().last().expect("a summary")).expect("JSON"))
    };
    let first = import(Some("once")).await.expect("there is room");
    assert_eq!(first["summary"]["created"], 1_200, "{first}");
    assert_eq!(written(&sandbox).await, 1);
    let second = import(None).await.expect("there is room");
    assert_eq!((written(&sandbox).await, &second["summary"]["unchanged"]), (2, &json!(1_200)));
    let again = import(Some("once")).await.expect("a repeat is answered");
    assert_eq!((written(&sandbox).await, &again["summary"]), (2, &first["summary"]));
    assert_eq!(import(Some("other")).await.expect_err("nothing is left").code, Code::RATE_LIMITED);
}

#[tokio::test]
async fn a_feature_that_the_owner_s_plan_lacks_is_locked_until_it_has_it() {
    let sandbox = on(Plan::Free).await;
    let token = token(&sandbox).await;
    let made = json!({ "name": "deploy", "scopes": ["links.*"] });
    let tools = [
        ("tokens_create", made.clone()),
        ("tokens_list", json!({})),
        ("tokens_revoke", json!({ "tokenId": "0".repeat(26) })),
    ];
    for (operation, arguments) in tools {
        let refused = error(sandbox.call_as(&token, operation, arguments).await);
        let body = json!({
            "error": "feature_locked",
            "message": "'growth_tools' needs the plan PRO or a greater one",
            "requestId": "r",
            "feature": "growth_tools",
            "requiredPlan": "PRO",
        });
        assert_eq!((refused.code.status(), refused.body("r")), (403, body), "{operation}");
    }
    let by_account = of_account(&sandbox, &token, "links_export", json!({}));
    let by_token = sandbox.request("links_export", json!({}), Credential::Bearer(sandbox.pat.clone()));
    for request in [by_account.clone(), by_token.clone()] {
        let refused = export(&sandbox, request).await.expect_err("locked");
        assert_eq!((refused.code, &refused.details["feature"]), (Code::FEATURE_LOCKED, &json!("exports")));
    }
    let signed = sandbox.app.sign(Request { surface: Surface::Mcp, ..by_token.clone() }).await;
    assert_eq!(signed.result.map(drop).expect_err("no address either").code, Code::FEATURE_LOCKED);

    put_on(&sandbox, Plan::Pro).await;
    let pat = value(sandbox.call_as(&token, "tokens_create", made).await)["token"].clone();
    export(&sandbox, by_account).await.expect("exported");
    export(&sandbox, by_token.clone()).await.expect("exported");

    // After a downgrade tokens go on with what is not itself locked.
    put_on(&sandbox, Plan::Free).await;
    let credential = Credential::Bearer(pat.as_str().expect("a token").to_owned());
    value(sandbox.app.call(sandbox.request("links_upsert", upsert("one"), credential)).await);
    assert_eq!(export(&sandbox, by_token).await.expect_err("locked again").code, Code::FEATURE_LOCKED);
}

#[tokio::test]
async fn a_stranger_learns_nothing_of_plans_and_the_operator_is_held_back_by_none() {
    let sandbox = on(Plan::Free).await;
    sandbox.other("other").await;
    let token = token(&sandbox).await;
    let request = of_account(&sandbox, &token, "tokens_list", json!({}));
    let elsewhere = Request { bound: Some("other".to_owned()), ..request };
    assert_eq!(error(sandbox.app.call(elsewhere).await).code, Code::NOT_FOUND);
    let narrow = sandbox.pat_with(&["analytics.read"]).await;
    let request = sandbox.request("links_export", json!({}), Credential::Bearer(narrow));
    assert_eq!(export(&sandbox, request).await.expect_err("no scope").code, Code::INSUFFICIENT_SCOPE);
    let operator = sandbox.request("tokens_list", json!({}), Credential::Known(Actor::Operator));
    value(sandbox.app.call(Request { accepts: Accepts::Trusted, ..operator }).await);
}

#[tokio::test]
async fn openanalyst_can_be_taken_from_an_account_whatever_its_plan() {
    let sandbox = Sandbox::new().await;
    let token = token(&sandbox).await;
    value(sandbox.call_as(&token, "account_openanalyst_me", json!({})).await);
    set(&sandbox, TermsChange { openanalyst: Some(false), ..TermsChange::default() }).await;
    let refused = error(sandbox.call_as(&token, "account_openanalyst_me", json!({})).await);
    let body = json!({
        "error": "feature_locked",
        "message": "the account may not use 'openanalyst'",
        "requestId": "r",
        "feature": "openanalyst",
        "requiredPlan": null,
    });
    assert_eq!((refused.code.status(), refused.body("r")), (403, body));
}

#[tokio::test]
async fn refusals_for_want_of_a_feature_or_a_write_reach_the_audit() {
    let sandbox = on(Plan::Free).await;
    let token = token(&sandbox).await;
    for slug in ["one", "two"] {
        write(&sandbox, slug).await.expect("there is room");
    }
    error(sandbox.call_as(&token, "tokens_list", json!({})).await);
    write(&sandbox, "three").await.expect_err("no third");
    set(&sandbox, TermsChange { openanalyst: Some(false), ..TermsChange::default() }).await;
    error(sandbox.call_as(&token, "account_openanalyst_me", json!({})).await);
    sandbox.app.audit_refusals().await.expect("written");
    let refused = async |handle: Handle| {
        let audit = sandbox.store.audit(&handle, 0, 500).await.expect("the audit");
        let refusals = audit.into_iter().filter_map(|record| match record.entry.outcome {
            AuditOutcome::Refused { code, times: 1 } => Some((record.entry.operation, code)),
            _ => None,
        });
        refusals.collect::<Vec<_>>()
    };
    let one = |operation: &str, code: &str| (operation.to_owned(), code.to_owned());
    let of_handle = [one("links_upsert", "rate_limited"), one("tokens_list", "feature_locked")];
    assert_eq!(refused(fixtures::handle()).await, of_handle);
    assert_eq!(refused(Handle::installation()).await, [one("account_openanalyst_me", "feature_locked")]);
}

#[tokio::test]
async fn an_account_sees_what_it_is_on() {
    let sandbox = on(Plan::Pro).await;
    live_in(&sandbox, "Asia/Tokyo").await;
    sandbox.clock.set(at("2026-02-25T15:00:00Z"));
    write(&sandbox, "one").await.expect("there is room");
    let token = token(&sandbox).await;
    let summary = json!({
        "plan": "PRO",
        "features": ["growth_tools", "exports", "creator_pages", "openanalyst"],
        "limits": { "writesPerDay": 10 },
        "usage": { "writesToday": 1, "writesDay": "20260226" },
        "timeZone": "Asia/Tokyo",
    });
    assert_eq!(value(sandbox.call_as(&token, "billing_summary", json!({})).await), summary);
    put_on(&sandbox, Plan::Enterprise).await;
    let unlimited = value(sandbox.call_as(&token, "billing_summary", json!({})).await);
    assert_eq!(
        (&unlimited["plan"], &unlimited["limits"]),
        (&json!("ENTERPRISE"), &json!({ "writesPerDay": null }))
    );
}

#[tokio::test]
async fn an_installation_may_give_its_greatest_plan_a_quota() {
    let plans = PlanRules { enterprise_writes: Some(1), ..PlanRules::default() };
    let sandbox = Sandbox::with(SandboxOptions { plans, ..SandboxOptions::default() }).await;
    write(&sandbox, "one").await.expect("there is room");
    let refused = write(&sandbox, "two").await.expect_err("no second");
    assert_eq!(
        (&refused.details["plan"], &refused.details["limits"]["writesPerDay"]),
        (&json!("ENTERPRISE"), &json!(1))
    );
}

#[tokio::test]
async fn without_a_quota_writes_are_counted_all_the_same() {
    let sandbox = Sandbox::new().await;
    for slug in ["one", "two", "three"] {
        write(&sandbox, slug).await.expect("nothing is in the way");
    }
    assert_eq!(written(&sandbox).await, 3);
    // So whoever is put on a lesser plan today has written today.
    put_on(&sandbox, Plan::Free).await;
    let refused = write(&sandbox, "four").await.expect_err("no more today");
    assert_eq!(refused.details["usage"]["writesToday"], 3);
}

#[tokio::test]
async fn meters_say_what_a_recount_of_the_rows_does() {
    let sandbox = on(Plan::Pro).await;
    live_in(&sandbox, "Europe/Berlin").await;
    sandbox.clock.set(at("2026-01-31T22:30:00Z"));
    for slug in ["one", "two", "gone"] {
        write(&sandbox, slug).await.expect("there is room");
    }
    value(sandbox.call("links_delete", json!({ "slug": "gone" })).await);
    let token = token(&sandbox).await;
    let soon = json!({ "name": "soon", "scopes": ["*"], "expiresAt": "2026-01-31T23:30:00Z" });
    let lasting = json!({ "name": "revoked", "scopes": ["*"] });
    value(sandbox.call_as(&token, "tokens_create", soon).await);
    let revoked = value(sandbox.call_as(&token, "tokens_create", lasting).await);
    value(sandbox.call_as(&token, "tokens_revoke", json!({ "tokenId": revoked["tokenId"] })).await);
    // Two clicks before midnight in Berlin, when February begins there, and three behind.
    click(&sandbox, 2).await;
    sandbox.clock.set(at("2026-01-31T23:45:00Z"));
    click(&sandbox, 3).await;
    sandbox.drain().await;
    write(&sandbox, "three").await.expect("a new day");

    let now = sandbox.clock.now();
    let links = value(sandbox.call("links_list", json!({})).await)["links"].as_array().map(Vec::len);
    let tokens = sandbox.store.tokens(&fixtures::handle()).await.expect("listed");
    let standing = tokens.iter().filter(|token| token.standing(now).is_ok()).count();
    assert_eq!((links, tokens.len(), standing), (Some(3), 3, 1), "what there is to count");
    let expected = json!({
        "handle": "hello",
        "plan": "PRO",
        "writesDay": "20260201",
        "limits": { "writesPerDay": 10 },
        "usage": { "writesToday": 1 },
        "meters": [
            { "name": "links", "used": 3, "limit": null, "period": "now" },
            { "name": "tokens", "used": 1, "limit": null, "period": "now" },
            { "name": "collaborators", "used": 0, "limit": 100, "period": "now" },
            { "name": "clicks", "used": 3, "limit": null, "period": "month" },
            { "name": "writes", "used": 1, "limit": 10, "period": "day" },
        ],
    });
    assert_eq!(
        value(sandbox.call("system_usage_meters", json!({})).await),
        expected,
        "a token's are the owner's"
    );
    let token = self::token(&sandbox).await;
    assert_eq!(
        value(sandbox.call_as(&token, "system_usage_meters", json!({ "payload": {} })).await),
        expected
    );
    let narrow = sandbox.pat_with(&["usage.read"]).await;
    let request = sandbox.request("system_usage_meters", json!({}), Credential::Bearer(narrow));
    assert_eq!(value(sandbox.app.call(request).await)["meters"][1]["used"], 2, "by the scope's other name");
}

/// Visits of `one` by people.
async fn click(sandbox: &Sandbox, visits: u8) {
    let slot =
        sandbox.store.slot(&fixtures::handle(), &fixtures::key("one")).await.expect("the store answers");
    let link = slot.live.expect("there is the link");
    for visit in 0..visits {
        let visit = Visit {
            at: sandbox.app.clicks().now(),
            handle: &fixtures::handle(),
            link: link.parts().id,
            slug: &fixtures::slug("one"),
            visitor: visit.into(),
            device: Device::Desktop,
            referrer: "",
            facts: Facts::default(),
        };
        sandbox.app.clicks().record(visit).expect("there is room");
    }
}
