//! Credentials: the first line is an `Authorization` header, the second an `x-api-key`.

use lp_access::{Pat, mint};
use lp_application::Credential;
use lp_core::{Handle, Scopes, Timestamp, UserId};
use lp_testkit::Sandbox;
use serde_json::Map;
use uuid::Uuid;

use crate::stage::Stage;

thread_local! {
    static STAGE: Stage<Sandbox> = Stage::new(u32::MAX, || Box::pin(Sandbox::new()));
}

pub fn check(data: &[u8]) {
    let (first, second) = match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], Some(&data[at + 1..])),
        None => (data, None),
    };
    let (first, second) = (str::from_utf8(first).ok(), second.map(|key| str::from_utf8(key).ok()));
    pat(first.unwrap_or_default());
    let Ok(shown) = Credential::of_headers([first].into_iter(), second.into_iter()) else { return };
    let Credential::Bearer(token) = shown else { panic!("an authorization was sent") };
    assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
    let repeated = Credential::of_headers(
        [Some(format!("bearer {token}").as_str())].into_iter(),
        [Some(token.as_str())].into_iter(),
    );
    assert!(matches!(repeated, Ok(Credential::Bearer(same)) if same == token));
    pat(&token);
    STAGE.with(|stage| {
        stage.run(async |sandbox| {
            signed(sandbox, token.clone()).await;
            opens(sandbox, token).await;
        });
    });
}

/// A token opens what was made with it, and one that is written otherwise in any place does not.
fn pat(text: &str) {
    let Ok(sent) = Pat::parse(text) else { return };
    assert!(Pat::claims(text));
    let (id, secret) = text.strip_prefix("patv1_").and_then(|rest| rest.split_once('.')).expect("its form");
    assert_eq!(sent.id.to_string(), id);
    assert!(!format!("{sent:?}").contains(secret), "a secret is never shown");
    let at = Timestamp::from_millis(1_767_225_600_000);
    let handle = Handle::parse("hello").expect("a handle");
    let owner = UserId::new(Uuid::from_u128(1));
    let minted = mint(sent.id.uuid(), [7; 32], handle, owner, "fuzz", Scopes::all(), at);
    let own = Pat::parse(&minted.text).expect("what is given out can be read");
    assert!(minted.record.admit(&own, at).is_ok());
    assert_eq!(minted.record.admit(&sent, at).is_ok(), minted.text == text);
}

/// Only the sandbox's own token opens it.
async fn opens(sandbox: &Sandbox, token: String) {
    let own = token == sandbox.pat;
    let request = sandbox.request("system_health", Map::new().into(), Credential::Bearer(token));
    match sandbox.app.call(request).await.result {
        Ok(_) => assert!(own, "a stranger's token opens nothing"),
        Err(error) => assert!(!own && error.code.status() == 401, "{error:?}"),
    }
}

/// Nobody can write a signed address without the installation's secret.
async fn signed(sandbox: &Sandbox, grant: String) {
    let arguments = serde_json::json!({ "format": "csv" });
    let request = sandbox.request("links_export", arguments, Credential::Grant(grant));
    let answer = sandbox.app.stream(request, Box::pin(futures_util::stream::empty())).await;
    assert!(answer.result.is_err_and(|error| error.code.status() == 401));
}
