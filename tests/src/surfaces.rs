//! One call on each surface, and what it was answered, in one shape.

use link_platform::{
    Accepts, Auth, BodyBinding, Credential, Kind, Mount, Operation, Platform, Query, Request, Surface,
};
use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};

use crate::{Server, Workspace};

/// What a call was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// 200, 201 or the error's status; 200 where a surface has none.
    pub status: u16,
    /// The value, or the error's body.
    pub body: Value,
    /// Headers, where the surface has them.
    pub headers: HeaderMap,
}

/// Calls over REST, on the mount that takes this kind of credential.
pub async fn rest(
    server: &Server,
    row: &Operation,
    auth: Auth,
    handle: &str,
    token: Option<&str>,
    arguments: &Value,
) -> Answer {
    let mount = row.mounts().iter().find(|mount| mount.auth == auth).expect("such a mount");
    rest_at(server, mount, handle, token, arguments).await
}

/// Calls over REST on this mount.
pub async fn rest_at(
    server: &Server,
    mount: &Mount,
    handle: &str,
    token: Option<&str>,
    arguments: &Value,
) -> Answer {
    let (path, mut rest) = rest_path(mount, handle, arguments);
    let body = match mount.body {
        BodyBinding::Under(name) => {
            rest.shift_remove(name).map(|body| ("application/json", body.to_string()))
        }
        BodyBinding::Rest => Some(("application/json", Value::Object(std::mem::take(&mut rest)).to_string())),
        BodyBinding::Form => Some(("application/x-www-form-urlencoded", form(&std::mem::take(&mut rest)))),
        BodyBinding::Bytes => Some(("text/csv", "slug,destinationUrl\n".to_owned())),
        BodyBinding::None => None,
    };
    if let Query::Under(name) = mount.query {
        rest = rest.shift_remove(name).and_then(|inner| inner.as_object().cloned()).unwrap_or_default();
    }
    let query: Vec<_> = rest.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
    let path = if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) };
    let mut request = server.api(mount.method.as_str(), &path);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some((kind, body)) = body {
        request = request.header("content-type", kind).body(body);
    }
    let reply = request.send().await.expect("a reply");
    let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
    let text = reply.text().await.expect("text");
    Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)), headers }
}

/// The texts among arguments as a form.
fn form(arguments: &Map<String, Value>) -> String {
    let mut url = reqwest::Url::parse("http://localhost/").expect("an address");
    // A query is written as a form is.
    url.query_pairs_mut().extend_pairs(arguments.iter().map(|(name, value)| (name, plain(value))));
    url.query().unwrap_or_default().to_owned()
}

/// The path of a mount, and the arguments that are not in it.
pub fn rest_path(mount: &Mount, handle: &str, arguments: &Value) -> (String, Map<String, Value>) {
    let mut rest = arguments.as_object().cloned().unwrap_or_default();
    let segments = mount.path.split('/').map(|segment| {
        match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            None => segment.to_owned(),
            Some("handle") => handle.to_owned(),
            Some(name) => rest.shift_remove(name).map_or_else(|| "some".to_owned(), |value| plain(&value)),
        }
    });
    let path = segments.collect::<Vec<_>>().join("/");
    (path, rest)
}

/// Calls a tool over MCP on the shared path of a handle, as a client of 2025-06-18 does without a handshake.
pub async fn mcp(
    server: &Server,
    row: &Operation,
    handle: &str,
    token: Option<&str>,
    arguments: &Value,
) -> Answer {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": row.name, "arguments": arguments } });
    let mut request = server.api("POST", &format!("/mcp/{handle}/mcp"));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let request = request
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
    let reply = request
        .header("mcp-protocol-version", "2025-06-18")
        .body(message.to_string())
        .send()
        .await
        .expect("a reply");
    let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
    let text = reply.text().await.expect("text");
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    if status != 200 {
        return Answer { status, body, headers };
    }
    let result = &body["result"];
    let structured = result["structuredContent"].clone();
    let pretty = serde_json::to_string_pretty(&structured).expect("JSON");
    assert_eq!(
        result["content"],
        json!([{ "type": "text", "text": pretty }]),
        "the text is the same, pretty-printed"
    );
    if result["isError"] == json!(true) {
        assert_eq!(structured["error"], "monolith_api_error");
        let status =
            structured["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
        return Answer { status, body: structured["body"].clone(), headers };
    }
    Answer { status, body: structured, headers }
}

/// Calls on the command line, on the store itself.
pub async fn cli(workspace: &Workspace, row: &Operation, handle: &str, arguments: &Value) -> Answer {
    let json = arguments.to_string();
    ended(
        row,
        workspace
            .feed(&["call", row.name, "--handle", handle, "--json", &json], "slug,destinationUrl\n")
            .await,
    )
}

/// Calls on the command line with a token, on a server.
pub async fn cli_remote(
    workspace: &Workspace,
    server: &Server,
    row: &Operation,
    handle: &str,
    token: &str,
    arguments: &Value,
) -> Answer {
    let (json, url) = (arguments.to_string(), format!("http://127.0.0.1:{}", server.port));
    let args = ["call", row.name, "--handle", handle, "--json", &json, "--url", &url, "--token", token];
    ended(row, workspace.feed(&args, "slug,destinationUrl\n").await)
}

fn ended(row: &Operation, output: std::process::Output) -> Answer {
    let good = output.status.success();
    let text = String::from_utf8(if good { output.stdout } else { output.stderr }).expect("text");
    let body: Value = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(_) if row.kind != Kind::Json && good => Value::String(text),
        Err(error) => panic!("{}: {error} in {text}", row.name),
    };
    Answer { status: if good { 200 } else { status_of(&body) }, body, headers: HeaderMap::new() }
}

/// Calls from within a program that embeds the platform.
pub async fn embedded(
    platform: &Platform,
    row: &Operation,
    handle: &str,
    credential: Credential,
    arguments: &Value,
) -> Answer {
    let request = Request {
        operation: row.name.to_owned(),
        arguments: arguments.as_object().cloned().unwrap_or_default(),
        bound: Some(handle.to_owned()),
        credential,
        accepts: Accepts::Pat,
        surface: Surface::Embedded,
        request_id: "embedded".to_owned(),
        idempotency_key: None,
        address: None,
    };
    match platform.application().call(request).await.result {
        Ok(reply) => Answer {
            status: if reply.created { 201 } else { 200 },
            body: reply.value,
            headers: HeaderMap::new(),
        },
        Err(error) => {
            Answer { status: error.code.status(), body: error.body("embedded"), headers: HeaderMap::new() }
        }
    }
}

fn status_of(body: &Value) -> u16 {
    let name = body["error"].as_str().expect("a code");
    link_platform::Code::ALL.iter().find(|code| code.name() == name).expect("a known code").status()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
