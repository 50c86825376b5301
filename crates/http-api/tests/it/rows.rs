//! Rows for the five hard cases, whose functions give back what reached them.

use futures_util::{StreamExt, stream};
use lp_application::{
    Auth, Body, Catalogue, Code, Cx, Dialect, Effect, Error, Method, Mount, Need, Operation, Query, Realm,
    Stream, StreamReply, View,
};
use lp_core::{Role, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const MEMBER: Need = Need::Member { role: Role::Creator, scope: Scope::PAGES_WRITE };

/// What reached the function.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Seen {
    seen: Value,
    #[serde(skip)]
    created: bool,
}

impl View for Seen {
    fn created(&self) -> bool {
        self.created
    }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Upsert {
    slug: String,
    payload: Fields,
    #[serde(default)]
    replace: bool,
    #[serde(default)]
    ratio: Option<f64>,
    /// Words, one parameter each.
    #[serde(default)]
    labels: Vec<u32>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fields {
    #[serde(default)]
    title: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Bytes {
    #[serde(default)]
    content_type: String,
    #[serde(default)]
    file: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Context {
    token: String,
    #[serde(default)]
    verbose: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Deploy {
    #[serde(default)]
    html: Option<String>,
    #[serde(default)]
    files: Option<Vec<String>>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Activate {
    id: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Exchange {
    grant_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Register {
    redirect_uris: Vec<String>,
    #[serde(default)]
    client_name: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn seen<T: Serialize>(input: &T, created: bool) -> Result<Seen, Error> {
    let seen = serde_json::to_value(input).map_err(|error| Error::new(Code::INTERNAL, error.to_string()))?;
    Ok(Seen { seen, created })
}

/// Refuses with the code that the grant type names.
async fn exchange(_: Cx, input: Exchange) -> Result<Seen, Error> {
    let refused = Code::ALL.iter().find(|code| code.name() == input.grant_type);
    match refused {
        Some(code) => Err(Error::new(*code, "not \"this\" time")),
        None => seen(&input, false),
    }
}

/// Reads a stream to its end and tells how much it held.
async fn count(input: Bytes, mut bytes: lp_application::ByteStream) -> Result<StreamReply, Error> {
    let mut count = 0;
    while let Some(piece) = bytes.next().await {
        count += piece?.len();
    }
    let told = json!({ "contentType": input.content_type, "file": input.file, "bytes": count }).to_string();
    let body = Box::pin(stream::once(async move { Ok(told.into()) }));
    Ok(StreamReply { content_type: "application/x-ndjson", file_name: None, inline: true, body })
}

pub(crate) fn catalogue() -> Catalogue {
    let takes = |consumes, max_bytes| Stream { consumes, produces: &["application/x-ndjson"], max_bytes };
    let gives = Stream { consumes: &[], produces: &["text/plain"], max_bytes: 0 };
    let deploy = |_: Cx, input: Deploy| async move { seen(&input, true) };
    Catalogue::of(vec![
        Operation::write(
            "things_upsert",
            MEMBER,
            |_, input: Upsert| async move { seen(&input, input.replace) },
        )
        .about("Set a thing", "Makes <b>a thing</b> & \"sets\" it.")
        .at(Method::Put, "things/{slug}")
        .body(Body::Under("payload")),
        Operation::stream(
            "things_import",
            MEMBER,
            Effect::PUBLISH,
            takes(&["text/csv"], 10),
            |_, input, bytes| count(input, bytes),
        )
        .about("Import things", "Takes many things at once.")
        .at(Method::Post, "things/import"),
        Operation::read("tracking_resolve_context", Need::Public, |_, input: Context| async move {
            seen(&input, false)
        })
        .about("Resolve a context", "Tells what a context token holds.")
        .mount(Mount {
            method: Method::Get,
            path: "/v2/tracking/context/{token}".to_owned(),
            auth: Auth::Public,
            body: Body::None,
            query: Query::Rest,
        }),
        Operation::write("site_deploy", MEMBER, deploy)
            .about("Deploy a site", "Takes a page or files.")
            .no_tool()
            .at(Method::Post, "deployments")
            .body(Body::Rest),
        Operation::write("site_deploy_inline", MEMBER, deploy).about("Deploy a page", "Takes a page."),
        Operation::write("site_deploy_multifile", MEMBER, deploy).about("Deploy files", "Takes files."),
        Operation::write("site_activate", MEMBER, |_, input: Activate| async move { seen(&input, false) })
            .about("Activate", "Makes a deployment the one that visitors see.")
            .at(Method::Post, "deployments/{id}/activate"),
        Operation::stream(
            "site_upload",
            MEMBER,
            Effect::PUBLISH,
            takes(&["application/octet-stream", "text/html"], 10),
            |_, input, bytes| count(input, bytes),
        )
        .about("Upload a file", "Takes the bytes of one file.")
        .realm(Realm::Handle)
        .mount(Mount {
            method: Method::Put,
            path: "/v2/public/handles/{handle}/uploads".to_owned(),
            auth: Auth::Signed,
            body: Body::Bytes,
            query: Query::Rest,
        }),
        Operation::stream("things_broken", MEMBER, Effect::READ, gives, |_, _: Nothing, _| async {
            let pieces = [Ok("begun".into()), Err(Error::new(Code::UNAVAILABLE, "the store went away"))];
            let body = Box::pin(stream::iter(pieces));
            Ok(StreamReply {
                content_type: "text/plain",
                file_name: Some("a\"b/ä.txt".to_owned()),
                inline: false,
                body,
            })
        })
        .about("Break off", "Fails in the middle.")
        .at(Method::Get, "things/broken"),
        Operation::write("oauth_token", Need::Public, exchange)
            .about("Exchange a grant", "Gives tokens for a grant.")
            .mount(Mount::new(Method::Post, "/oauth/token", Auth::Public))
            .mount(Mount::new(Method::Post, "/token", Auth::Public))
            .body(Body::Form)
            .faulty(Code::INVALID_REQUEST)
            .speaks(Dialect::OAuth)
            .no_tool()
            .fails(&[Code::INVALID_CLIENT, Code::INVALID_GRANT]),
        Operation::write(
            "oauth_register",
            Need::Public,
            |_, input: Register| async move { seen(&input, true) },
        )
        .about("Register", "Makes a client known.")
        .mount(Mount::new(Method::Post, "/oauth/register", Auth::Public))
        .body(Body::Rest)
        .lenient()
        .faulty(Code::INVALID_CLIENT_METADATA)
        .speaks(Dialect::OAuth)
        .no_tool(),
    ])
}
