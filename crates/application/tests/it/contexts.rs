//! What context tokens say, to whom, and which are refused.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lp_access::Secret;
use lp_application::{Accepts, Code, ContextMint, ContextRefused, ContextRoom, Credential, Request, Surface};
use lp_core::{ClickId, Timestamp};
use lp_personalization::Context;
use lp_ports::Clock;
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{error, value};

fn context(sandbox: &Sandbox) -> Context<'static> {
    Context {
        at: sandbox.clock.now(),
        click: Some(ClickId::new(Uuid::from_u128(0x0193_2c8e_0000_7000_8000_0000_0000_0001))),
        handle: "hello",
        slug: "Launch",
        source: "newsletter",
        campaign: "spring",
        rule: "mobile-us",
        variant: "b",
        segment: "returning",
    }
}

/// A request of nobody, on an address that names no handle.
fn anybody(sandbox: &Sandbox, arguments: Value) -> Request {
    let request = sandbox.request("tracking_resolve_context", arguments, Credential::None);
    Request { bound: None, surface: Surface::Mcp, accepts: Accepts::Connector, ..request }
}

async fn resolve(sandbox: &Sandbox, arguments: Value) -> lp_application::Answer<lp_application::Reply> {
    sandbox.app.call(anybody(sandbox, arguments)).await
}

async fn refused(sandbox: &Sandbox, ctx: &str) -> (Code, String) {
    let refused = error(resolve(sandbox, json!({ "ctx": ctx })).await);
    (refused.code, refused.message)
}

fn secret(byte: u8) -> Secret {
    Secret::new([byte; 32])
}

/// The mint of an application with this secret.
async fn mint_of(secret: Secret) -> (Sandbox, ContextMint) {
    let sandbox = Sandbox::with(SandboxOptions { secret: Some(secret), ..SandboxOptions::default() }).await;
    let mint = sandbox.app.contexts();
    (sandbox, mint)
}

#[tokio::test]
async fn everybody_may_know_what_a_token_says() {
    let sandbox = Sandbox::new().await;
    let ctx = sandbox.app.contexts().mint(&context(&sandbox));
    let said = value(resolve(&sandbox, json!({ "ctx": ctx })).await);
    let expected = json!({
        "handle": "hello",
        "slug": "Launch",
        "attribution": { "source": "newsletter", "campaign": "spring" },
        "vars": { "variant": "b", "segment": "returning" },
        "ruleId": "mobile-us",
        "clickId": "clk_01jcp8w000e008000000000001",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "expiresAt": "2026-01-31T00:00:00.000Z",
    });
    assert_eq!(said, expected);
}

#[tokio::test]
async fn what_is_not_known_is_null() {
    let sandbox = Sandbox::new().await;
    let bare = Context {
        click: None,
        slug: "",
        source: "",
        campaign: "",
        rule: "",
        variant: "",
        segment: "",
        ..context(&sandbox)
    };
    let ctx = sandbox.app.contexts().mint(&bare);
    let said = value(resolve(&sandbox, json!({ "ctx": ctx })).await);
    assert_eq!(said["attribution"], json!({ "source": null, "campaign": null }));
    assert_eq!(said["vars"], json!({ "variant": null, "segment": null }));
    assert_eq!([&said["slug"], &said["ruleId"], &said["clickId"]], [&Value::Null; 3]);
}

#[tokio::test]
async fn a_token_of_another_handle_is_refused_wherever_a_handle_is_named() {
    let sandbox = Sandbox::new().await;
    let token = sandbox.other("elsewhere").await;
    let ctx = sandbox.app.contexts().mint(&context(&sandbox));
    let arguments = json!({ "ctx": ctx });
    let at =
        |handle: &str| Request { bound: Some(handle.to_owned()), ..anybody(&sandbox, arguments.clone()) };
    assert_eq!(value(sandbox.app.call(at("hello")).await)["handle"], "hello");
    let with_token = Request { credential: Credential::Bearer(token), ..at("elsewhere") };
    for request in [at("elsewhere"), with_token] {
        let refused = error(sandbox.app.call(request).await);
        assert_eq!(
            (refused.code, refused.message.as_str()),
            (Code::INVALID_CONTEXT, "the context token is of another handle")
        );
    }
    let named = |handle: &str| json!({ "ctx": ctx, "handle": handle });
    assert_eq!(value(resolve(&sandbox, named("hello")).await)["slug"], "Launch");
    assert_eq!(error(resolve(&sandbox, named("elsewhere")).await).code, Code::INVALID_CONTEXT);
    assert_eq!(crate::faults(&error(resolve(&sandbox, named("No")).await)), ["/handle invalid_handle"]);
}

#[tokio::test]
async fn a_handle_is_shown_as_it_is_called_now_and_one_that_was_given_up_is_not() {
    let sandbox = Sandbox::new().await;
    let ctx = sandbox.app.contexts().mint(&context(&sandbox));
    let rename = json!({ "newHandle": "again" });
    let renamed = sandbox.call_by(sandbox.owner, "hello", "handles_rename", rename).await;
    value(renamed);
    assert_eq!(value(resolve(&sandbox, json!({ "ctx": ctx })).await)["handle"], "again");
    assert_eq!(value(resolve(&sandbox, json!({ "ctx": ctx, "handle": "again" })).await)["handle"], "again");
    value(sandbox.call_by(sandbox.owner, "again", "handles_delete", json!({ "confirm": "again" })).await);
    assert_eq!(
        refused(&sandbox, &ctx).await,
        (Code::INVALID_CONTEXT, "the handle of the context token was given up".to_owned())
    );
}

#[tokio::test]
async fn whatever_is_cut_or_changed_is_refused_and_so_is_what_is_no_token() {
    let sandbox = Sandbox::new().await;
    let ctx = sandbox.app.contexts().mint(&context(&sandbox));
    for length in 0..ctx.len() {
        assert_eq!(refused(&sandbox, &ctx[..length]).await.0, Code::INVALID_CONTEXT, "cut to {length}");
    }
    for at in 0..ctx.len() {
        let other = if ctx.as_bytes()[at] == b'A' { "B" } else { "A" };
        let changed = format!("{}{other}{}", &ctx[..at], &ctx[at + 1..]);
        assert_eq!(refused(&sandbox, &changed).await.0, Code::INVALID_CONTEXT, "changed at {at}");
    }
    let (payload, mac) = ctx.strip_prefix("ctx1.").and_then(|rest| rest.split_once('.')).expect("two parts");
    let mut bytes = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let forged = format!("ctx1.{}.{mac}", URL_SAFE_NO_PAD.encode(bytes));
    assert_eq!(
        refused(&sandbox, &forged).await,
        (Code::INVALID_CONTEXT, "the context token was changed on its way".to_owned())
    );
    let long = format!("ctx1.{}.{mac}", "A".repeat(100_000));
    for odd in ["", "ctx1", "ctx1..", "ctx2.AAAA.AAAA", "null", &format!("{ctx}="), &format!(" {ctx}"), &long]
    {
        let (code, message) = refused(&sandbox, odd).await;
        assert_eq!(code, Code::INVALID_CONTEXT, "{odd:.20}");
        assert!(message.starts_with("this is not a context token"), "{message}");
    }
    assert_eq!(crate::faults(&error(resolve(&sandbox, json!({})).await)), ["/ctx required"]);
}

#[tokio::test]
async fn a_token_is_good_for_thirty_days() {
    let sandbox = Sandbox::new().await;
    let ctx = sandbox.app.contexts().mint(&context(&sandbox));
    sandbox.clock.advance(ContextMint::LIFE.saturating_sub(Duration::from_millis(1)));
    value(resolve(&sandbox, json!({ "ctx": ctx })).await);
    sandbox.clock.advance(Duration::from_millis(1));
    let (code, message) = refused(&sandbox, &ctx).await;
    assert_eq!((code, code.status()), (Code::CONTEXT_EXPIRED, 410));
    assert_eq!(message, "the context token has expired; they are good for 30 days");
}

#[tokio::test]
async fn keys_change_by_themselves_and_the_ones_before_are_believed_as_long_as_their_tokens_live() {
    let sandbox = Sandbox::new().await;
    let mint = sandbox.app.contexts();
    let mut keys = Vec::new();
    for _ in 0..130 {
        let ctx = mint.mint(&context(&sandbox));
        keys.push(ctx["ctx1.".len()..][..5].to_owned());
        sandbox.clock.advance(ContextMint::LIFE.saturating_sub(Duration::from_secs(1)));
        let mut room = ContextRoom::default();
        assert!(mint.open(&ctx, &mut room, sandbox.clock.now()).is_ok(), "ten years on too");
    }
    keys.dedup();
    assert!(keys.len() > 125, "{} keys", keys.len());
}

#[tokio::test]
async fn a_new_secret_makes_new_tokens_and_believes_those_of_the_one_before_only() {
    let (sandbox, first) = mint_of(secret(1)).await;
    let ctx = first.mint(&context(&sandbox));
    let second = Secret::following(&secret(1), [2; 32]);
    let third = Secret::following(&second, [3; 32]);
    let now = sandbox.clock.now();
    let opened = async |secret: Secret| {
        let (_, mint) = mint_of(secret).await;
        assert_ne!(mint.mint(&context(&sandbox)), ctx);
        mint.open(&ctx, &mut ContextRoom::default(), now).map(|context| context.slug.to_owned())
    };
    assert_eq!(opened(second).await, Ok("Launch".to_owned()));
    assert_eq!(opened(third).await, Err(ContextRefused::UnknownKey));
    assert_eq!(opened(secret(2)).await, Err(ContextRefused::UnknownKey));
    let (retired, _) = mint_of(Secret::following(&secret(2), [3; 32])).await;
    let (code, message) = refused(&retired, &ctx).await;
    assert_eq!(code, Code::INVALID_CONTEXT);
    assert_eq!(
        message,
        "the context token was made with a key that this installation does not know, or not any more"
    );
}

#[tokio::test]
async fn nodes_of_one_installation_open_each_others_tokens() {
    let (one, mint) = mint_of(secret(5)).await;
    let (other, _) = mint_of(secret(5)).await;
    let ctx = mint
        .mint(&Context { at: Timestamp::from_millis(one.clock.now().micros() / 1_000 + 5), ..context(&one) });
    value(resolve(&other, json!({ "ctx": ctx })).await);
}

#[tokio::test]
async fn the_script_is_told_where_everything_is() {
    let sandbox = Sandbox::new().await;
    let ask = async |handle: &str| {
        let arguments = json!({ "handle": handle });
        let request = sandbox.request("tracking_sdk_config", arguments, Credential::None);
        sandbox.app.call(Request { bound: None, ..request }).await
    };
    assert_eq!(
        value(ask("hello").await),
        json!({
            "handle": "hello",
            "apiUrl": "http://localhost:8080",
            "contextUrl": "http://localhost:8080/_edge/context/hello",
            "scriptUrl": "http://localhost:8080/_assets/sdk/link-platform.js",
            "contextParameter": "ctx",
            "attributes": { "title": "data-lp-title", "cta": "data-lp-cta", "destination": "data-lp-destination" },
        })
    );
    assert_eq!(error(ask("nobody").await).code, Code::NOT_FOUND);
    assert_eq!(crate::faults(&error(ask("No").await)), ["/handle invalid_handle"]);
}

#[tokio::test]
async fn origins_are_replaced_and_written_as_browsers_write_them() {
    let sandbox = Sandbox::new().await;
    let listed = value(sandbox.call("routing_list_context_origins", json!({})).await);
    assert_eq!(listed, json!({ "handle": "hello", "origins": [], "appendContext": true }));
    let update = async |payload: Value| {
        value(sandbox.call("routing_update_context_origins", json!({ "payload": payload })).await)
    };
    let typed = [
        "HTTPS://Shop.Example.com:443/",
        "http://localhost:3000",
        "https://shop.example.com",
        "https://bücher.example",
    ];
    let said = update(json!({ "origins": typed, "appendContext": false })).await;
    let written = ["https://shop.example.com", "http://localhost:3000", "https://xn--bcher-kva.example"];
    assert_eq!(said, json!({ "handle": "hello", "origins": written, "appendContext": false }));
    assert_eq!(value(sandbox.call("routing_list_context_origins", json!({})).await), said);
    let said = update(json!({ "origins": [] })).await;
    assert_eq!(
        said,
        json!({ "handle": "hello", "origins": [], "appendContext": false }),
        "what is not said is kept"
    );
}

#[tokio::test]
async fn every_origin_that_is_none_is_named_and_nothing_is_kept() {
    let sandbox = Sandbox::new().await;
    let refused = async |payload: Value| {
        error(sandbox.call("routing_update_context_origins", json!({ "payload": payload })).await)
    };
    let odd = [
        "https://e.com/path",
        "https://e.com",
        "null",
        "*",
        "https://*.e.com",
        "ftp://e.com",
        "https://me@e.com",
        "https://e.com?a",
        "e.com",
        "",
    ];
    let error = refused(json!({ "origins": odd, "appendContext": 1 })).await;
    let mut faults = crate::faults(&error);
    faults.sort();
    let mut expected: Vec<_> =
        [0, 2, 3, 4, 5, 6, 7, 8, 9].map(|at| format!("/payload/origins/{at} invalid_origin")).into();
    expected.insert(0, "/payload/appendContext wrong_type".to_owned());
    assert_eq!((faults, error.code), (expected, Code::VALIDATION));
    let many: Vec<_> = (0..101).map(|number| format!("https://e.com:{}", number + 1)).collect();
    assert_eq!(crate::faults(&refused(json!({ "origins": many })).await), ["/payload/origins too_many"]);
    assert_eq!(crate::faults(&refused(json!({})).await), ["/payload/origins required"]);
    let listed = value(sandbox.call("routing_list_context_origins", json!({})).await);
    assert_eq!(listed["origins"], json!([]));
}

#[tokio::test]
async fn origins_take_scopes_of_their_own() {
    let sandbox = Sandbox::new().await;
    let pat = sandbox.pat_with(&["links.*", "routing.context_origins.read"]).await;
    let with =
        |operation: &str, arguments| sandbox.request(operation, arguments, Credential::Bearer(pat.clone()));
    value(sandbox.app.call(with("routing_list_context_origins", json!({}))).await);
    let update = json!({ "payload": { "origins": [] } });
    let refused = error(sandbox.app.call(with("routing_update_context_origins", update)).await);
    assert_eq!(refused.code, Code::INSUFFICIENT_SCOPE);
    assert_eq!(refused.details["requiredScope"], "routing.context_origins.write");
}
