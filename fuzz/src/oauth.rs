//! What apps say to the authorization server: the first line is a redirect address, the second a resource, the third a scope
//! list, the fourth a code, token or client id; the whole is what a client says of itself.

use lp_access::{ConnectionSecret, RedirectUri};
use lp_testkit::Sandbox;
use serde_json::{Value, json};
use url::Url;

use crate::stage::Stage;

thread_local! {
    static STAGE: Stage<Sandbox> = Stage::new(u32::MAX, || Box::pin(Sandbox::new()));
}

const REGISTERED: [&str; 3] =
    ["https://app.example/callback?tenant=1", "http://127.0.0.1/callback", "http://[::1]:7/"];

pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default().to_owned();
    let (redirect, resource, scope, secret) = (line(), line(), line(), line());
    address(&redirect);
    opaque(&secret);
    let said = serde_json::from_str::<Value>(text).ok();
    STAGE.with(|stage| {
        stage.run(async |sandbox| {
            asks(sandbox, &redirect, &resource, &scope).await;
            exchanges(sandbox, &secret, &redirect).await;
            if let Some(Value::Object(said)) = said {
                registers(sandbox, said.into()).await;
            }
        });
    });
}

/// Browsers read an address as we do: same host, no fragment, nobody's name in it, and plain http only to the machine itself.
fn address(text: &str) {
    let Ok(uri) = RedirectUri::parse(text) else { return };
    let url = Url::parse(text).expect("an address");
    assert_eq!(url.host_str(), Some(uri.host()));
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()) && url.fragment().is_none());
    assert!(url.username().is_empty() && url.password().is_none());
    assert!(url.scheme() == "https" || uri.is_loopback());
    assert_eq!(url.origin().ascii_serialization(), uri.origin());
    for known in REGISTERED.map(|known| RedirectUri::parse(known).expect("registered")) {
        if known.admits(&uri) {
            let known = Url::parse(known.as_str()).expect("an address");
            assert_eq!((known.host(), known.path(), known.query()), (url.host(), url.path(), url.query()));
        }
    }
}

fn opaque(text: &str) {
    let Some(secret) = ConnectionSecret::parse(text) else { return };
    assert_eq!(secret.text(), text);
    assert!(!format!("{secret:?}").contains(&text[6..]), "a secret is never shown");
}

/// Whatever is asked, nobody is sent anywhere but to what was registered.
async fn asks(sandbox: &Sandbox, redirect: &str, resource: &str, scope: &str) {
    let metadata = json!({ "redirect_uris": REGISTERED, "token_endpoint_auth_method": "none" });
    let client = sandbox.public("oauth_register", metadata).await.expect("registered")["client_id"].clone();
    let mut asked = Sandbox::asked(client.as_str().expect("an id"));
    for (name, value) in [("redirect_uri", redirect), ("resource", resource), ("scope", scope)] {
        asked[name] = value.into();
    }
    let answer = sandbox.call_by(sandbox.owner, "hello", "oauth_authorization_get", asked).await;
    match answer.result {
        Err(error) => assert!(matches!(error.code.status(), 400 | 401), "{error:?}"),
        Ok(reply) => {
            let admitted = REGISTERED.iter().any(|known| {
                let known = RedirectUri::parse(known).expect("registered");
                RedirectUri::parse(redirect).is_ok_and(|asked| known.admits(&asked))
            });
            assert!(admitted, "{redirect}");
            if let Some(address) = reply.value["redirectTo"].as_str() {
                assert!(address.starts_with(redirect));
                let there = Url::parse(address).expect("an address");
                let told = |name: &str| there.query_pairs().filter(|(key, _)| key == name).count();
                assert_eq!((told("error"), told("iss"), told("state"), told("code")), (1, 1, 1, 0));
            }
        }
    }
}

/// Nothing that was not given out is exchanged.
async fn exchanges(sandbox: &Sandbox, secret: &str, redirect: &str) {
    let client = sandbox.client().await;
    for arguments in [
        json!({ "grant_type": "refresh_token", "refresh_token": secret, "client_id": client }),
        json!({ "grant_type": "authorization_code", "code": secret, "redirect_uri": redirect,
            "code_verifier": lp_testkit::connector::PROOF, "client_id": client }),
        json!({ "grant_type": "refresh_token", "refresh_token": "x", "client_id": secret }),
    ] {
        let refused = sandbox.public("oauth_token", arguments).await.expect_err("nothing was given out");
        assert!(matches!(refused.as_str(), "invalid_grant" | "invalid_client"), "{refused}");
    }
}

/// What is registered can be asked for, and is told as it counts.
async fn registers(sandbox: &Sandbox, said: Value) {
    let Ok(made) = sandbox.public("oauth_register", said).await else { return };
    let client = made["client_id"].as_str().expect("an id");
    for redirect in made["redirect_uris"].as_array().expect("addresses") {
        let mut asked = Sandbox::asked(client);
        asked["redirect_uri"] = redirect.clone();
        let answer = sandbox.call_by(sandbox.owner, "hello", "oauth_authorization_get", asked).await;
        let view = answer.result.expect("a known client at its own address").value;
        assert_eq!(view["requested"]["client"]["name"], made["client_name"]);
    }
}
