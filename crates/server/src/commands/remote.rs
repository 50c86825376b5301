//! Calls of a remote server over REST: the row's token route, its binding read backwards.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use link_platform::{Auth, BodyBinding, Kind, Mount, Operation, Query};
use reqwest::{Method, Url};
use serde_json::{Map, Value};

use crate::cli::CallArgs;
use crate::output;

/// Longer than any operation takes.
const PATIENCE: Duration = Duration::from_mins(5);

pub(super) async fn call(
    operation: &Operation,
    origin: &str,
    token: &str,
    args: &CallArgs,
    mut arguments: Map<String, Value>,
    bytes: Option<Vec<u8>>,
) -> anyhow::Result<ExitCode> {
    let open = |mount: &&Mount| matches!(mount.auth, Auth::Pat | Auth::Public);
    let Some(mount) = operation.mounts().iter().find(open) else {
        bail!("{} has no REST route", operation.name)
    };
    let named = arguments.shift_remove("handle").and_then(|handle| handle.as_str().map(ToOwned::to_owned));
    let handle = args.handle.clone().or(named);
    let mut url = Url::parse(origin).context("--url")?;
    url.set_path(&path(mount, handle.as_deref(), &mut arguments)?);
    let content_type = arguments.get("contentType").and_then(Value::as_str).unwrap_or("text/csv").to_owned();
    let body = match (mount.body, bytes) {
        (BodyBinding::Under(name), _) => {
            arguments.shift_remove(name).map(|value| (value.to_string(), "application/json".to_owned()))
        }
        (BodyBinding::Rest, _) => {
            Some((Value::Object(std::mem::take(&mut arguments)).to_string(), "application/json".to_owned()))
        }
        (BodyBinding::Form, _) => {
            let fields = std::mem::take(&mut arguments);
            let fields = fields.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
            // A query is written as a form is.
            let mut form = url.clone();
            form.query_pairs_mut().clear().extend_pairs(fields);
            Some((
                form.query().unwrap_or_default().to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            ))
        }
        (BodyBinding::Bytes, Some(bytes)) => {
            arguments.shift_remove("contentType");
            Some((String::from_utf8(bytes).context("the rows are not UTF-8")?, content_type))
        }
        (BodyBinding::None | BodyBinding::Bytes, _) => None,
    };
    query(mount, &mut url, arguments);
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    let mut request =
        client.request(Method::from_bytes(mount.method.as_str().as_bytes())?, url).bearer_auth(token);
    if let Some(key) = &args.idempotency_key {
        request = request.header("idempotency-key", key);
    }
    if let Some((body, content_type)) = body {
        request = request.header("content-type", content_type).body(body);
    }
    let reply = request.send().await.context("the server cannot be reached")?;
    let good = reply.status().is_success();
    let text = reply.text().await?;
    let shown = match serde_json::from_str::<Value>(&text) {
        Ok(value) if operation.kind == Kind::Json || !good => serde_json::to_string_pretty(&value)?,
        _ => text.trim_end().to_owned(),
    };
    if good {
        output::line(&shown)?;
        return Ok(ExitCode::SUCCESS);
    }
    output::remark(&shown);
    Ok(ExitCode::FAILURE)
}

/// The mount's path with its parameters taken from handle and arguments.
fn path(mount: &Mount, handle: Option<&str>, arguments: &mut Map<String, Value>) -> anyhow::Result<String> {
    let mut segments = Vec::new();
    for segment in mount.path.split('/') {
        let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            segments.push(segment.to_owned());
            continue;
        };
        let value = match name {
            "handle" => handle.map(ToOwned::to_owned),
            name => arguments.shift_remove(name).and_then(|value| value.as_str().map(ToOwned::to_owned)),
        };
        let Some(value) = value else { bail!("the remote call needs '{name}'") };
        segments.push(value.replace('%', "%25").replace('/', "%2F").replace('?', "%3F").replace('#', "%23"));
    }
    Ok(segments.join("/"))
}

fn query(mount: &Mount, url: &mut Url, mut arguments: Map<String, Value>) {
    if let Query::Under(name) = mount.query {
        arguments = match arguments.shift_remove(name) {
            Some(Value::Object(inner)) => inner,
            _ => Map::new(),
        };
    }
    for (name, value) in arguments {
        let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        url.query_pairs_mut().append_pair(&name, &text);
    }
}
