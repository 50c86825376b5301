//! What an app asks for, and what it is told.

use lp_testkit::Sandbox;
use lp_testkit::connector::CALLBACK;
use serde_json::{Value, json};

use super::{own, text};

/// The request of an app with other values; null takes one away.
fn request(client: &str, changes: &Value) -> Value {
    let Value::Object(mut asked) = Sandbox::asked(client) else { panic!("an object") };
    for (key, value) in changes.as_object().expect("changes") {
        if value.is_null() {
            asked.remove(key)
        } else {
            asked.insert(key.clone(), value.clone())
        };
    }
    asked.into()
}

async fn show(sandbox: &Sandbox, client: &str, changes: Value) -> Result<Value, String> {
    own(sandbox, "oauth_authorization_get", request(client, &changes)).await
}

/// The parameters that an app is sent back.
fn told(address: &Value) -> Vec<(String, String)> {
    let (base, query) = text(address).split_once('?').expect("a query");
    assert_eq!(base, CALLBACK);
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn value<'t>(told: &'t [(String, String)], name: &str) -> Option<&'t str> {
    told.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[tokio::test]
async fn as_long_as_client_and_address_are_not_certain_nobody_is_sent_anywhere() {
    let sandbox = Sandbox::new().await;
    let client = sandbox.client().await;
    for (changes, code) in [
        (json!({ "client_id": null }), "invalid_request"),
        (json!({ "client_id": "" }), "invalid_client"),
        (json!({ "client_id": "nobody" }), "invalid_client"),
        (json!({ "redirect_uri": null }), "invalid_request"),
        (json!({ "redirect_uri": "https://evil.example/callback" }), "invalid_redirect_uri"),
        (json!({ "redirect_uri": format!("{CALLBACK}/") }), "invalid_redirect_uri"),
        (json!({ "redirect_uri": format!("{CALLBACK}?a=b") }), "invalid_redirect_uri"),
    ] {
        assert_eq!(show(&sandbox, &client, changes.clone()).await, Err(code.to_owned()), "{changes}");
        let Value::Object(mut decided) = request(&client, &changes) else { panic!("an object") };
        decided.insert("decision".to_owned(), "approve".into());
        let decided = own(&sandbox, "oauth_authorization_decide", decided.into()).await;
        assert_eq!(decided, Err(code.to_owned()), "{changes}");
    }
}

#[tokio::test]
async fn every_other_fault_is_told_to_the_app_with_its_state_and_who_answers() {
    let sandbox = Sandbox::new().await;
    let client = sandbox.client().await;
    for (changes, code) in [
        (json!({ "response_type": null }), "invalid_request"),
        (json!({ "response_type": "token" }), "unsupported_response_type"),
        (json!({ "response_type": "code token" }), "unsupported_response_type"),
        (json!({ "code_challenge": null }), "invalid_request"),
        (json!({ "code_challenge": "short" }), "invalid_request"),
        (json!({ "code_challenge_method": null }), "invalid_request"),
        (json!({ "code_challenge_method": "plain" }), "invalid_request"),
        (json!({ "scope": "everything" }), "invalid_scope"),
        (json!({ "scope": "links.*" }), "invalid_scope"),
        (json!({ "scope": "*" }), "invalid_scope"),
        (json!({ "resource": "https://evil.example/mcp" }), "invalid_target"),
        (json!({ "resource": "http://hello.mcp.localhost:8080/mcp/" }), "invalid_target"),
        (json!({ "resource": "http://hello.mcp.localhost:8080" }), "invalid_target"),
        (json!({ "resource": "http://hello.localhost:8080/mcp" }), "invalid_target"),
        (json!({ "resource": "http://hello.mcp.localhost:8080.evil.example/mcp" }), "invalid_target"),
        (json!({ "resource": "http://localhost:8080/mcp/hello" }), "invalid_target"),
        (json!({ "resource": "" }), "invalid_target"),
        (json!({ "prompt": "none" }), "access_denied"),
    ] {
        let shown = show(&sandbox, &client, changes.clone()).await.expect("an answer");
        assert_eq!(shown["requested"], Value::Null, "{changes}");
        let told = told(&shown["redirectTo"]);
        assert_eq!(value(&told, "error"), Some(code), "{changes}");
        assert_eq!((value(&told, "state"), value(&told, "iss")), (Some("s"), Some("http://localhost:8080")));
        assert_eq!(value(&told, "code"), None);
    }
}

#[tokio::test]
async fn the_addresses_of_one_handle_are_one_resource_in_any_case_of_host() {
    let sandbox = Sandbox::new().await;
    let client = sandbox.client().await;
    for resource in [
        "http://hello.mcp.localhost:8080/mcp",
        "HTTP://Hello.MCP.localhost:8080/mcp",
        "http://localhost:8080/mcp/hello/mcp",
    ] {
        let shown = show(&sandbox, &client, json!({ "resource": resource })).await.expect("shown");
        assert_eq!(shown["requested"]["handle"], "hello", "{resource}");
    }
    for resource in [json!("http://localhost:8080/mcp"), Value::Null] {
        let shown = show(&sandbox, &client, json!({ "resource": resource })).await.expect("shown");
        assert_eq!(shown["requested"]["handle"], Value::Null, "{resource}");
        assert_eq!(shown["requested"]["handles"][0]["handle"], "hello");
    }
}

#[tokio::test]
async fn a_person_sees_who_asks_for_what() {
    let sandbox = Sandbox::new().await;
    let client = sandbox.client().await;
    let shown =
        show(&sandbox, &client, json!({ "scope": "links.read openid offline_access" })).await.expect("shown");
    let requested = &shown["requested"];
    assert_eq!(requested["client"]["name"], "Assistant");
    assert_eq!(requested["client"]["kind"], "REGISTERED");
    assert_eq!(requested["client"]["answersTo"], "https://assistant.example");
    assert_eq!((&requested["client"]["local"], &requested["remembered"]), (&json!(false), &json!(false)));
    let scopes = requested["scopes"].as_array().expect("scopes");
    let asked: Vec<_> =
        scopes.iter().filter(|scope| scope["asked"] == true).map(|scope| text(&scope["scope"])).collect();
    assert_eq!(asked, ["mcp.connect", "skills.read", "links.read"]);
    assert!(scopes.iter().any(|scope| scope["scope"] == "links.write" && scope["risk"] == "WRITE"));
    assert!(scopes.iter().all(|scope| scope["title"] != scope["scope"]), "every scope has words: {scopes:?}");
}

#[tokio::test]
async fn what_was_allowed_is_remembered_and_more_of_it_is_asked_for() {
    let sandbox = Sandbox::new().await;
    let (client, _) = sandbox.connector(&["links.read"]).await;
    let remembered = async |changes: Value| {
        show(&sandbox, &client, changes).await.expect("shown")["requested"]["remembered"].clone()
    };
    assert_eq!(
        remembered(json!({ "scope": "mcp.connect skills.read links.read" })).await,
        false,
        "skills.read was not allowed"
    );
    let code = sandbox.approve(&client, &["links.read", "skills.read"]).await;
    sandbox.public("oauth_token", Sandbox::redemption(&client, &code)).await.expect("tokens");
    assert_eq!(remembered(json!({ "scope": "links.read" })).await, true);
    assert_eq!(remembered(json!({ "scope": "links.write" })).await, false, "more");
    assert_eq!(
        remembered(json!({ "scope": "links.read", "prompt": "consent" })).await,
        false,
        "the app insists"
    );
    assert_eq!(
        remembered(json!({ "scope": "links.read", "resource": "http://localhost:8080/mcp" })).await,
        false,
        "elsewhere"
    );
    let other = sandbox.client().await;
    let shown = show(&sandbox, &other, json!({ "scope": "links.read" })).await.expect("shown");
    assert_eq!(shown["requested"]["remembered"], false, "another app, though it says the same of itself");

    let Value::Object(mut more) = request(&client, &json!({ "scope": "links.write" })) else {
        panic!("an object")
    };
    more.insert("decision".to_owned(), "approve".into());
    let answer = own(&sandbox, "oauth_authorization_decide", more.into()).await.expect("decided");
    let told = told(&answer["redirectTo"]);
    let redemption = Sandbox::redemption(&client, value(&told, "code").expect("a code"));
    let tokens = sandbox.public("oauth_token", redemption).await.expect("tokens");
    assert_eq!(tokens["scope"], "links.read links.write mcp.connect skills.read", "both together");
}

#[tokio::test]
async fn an_app_on_the_person_s_own_machine_is_never_let_in_unasked() {
    let sandbox = Sandbox::new().await;
    let told =
        json!({ "redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none" });
    let made = sandbox.public("oauth_register", told).await.expect("registered");
    let client = text(&made["client_id"]);
    let address = json!({ "redirect_uri": "http://127.0.0.1:50123/callback" });
    let Value::Object(mut approved) = request(client, &address) else { panic!("an object") };
    approved.insert("decision".to_owned(), "approve".into());
    let answer = own(&sandbox, "oauth_authorization_decide", approved.into()).await.expect("decided");
    let query =
        text(&answer["redirectTo"]).strip_prefix("http://127.0.0.1:50123/callback?").expect("its own port");
    let code = query.split('&').find_map(|pair| pair.strip_prefix("code=")).expect("a code");
    let Value::Object(mut redemption) = Sandbox::redemption(client, code) else { panic!("an object") };
    redemption.insert("redirect_uri".to_owned(), "http://127.0.0.1:50123/callback".into());
    sandbox.public("oauth_token", redemption.into()).await.expect("tokens");
    let shown = show(&sandbox, client, address).await.expect("shown");
    assert_eq!(
        (&shown["requested"]["remembered"], &shown["requested"]["client"]["local"]),
        (&json!(false), &json!(true))
    );
}

#[tokio::test]
async fn a_person_who_declines_leaves_nothing_but_a_line_in_the_audit() {
    let sandbox = Sandbox::new().await;
    let client = sandbox.client().await;
    let Value::Object(mut decided) = Sandbox::asked(&client) else { panic!("an object") };
    decided.insert("decision".to_owned(), "deny".into());
    let answer = own(&sandbox, "oauth_authorization_decide", decided.into()).await.expect("decided");
    let told = told(&answer["redirectTo"]);
    assert_eq!(
        (value(&told, "error"), value(&told, "state"), value(&told, "code")),
        (Some("access_denied"), Some("s"), None)
    );
    assert!(super::connections(&sandbox).await.is_empty());
    let audited = super::audited(&sandbox).await;
    assert!(
        audited.iter().any(|(_, _, subject)| subject == "denied https://assistant.example"),
        "{audited:?}"
    );
}

#[tokio::test]
async fn of_several_handles_one_is_named_and_a_foreign_one_does_not_exist() {
    let sandbox = Sandbox::new().await;
    own(&sandbox, "handles_create", json!({ "handle": "second" })).await.expect("made");
    sandbox.other("foreign").await;
    let client = sandbox.client().await;
    let decide = async |resource: Value, handle: Value| {
        let changes = json!({ "resource": resource, "decision": "approve", "handle": handle });
        own(&sandbox, "oauth_authorization_decide", request(&client, &changes)).await.map(drop)
    };
    let shared = || json!("http://localhost:8080/mcp");
    assert_eq!(decide(shared(), Value::Null).await, Err("missing_handle".to_owned()));
    assert_eq!(decide(shared(), json!("second")).await, Ok(()));
    assert_eq!(decide(shared(), json!("foreign")).await, Err("not_found".to_owned()));
    let foreign = json!("http://foreign.mcp.localhost:8080/mcp");
    assert_eq!(decide(foreign.clone(), Value::Null).await, Err("not_found".to_owned()));
    assert_eq!(decide(foreign, json!("foreign")).await, Err("handle_mismatch".to_owned()));
    let own_resource = json!("http://hello.mcp.localhost:8080/mcp");
    assert_eq!(decide(own_resource.clone(), json!("second")).await, Err("handle_mismatch".to_owned()));
    assert_eq!(decide(own_resource, json!("hello")).await, Ok(()));
}
