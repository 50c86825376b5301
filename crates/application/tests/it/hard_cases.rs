//! The five cases the row type must carry from the start, as rows of their own: an upsert; a bulk import (a stream); a
//! public operation without an actor; two tools over one REST route; an upload with a signed address.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use lp_access::Need;
use lp_application::{
    Auth, Body, ByteStream, Catalogue, Code, Credential, Cx, Effect, Error, Method, Mount, Operation, Query,
    Request, Stream, StreamReply, View,
};
use lp_core::{Role, Scope};
use lp_testkit::{Sandbox, SandboxOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{error, value};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Anything {
    #[serde(default)]
    ctx: String,
    #[serde(default)]
    html: Option<String>,
    #[serde(default)]
    files: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[serde(rename_all = "camelCase")]
struct Upload {
    path: String,
    #[serde(default)]
    #[expect(dead_code, reason = "every stream that takes bytes is told how they are written")]
    content_type: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Said {
    said: String,
}

impl View for Said {}

fn deploy() -> Need {
    Need::Member { role: Role::Creator, scope: Scope::SITE_DEPLOYMENTS_WRITE }
}

fn public(path: &str) -> Mount {
    Mount {
        method: Method::Get,
        path: path.to_owned(),
        auth: Auth::Public,
        body: Body::None,
        query: Query::Rest,
    }
}

async fn said(_: Cx, input: Anything) -> Result<Said, Error> {
    Ok(Said { said: format!("{}{:?}{}", input.ctx, input.html, input.files.len()) })
}

async fn upload(_: Cx, input: Upload, mut bytes: ByteStream) -> Result<StreamReply, Error> {
    let mut length = 0;
    while let Some(piece) = bytes.next().await {
        length += piece?.len();
    }
    let body = stream::once(async move { Ok(Bytes::from(format!("{} {length}", input.path))) });
    Ok(StreamReply { content_type: "text/plain", file_name: None, inline: true, body: Box::pin(body) })
}

fn rows() -> Catalogue {
    const PNG: Stream = Stream { consumes: &["image/png"], produces: &["text/plain"], max_bytes: 1_000 };
    let mut rows = vec![
        Operation::read("tracking_resolve_context", Need::Public, said).mount(public("/v2/public/context")),
        Operation::write("site_deploy", deploy(), said)
            .at(Method::Post, "site-deployments")
            .body(Body::Rest)
            .no_tool(),
        Operation::write("site_deploy_inline", deploy(), said),
        Operation::write("site_deploy_multifile", deploy(), said),
        Operation::stream("site_upload", deploy(), Effect::PUBLISH, PNG, upload).mount(Mount {
            method: Method::Put,
            path: "/_uploads/{handle}".to_owned(),
            auth: Auth::Signed,
            body: Body::Bytes,
            query: Query::Rest,
        }),
    ];
    rows.push(
        Operation::write("thing_upsert", deploy(), said)
            .at(Method::Put, "things/{ctx}")
            .body(Body::Under("html")),
    );
    Catalogue::of(rows)
}

async fn sandbox() -> Sandbox {
    Sandbox::with(SandboxOptions { catalogue: Some(rows()), ..SandboxOptions::default() }).await
}

fn bytes(text: &'static str) -> ByteStream {
    Box::pin(stream::once(async move { Ok(Bytes::from_static(text.as_bytes())) }))
}

#[tokio::test]
async fn a_public_row_needs_no_actor_and_no_handle() {
    let sandbox = sandbox().await;
    let request = sandbox.request("tracking_resolve_context", json!({ "ctx": "abc" }), Credential::None);
    assert_eq!(value(sandbox.app.call(Request { bound: None, ..request }).await)["said"], "abcNone0");
}

#[tokio::test]
async fn two_tools_share_one_route() {
    let sandbox = sandbox().await;
    let rows = rows();
    let tools: Vec<_> = rows.operations().iter().filter(|row| row.tool).map(|row| row.name).collect();
    assert!(tools.contains(&"site_deploy_inline") && tools.contains(&"site_deploy_multifile"));
    let mounted = |name: &str| rows.find(name).map(|row| row.mounts().len());
    assert_eq!((mounted("site_deploy"), mounted("site_deploy_inline")), (Some(2), Some(0)));
    value(sandbox.call("site_deploy_inline", json!({ "html": "<p>" })).await);
    value(sandbox.call("site_deploy_multifile", json!({ "files": ["index.html"] })).await);
}

#[tokio::test]
async fn an_upload_is_opened_by_its_signed_address_alone() {
    let sandbox = sandbox().await;
    let ask = sandbox.request(
        "site_upload",
        json!({ "path": "logo.png" }),
        Credential::Bearer(sandbox.pat.clone()),
    );
    let signed = sandbox.app.sign(ask).await.result.expect("signed");
    assert_eq!((signed.method, signed.consumes), ("PUT", &["image/png"][..]));
    let grant = signed.url.split_once("?grant=").expect("a grant").1.to_owned();
    assert!(signed.url.starts_with("http://localhost:8080/_uploads/hello?grant="));
    let put = |credential| {
        sandbox.request("site_upload", json!({ "path": "other.png", "contentType": "image/png" }), credential)
    };
    let mut reply = sandbox
        .app
        .stream(put(Credential::Grant(grant.clone())), bytes("12345"))
        .await
        .result
        .expect("taken");
    assert_eq!(
        reply.body.next().await.expect("a piece").expect("bytes"),
        "logo.png 5",
        "the grant's arguments stand"
    );
    let forged = format!("{grant}x");
    let refused =
        sandbox.app.stream(put(Credential::Grant(forged)), bytes("")).await.result.err().expect("refused");
    assert_eq!(refused.code, Code::INVALID_TOKEN);
    sandbox.clock.advance(std::time::Duration::from_mins(16));
    let late =
        sandbox.app.stream(put(Credential::Grant(grant)), bytes("")).await.result.err().expect("refused");
    assert_eq!(late.code, Code::TOKEN_EXPIRED);
}

#[tokio::test]
async fn a_grant_opens_only_its_own_operation() {
    let sandbox = sandbox().await;
    let ask = sandbox.request(
        "site_upload",
        json!({ "path": "logo.png" }),
        Credential::Bearer(sandbox.pat.clone()),
    );
    let signed = sandbox.app.sign(ask).await.result.expect("signed");
    let grant = signed.url.split_once("?grant=").expect("a grant").1.to_owned();
    let other = sandbox.request("site_deploy", json!({}), Credential::Grant(grant));
    assert_eq!(error(sandbox.app.call(other).await).code, Code::INVALID_TOKEN);
}

#[test]
fn two_rows_with_one_name_or_route_do_not_start() {
    let row = |name| Operation::read(name, Need::Public, said).mount(public("/v2/x"));
    let same_name = std::panic::catch_unwind(|| Catalogue::of(vec![row("a_b"), row("a_b")])).map(|_| ());
    let same_route = std::panic::catch_unwind(|| Catalogue::of(vec![row("a_b"), row("a_c")])).map(|_| ());
    assert!(same_name.is_err() && same_route.is_err());
}
