//! Signing in, staying signed in, signing out, and what accounts may.

use std::time::Duration;

use lp_application::{Accepts, Credential, Limits, Request};
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().expect("a text")
}

async fn login(sandbox: &Sandbox, email: &str, password: &str) -> Result<Value, String> {
    let arguments = json!({ "email": email, "password": password, "agent": "laptop" });
    public(sandbox, "auth_login", arguments).await
}

async fn refresh(sandbox: &Sandbox, token: &str) -> Result<Value, String> {
    public(sandbox, "auth_refresh", json!({ "refreshToken": token })).await
}

async fn public(sandbox: &Sandbox, operation: &str, arguments: Value) -> Result<Value, String> {
    let answer = sandbox.app.call(sandbox.request(operation, arguments, Credential::None)).await;
    answer.result.map(|reply| reply.value).map_err(|error| error.code.name().to_owned())
}

async fn called(sandbox: &Sandbox, token: &str, operation: &str, arguments: Value) -> Result<Value, String> {
    let answer = sandbox.call_as(token, operation, arguments).await;
    answer.result.map(|reply| reply.value).map_err(|error| error.code.name().to_owned())
}

#[tokio::test]
async fn who_signs_in_is_known_and_reaches_the_own_handles() {
    let sandbox = Sandbox::new().await;
    let signed_in = login(&sandbox, "OWNER@example.com", "correct horse").await.expect("signed in");
    assert_eq!((&signed_in["tokenType"], &signed_in["expiresIn"]), (&json!("Bearer"), &json!(3_600)));
    let user = json!({ "userId": sandbox.owner.to_string(), "email": "owner@example.com" });
    assert_eq!(signed_in["user"], user);
    let token = text(&signed_in, "accessToken");
    let me = called(&sandbox, token, "auth_me", json!({})).await.expect("known");
    assert_eq!(me["userId"], user["userId"]);
    let product = called(&sandbox, token, "account_openanalyst_me", json!({})).await.expect("entitled");
    assert_eq!(product["entitlements"], json!(["openanalyst"]));
    let handles = called(&sandbox, token, "handles_list", json!({})).await.expect("listed");
    assert_eq!(
        (&handles["handles"][0]["handle"], &handles["handles"][0]["role"]),
        (&json!("hello"), &json!("OWNER"))
    );
    let links = called(&sandbox, token, "links_list", json!({})).await.expect("its owner may");
    assert_eq!(links["handle"], "hello");
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_look_the_same() {
    let sandbox = Sandbox::new().await;
    for (email, password) in [("nobody@example.com", "correct horse"), ("owner@example.com", "wrong")] {
        let arguments = json!({ "email": email, "password": password });
        let answer = sandbox.app.call(sandbox.request("auth_login", arguments, Credential::None)).await;
        let error = answer.result.expect_err("refused");
        assert_eq!(error.code.name(), "invalid_credentials");
        assert_eq!(error.message, "no account has this e-mail address with this password");
    }
    assert_eq!(login(&sandbox, "no address", "x").await, Err("validation_error".to_owned()));
}

#[tokio::test]
async fn a_session_goes_on_from_token_to_token_and_ends_when_one_comes_twice() {
    let sandbox = Sandbox::new().await;
    let first = login(&sandbox, "owner@example.com", "correct horse").await.expect("signed in");
    let second = refresh(&sandbox, text(&first, "refreshToken")).await.expect("renewed");
    assert_ne!(first["refreshToken"], second["refreshToken"]);
    // The answer got lost: the same token again, a moment later.
    sandbox.clock.advance(Duration::from_secs(9));
    let again = refresh(&sandbox, text(&first, "refreshToken")).await.expect("a repeat");
    assert_eq!(again["refreshToken"], second["refreshToken"]);
    let third = refresh(&sandbox, text(&second, "refreshToken")).await.expect("renewed");

    sandbox.clock.advance(Duration::from_secs(30));
    assert_eq!(refresh(&sandbox, text(&first, "refreshToken")).await, Err("token_revoked".to_owned()));
    assert_eq!(refresh(&sandbox, text(&third, "refreshToken")).await, Err("token_revoked".to_owned()));
    let refused = called(&sandbox, text(&third, "accessToken"), "auth_me", json!({})).await;
    assert_eq!(refused, Err("token_revoked".to_owned()));
}

#[tokio::test]
async fn tokens_expire_the_access_token_after_an_hour_and_the_session_after_thirty_days() {
    let sandbox = Sandbox::new().await;
    let signed_in = sandbox.sign_in().await;
    sandbox.clock.advance(Duration::from_hours(1));
    let refused = called(&sandbox, text(&signed_in, "accessToken"), "auth_me", json!({})).await;
    assert_eq!(refused, Err("token_expired".to_owned()));
    sandbox.clock.advance(Duration::from_hours(29 * 24));
    let renewed = refresh(&sandbox, text(&signed_in, "refreshToken")).await.expect("in time");
    sandbox.clock.advance(Duration::from_hours(30 * 24));
    assert_eq!(refresh(&sandbox, text(&renewed, "refreshToken")).await, Err("token_expired".to_owned()));
    sandbox.clock.advance(Duration::from_hours(31 * 24));
    assert_eq!(sandbox.app.forget_sessions().await.expect("the store answers"), 1);
    assert_eq!(refresh(&sandbox, text(&renewed, "refreshToken")).await, Err("invalid_token".to_owned()));
}

#[tokio::test]
async fn what_is_no_refresh_token_renews_nothing() {
    let sandbox = Sandbox::new().await;
    let unknown = format!("rtv1_{}", "a".repeat(52));
    for wrong in ["x", "rtv1_", &unknown, sandbox.pat.as_str()] {
        assert_eq!(refresh(&sandbox, wrong).await, Err("invalid_token".to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn sessions_are_listed_and_ended_and_those_of_others_do_not_exist() {
    let sandbox = Sandbox::new().await;
    let here = login(&sandbox, "owner@example.com", "correct horse").await.expect("signed in");
    sandbox.clock.advance(Duration::from_secs(1));
    let there = sandbox.sign_in().await;
    let token = text(&here, "accessToken");
    let list = called(&sandbox, token, "account_sessions_list", json!({})).await.expect("listed");
    let sessions = list["sessions"].as_array().expect("a list");
    assert_eq!((&sessions[0]["current"], &sessions[1]["current"]), (&json!(false), &json!(true)));
    assert_eq!((&sessions[0]["agent"], &sessions[1]["agent"]), (&Value::Null, &json!("laptop")));

    let other = json!({ "session": sessions[0]["sessionId"] });
    called(&sandbox, token, "account_sessions_end", other).await.expect("ended");
    assert_eq!(refresh(&sandbox, text(&there, "refreshToken")).await, Err("token_revoked".to_owned()));
    let unknown = json!({ "session": "ses_01hf000000000000000000000b" });
    let refused = called(&sandbox, token, "account_sessions_end", unknown).await;
    assert_eq!(refused, Err("not_found".to_owned()));

    called(&sandbox, token, "auth_logout", json!({})).await.expect("signed out");
    assert_eq!(called(&sandbox, token, "auth_me", json!({})).await, Err("token_revoked".to_owned()));
    assert_eq!(refresh(&sandbox, text(&here, "refreshToken")).await, Err("token_revoked".to_owned()));
}

#[tokio::test]
async fn a_handle_is_taken_once_and_belongs_to_who_took_it() {
    let sandbox = Sandbox::new().await;
    let token = sandbox.sign_in().await;
    let token = text(&token, "accessToken");
    let made = called(&sandbox, token, "handles_create", json!({ "handle": "acme" })).await.expect("made");
    assert_eq!(
        (&made["handle"], &made["role"], &made["url"]),
        (&json!("acme"), &json!("OWNER"), &json!("http://acme.localhost:8080"))
    );
    let again = called(&sandbox, token, "handles_create", json!({ "handle": "acme" })).await;
    assert_eq!(again, Err("conflict".to_owned()));
    for wrong in ["a", "-acme", "app", "Acme"] {
        let refused = called(&sandbox, token, "handles_create", json!({ "handle": wrong })).await;
        assert_eq!(refused, Err("validation_error".to_owned()), "{wrong}");
    }
    let list = called(&sandbox, token, "handles_list", json!({})).await.expect("listed");
    let names: Vec<_> =
        list["handles"].as_array().expect("a list").iter().map(|handle| &handle["handle"]).collect();
    assert_eq!(names, ["acme", "hello"]);
}

#[tokio::test]
async fn a_token_opens_what_its_scopes_say_until_it_expires_or_is_revoked() {
    let sandbox = Sandbox::new().await;
    let signed_in = sandbox.sign_in().await;
    let account = text(&signed_in, "accessToken");
    let wanted = json!({ "name": "deploy", "scopes": ["links.read", "analytics.*"], "expiresAt": "2100-01-01T00:00:00Z" });
    let made = called(&sandbox, account, "tokens_create", wanted).await.expect("made");
    let pat = text(&made, "token").to_owned();
    assert!(pat.starts_with(&format!("patv1_{}.", text(&made, "tokenId"))), "{pat}");
    let call = async |operation| {
        let request = sandbox.request(operation, json!({}), Credential::Bearer(pat.clone()));
        sandbox.app.call(request).await.result.map(|_| ()).map_err(|error| error.code.name().to_owned())
    };
    assert_eq!(call("links_list").await, Ok(()));
    assert_eq!(call("system_health").await, Err("insufficient_scope".to_owned()));

    let list = called(&sandbox, account, "tokens_list", json!({})).await.expect("listed");
    let listed = list["tokens"].as_array().expect("a list").last().expect("two").clone();
    assert_eq!(listed["name"], "deploy");
    assert!(!list.to_string().contains(&pat[pat.len() - 20..]), "no secret is listed");

    let one = json!({ "tokenId": made["tokenId"] });
    called(&sandbox, account, "tokens_revoke", one).await.expect("revoked");
    assert_eq!(call("links_list").await, Err("token_revoked".to_owned()));
}

#[tokio::test]
async fn no_token_may_manage_tokens_and_none_acts_as_an_account() {
    let sandbox = Sandbox::new().await;
    for operation in ["tokens_list", "handles_list", "auth_me"] {
        let refused = sandbox.call(operation, json!({})).await.result.expect_err("refused");
        assert_eq!(refused.code.name(), "invalid_token", "{operation}");
    }
}

#[tokio::test]
async fn a_repeat_of_making_a_token_makes_none_and_does_not_tell_the_secret() {
    let sandbox = Sandbox::new().await;
    let signed_in = sandbox.sign_in().await;
    let wanted = json!({ "name": "deploy", "scopes": ["*"] });
    let request = || {
        let credential = Credential::Bearer(text(&signed_in, "accessToken").to_owned());
        let request = sandbox.request("tokens_create", wanted.clone(), credential);
        Request { accepts: Accepts::Jwt, idempotency_key: Some("once".to_owned()), ..request }
    };
    let first = sandbox.app.call(request()).await.result.expect("made");
    let second = sandbox.app.call(request()).await.result.expect("repeated");
    assert!(second.replayed && first.value["token"].is_string());
    assert_eq!((&second.value["tokenId"], &second.value["token"]), (&first.value["tokenId"], &Value::Null));
}

#[tokio::test]
async fn a_token_that_cannot_be_names_every_fault() {
    let sandbox = Sandbox::new().await;
    let signed_in = sandbox.sign_in().await;
    let account = text(&signed_in, "accessToken");
    let wrong =
        json!({ "name": "", "scopes": ["links.read", "nothing.*"], "expiresAt": "tomorrow", "more": 1 });
    let error = sandbox.call_as(account, "tokens_create", wrong).await.result.expect_err("refused");
    let pointers: Vec<_> = error.fields.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers.len(), 4, "{pointers:?}");
    let past = json!({ "name": "x", "scopes": ["*"], "expiresAt": "2001-01-01T00:00:00Z" });
    let error = sandbox.call_as(account, "tokens_create", past).await.result.expect_err("refused");
    assert_eq!(error.fields[0].code, "in_the_past");
}

#[tokio::test]
async fn guessing_at_one_account_slows_down_that_place_only() {
    let options = SandboxOptions { limits: Some(Limits::default()), ..SandboxOptions::default() };
    let sandbox = Sandbox::with(options).await;
    let from = async |address: &str, password: &str| {
        let arguments = json!({ "email": "owner@example.com", "password": password });
        let request = sandbox.request("auth_login", arguments, Credential::None);
        let request = Request { address: Some(address.parse().expect("an address")), ..request };
        sandbox
            .app
            .call(request)
            .await
            .result
            .map(|_| ())
            .map_err(|error| (error.code.name(), error.retry_after))
    };
    for _ in 0..10 {
        assert_eq!(from("192.0.2.1", "guess").await.map_err(|error| error.0), Err("invalid_credentials"));
    }
    let (code, wait) = from("192.0.2.1", "correct horse").await.expect_err("slowed down");
    assert_eq!(code, "rate_limited");
    assert!(
        wait.is_some_and(|wait| wait > Duration::from_secs(30) && wait <= Duration::from_mins(1)),
        "{wait:?}"
    );
    assert_eq!(from("192.0.2.2", "correct horse").await, Ok(()), "the person is not locked out elsewhere");
    sandbox.clock.advance(Duration::from_secs(61));
    assert_eq!(from("192.0.2.1", "correct horse").await, Ok(()));
}
