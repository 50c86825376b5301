//! Who can be a client, and how it is known.

use std::time::Duration;

use lp_application::oauth::ClientMetadata;
use lp_ports::{ClientDocument, DocumentFault};
use lp_testkit::Sandbox;
use lp_testkit::connector::CALLBACK;
use serde_json::{Value, json};

use super::own;

const DOCUMENT: &str = "https://assistant.example/client.json";

async fn asked(sandbox: &Sandbox, client: &str) -> Result<Value, String> {
    own(sandbox, "oauth_authorization_get", Sandbox::asked(client)).await
}

fn document(json: &Value, keep: Duration) -> ClientDocument {
    ClientDocument { bytes: json.to_string().into_bytes(), keep }
}

#[tokio::test]
async fn a_registration_answers_what_counts_of_it() {
    let sandbox = Sandbox::new().await;
    let told = json!({ "redirect_uris": [CALLBACK, "http://127.0.0.1/callback"], "client_name": " Desk " });
    let made = sandbox.public("oauth_register", told).await.expect("registered");
    assert_eq!(
        made["token_endpoint_auth_method"], "client_secret_basic",
        "what the standard says of who says nothing"
    );
    assert_eq!((&made["client_name"], &made["client_secret_expires_at"]), (&json!("Desk"), &json!(0)));
    assert_eq!(made["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert!(made["client_secret"].as_str().expect("a secret").starts_with("lpcs_"));
    let open = json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none" });
    let made = sandbox.public("oauth_register", open).await.expect("registered");
    assert_eq!((made.get("client_secret"), made.get("client_name")), (None, None));
}

#[tokio::test]
async fn every_fault_of_a_registration_is_told_at_once() {
    let sandbox = Sandbox::new().await;
    let refused = async |told: Value| {
        let request = sandbox.request("oauth_register", told, lp_application::Credential::None);
        let error = sandbox.app.call(request).await.result.expect_err("refused");
        let pointers: Vec<_> = error.fields.iter().map(|fault| fault.pointer.clone()).collect();
        (error.code.name(), pointers.join(" "))
    };
    for (told, code, pointers) in [
        (json!({}), "invalid_redirect_uri", "/redirect_uris"),
        (json!({ "redirect_uris": [] }), "invalid_redirect_uri", "/redirect_uris"),
        (json!({ "redirect_uris": ["http://evil.example"] }), "invalid_redirect_uri", "/redirect_uris"),
        (json!({ "redirect_uris": vec![CALLBACK; 11] }), "invalid_redirect_uri", "/redirect_uris"),
        (
            json!({ "redirect_uris": ["x"], "client_name": "a\u{202e}b", "token_endpoint_auth_method": "private_key_jwt",
                "grant_types": ["implicit"], "response_types": ["token"] }),
            "invalid_client_metadata",
            "/redirect_uris /client_name /token_endpoint_auth_method /grant_types /response_types",
        ),
        (json!({ "redirect_uris": "x" }), "invalid_client_metadata", "/redirect_uris"),
    ] {
        assert_eq!(refused(told.clone()).await, (code, pointers.to_owned()), "{told}");
    }
}

#[tokio::test]
async fn a_client_with_a_secret_must_show_it() {
    let sandbox = Sandbox::new().await;
    let told = json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post" });
    let made = sandbox.public("oauth_register", told).await.expect("registered");
    let client = made["client_id"].as_str().expect("an id");
    let code = sandbox.approve(client, &["links.read"]).await;
    let redeem = async |secret: Option<&Value>| {
        let Value::Object(mut sent) = Sandbox::redemption(client, &code) else { panic!("an object") };
        secret.map(|secret| sent.insert("client_secret".to_owned(), secret.clone()));
        sandbox.public("oauth_token", sent.into()).await
    };
    for wrong in [None, Some(&json!("")), Some(&json!("lpcs_wrong")), Some(&json!(client))] {
        assert_eq!(redeem(wrong).await, Err("invalid_client".to_owned()), "{wrong:?}");
    }
    assert!(redeem(Some(&made["client_secret"])).await.is_ok());
}

#[tokio::test]
async fn an_id_that_was_changed_in_any_place_is_nobodys() {
    let sandbox = Sandbox::new().await;
    let client = sandbox.client().await;
    assert!(asked(&sandbox, &client).await.is_ok());
    for place in (0..client.len()).step_by(7) {
        let mut bytes = client.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).expect("text");
        assert_eq!(asked(&sandbox, &changed).await, Err("invalid_client".to_owned()), "at {place}");
    }
    let vouched = client.replacen("dcr1.", "app1.", 1);
    assert_eq!(
        asked(&sandbox, &vouched).await,
        Err("invalid_client".to_owned()),
        "nobody makes itself trusted"
    );
}

#[tokio::test]
async fn a_client_that_the_operator_vouches_for_is_shown_as_such() {
    let sandbox = Sandbox::new().await;
    let metadata = ClientMetadata { redirect_uris: vec![CALLBACK.to_owned()], ..ClientMetadata::default() };
    let made = sandbox.app.vouch_for_client(&metadata).await.expect("registered");
    let asked = asked(&sandbox, &made.client_id).await.expect("asked");
    assert_eq!(asked["requested"]["client"]["kind"], "VOUCHED");
}

#[tokio::test]
async fn a_document_describes_the_client_at_its_address_and_is_read_again_when_it_is_old() {
    let sandbox = Sandbox::new().await;
    let told = json!({
        "client_id": DOCUMENT, "client_name": "Assistant", "redirect_uris": [CALLBACK],
        "logo_uri": "https://assistant.example/logo.png", "jwks": { "keys": [] }, "scope": null,
    });
    sandbox.documents.answer(DOCUMENT, Ok(document(&told, Duration::from_mins(5))));
    let view = asked(&sandbox, DOCUMENT).await.expect("asked");
    let client = &view["requested"]["client"];
    assert_eq!((&client["kind"], &client["host"]), (&json!("DOCUMENT"), &json!("assistant.example")));
    asked(&sandbox, DOCUMENT).await.expect("asked");
    assert_eq!(sandbox.documents.asked().len(), 1, "it is remembered");
    sandbox.clock.advance(Duration::from_mins(5));
    asked(&sandbox, DOCUMENT).await.expect("asked");
    assert_eq!(sandbox.documents.asked().len(), 2);
}

#[tokio::test]
async fn a_document_that_does_not_describe_its_own_address_is_refused() {
    let sandbox = Sandbox::new().await;
    let good = json!({ "client_id": DOCUMENT, "redirect_uris": [CALLBACK] });
    let with = |key: &str, value: Value| {
        let mut told = good.clone();
        told[key] = value;
        Ok(document(&told, Duration::from_mins(1)))
    };
    for (told, what) in [
        (with("client_id", json!("https://assistant.example/other.json")), "another id"),
        (with("client_id", json!("https://ASSISTANT.example/client.json")), "nearly the id"),
        (with("client_id", Value::Null), "no id"),
        (with("redirect_uris", json!([])), "no address"),
        (with("redirect_uris", json!(["http://evil.example/"])), "an address that is not safe"),
        (with("redirect_uris", json!("x")), "a wrong type"),
        (with("token_endpoint_auth_method", json!("client_secret_basic")), "a secret"),
        (with("token_endpoint_auth_method", json!("private_key_jwt")), "keys"),
        (Ok(ClientDocument { bytes: b"<html>".to_vec(), keep: Duration::from_mins(1) }), "no JSON"),
        (Err(DocumentFault::Forbidden), "a private address"),
        (Err(DocumentFault::TooLarge), "a large one"),
        (Err(DocumentFault::Status(302)), "a redirect"),
    ] {
        sandbox.documents.answer(DOCUMENT, told);
        assert_eq!(asked(&sandbox, DOCUMENT).await, Err("invalid_client".to_owned()), "{what}");
    }
    for id in [
        "https://assistant.example",
        "https://assistant.example/",
        "https://assistant.example/a#b",
        "https://user@assistant.example/a",
        "https://assistant.example/../a",
        "https://ASSISTANT.example/a",
    ] {
        let before = sandbox.documents.asked().len();
        assert_eq!(asked(&sandbox, id).await, Err("invalid_client".to_owned()), "{id}");
        assert_eq!(sandbox.documents.asked().len(), before, "{id} is not even fetched");
    }
}
