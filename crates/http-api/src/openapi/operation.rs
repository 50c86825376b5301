use lp_application::{Auth, Body, Kind, Method, Mount, Need, Operation};
use serde_json::{Map, Value, json};

use super::components::Components;
use super::{context, input, replies};

/// One mount of a row, as an operation of the document.
pub(super) fn describe(row: &Operation, mount: &Mount, id: &str, components: &mut Components) -> Value {
    let mut described = Map::new();
    let mut say = |key: &str, value: Value| described.insert(key.to_owned(), value);
    say("operationId", json!(id));
    say("tags", json!([context(row)]));
    say("summary", json!(row.title));
    say("description", json!(row.about));
    say("security", security(row, mount));
    say("x-link-platform-operation", json!(row.name));
    say("x-link-platform-tool", json!(row.tool));
    if let Some(feature) = row.feature {
        say("x-link-platform-feature", json!(feature.as_str()));
    }
    if row.is_metered() && mount.auth == Auth::Jwt {
        say("x-link-platform-metered", json!(true));
    }
    match (row.need, mount.auth) {
        (Need::Role(role) | Need::Member { role, .. }, Auth::Jwt) => {
            say("x-link-platform-role", json!(role.as_str()));
        }
        (Need::Member { scope, .. }, Auth::Pat | Auth::Signed | Auth::Public) => {
            say("x-link-platform-scope", json!(scope.as_str()));
        }
        _ => {}
    }
    let mut parameters = input::parameters(row, mount);
    if !row.effect.read_only {
        parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    if !parameters.is_empty() {
        say("parameters", Value::Array(parameters));
    }
    if let Some(body) = request_body(row, mount, components) {
        say("requestBody", body);
    }
    say("responses", replies::describe(row, mount, components));
    Value::Object(described)
}

/// What opens the route, with the scope or role that it must carry.
fn security(row: &Operation, mount: &Mount) -> Value {
    let (role, scope) = match row.need {
        // A client may show who it is; one that has no secret says so in the form.
        Need::Public if mount.body == Body::Form => return json!([{}, { "clientBasic": [] }]),
        Need::Public => return json!([]),
        Need::Account => return json!([{ "bearerAuth": [] }]),
        Need::Role(role) => return json!([{ "bearerAuth": [role.as_str()] }]),
        Need::Member { role, scope } => (role, scope),
    };
    let stream = matches!(row.kind, Kind::Stream(_));
    match mount.auth {
        Auth::Public => json!([]),
        Auth::Jwt => json!([{ "bearerAuth": [role.as_str()] }]),
        Auth::Pat if stream => {
            json!([{ "patAuth": [scope.as_str()] }, { "apiKeyAuth": [scope.as_str()] }, { "grant": [] }])
        }
        Auth::Pat => json!([{ "patAuth": [scope.as_str()] }, { "apiKeyAuth": [scope.as_str()] }]),
        Auth::Signed => json!([{ "grant": [] }]),
    }
}

/// What is sent; JSON bodies stand once among the components, because both ways in share them.
fn request_body(row: &Operation, mount: &Mount, components: &mut Components) -> Option<Value> {
    let (schema, required) = match mount.body {
        Body::Bytes => {
            let Kind::Stream(stream) = row.kind else { return None };
            let content: Map<_, _> =
                stream.consumes.iter().map(|kind| ((*kind).to_owned(), some(bytes(kind)))).collect();
            let most = format!("At most {} bytes.", stream.max_bytes);
            return Some(json!({ "description": most, "required": true, "content": content }));
        }
        Body::None => return None,
        Body::Under(name) => (row.input["properties"][name].clone(), input::requires(&row.input, name)),
        Body::Rest | Body::Form => input::rest(row, mount),
    };
    let reference = components.schema(&format!("{}_body", row.name), schema);
    let kind =
        if mount.body == Body::Form { "application/x-www-form-urlencoded" } else { "application/json" };
    Some(json!({ "required": required, "content": { kind: { "schema": reference } } }))
}

/// Bytes of a type (OpenAPI 3.1, 4.8.14.3).
pub(super) fn bytes(kind: &str) -> Value {
    if kind.starts_with("text/") || kind.contains("json") {
        json!({ "schema": { "type": "string", "contentMediaType": kind } })
    } else {
        json!({ "schema": { "contentMediaType": kind } })
    }
}

/// A body that is sent has something in it.
fn some(mut bytes: Value) -> Value {
    if bytes["schema"]["type"] == "string" {
        bytes["schema"]["minLength"] = json!(1);
    }
    bytes
}

/// Whether the mount reads a body of fields even where the row has no use for one: an empty object is let through.
pub(super) fn reads_fields(mount: &Mount) -> bool {
    match mount.body {
        Body::Under(_) | Body::Rest | Body::Form => true,
        Body::None => !matches!(mount.method, Method::Get | Method::Delete),
        Body::Bytes => false,
    }
}
