//! A tool that everybody may call, in a catalogue of its own.

use http::StatusCode;
use lp_application::{Catalogue, Cx, Error, Need, Operation, View, catalogue};
use lp_testkit::{Sandbox, SandboxOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::client::Client;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    word: String,
}

#[derive(Serialize, JsonSchema)]
struct Said {
    word: String,
}

impl View for Said {}

async fn say(_: Cx, asked: Asked) -> Result<Said, Error> {
    Ok(Said { word: asked.word })
}

async fn sandbox() -> Sandbox {
    let public = Operation::read("words_say", Need::Public, say).about("Say a word", "Say a word back.");
    assert!(catalogue().find("words_say").is_none());
    let rows = Catalogue::of(vec![public]);
    Sandbox::with(SandboxOptions { catalogue: Some(rows), ..SandboxOptions::default() }).await
}

#[tokio::test]
async fn a_public_tool_is_called_without_a_credential_or_with_any() {
    let sandbox = sandbox().await;
    let client = || Client::new(&sandbox).at("/mcp", None);
    for client in
        [client(), client().anonymous(), client().token("patv1_broken"), Client::new(&sandbox).anonymous()]
    {
        let answer = client.call("words_say", json!({ "word": "hello" })).await;
        assert_eq!(answer.structured(), &json!({ "word": "hello" }));
    }
    let faulty = client().anonymous().call("words_say", json!({})).await;
    assert_eq!(faulty.refused().0, 400);
}

#[tokio::test]
async fn everything_else_stays_closed() {
    let sandbox = sandbox().await;
    for method in ["tools/list", "ping"] {
        let answer = Client::new(&sandbox).anonymous().legacy(method, json!({})).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method}");
    }
    let answer = Client::new(&sandbox).anonymous().call("no_such_tool", json!({})).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn its_description_says_that_it_needs_nothing() {
    let sandbox = sandbox().await;
    let listed = Client::new(&sandbox).legacy("tools/list", json!({})).await;
    let tool = &listed.json["result"]["tools"][0];
    assert_eq!(tool["_meta"], json!({ "securitySchemes": [{ "type": "noauth" }] }));
    assert!(tool["inputSchema"]["properties"].get("handle").is_none());
}
