use lp_application::{Body, Kind, Mount, Operation, Query};
use serde_json::{Map, Value, json};

use crate::table::{parameter, template};

/// The parameters of a mount: path first, then query.
pub(super) fn parameters(row: &Operation, mount: &Mount) -> Vec<Value> {
    let mut parameters: Vec<_> = in_path(mount)
        .map(|name| match name {
            "handle" => json!({ "$ref": "#/components/parameters/Handle" }),
            _ => described(name, "path", true, &row.input["properties"][name]),
        })
        .collect();
    let schema = match mount.query {
        Query::Rest => &row.input,
        Query::Under(name) => &row.input["properties"][name],
    };
    let queried = schema["properties"].as_object().into_iter().flatten();
    let queried = queried.filter(|(name, _)| match mount.query {
        _ if mount.body == Body::Form => false,
        Query::Under(_) => true,
        Query::Rest => in_query(row, mount, name),
    });
    parameters.extend(queried.map(|(name, own)| described(name, "query", requires(schema, name), own)));
    parameters
}

/// The parameters that the path names.
fn in_path(mount: &Mount) -> impl Iterator<Item = &str> {
    template(&mount.path).filter_map(parameter)
}

/// Whether an argument is left for the query.
fn in_query(row: &Operation, mount: &Mount, name: &str) -> bool {
    let in_body = match mount.body {
        Body::None => false,
        Body::Under(argument) => argument == name,
        Body::Rest | Body::Form => true,
        Body::Bytes => matches!(row.kind, Kind::Stream(_)) && name == "contentType",
    };
    !in_body && !in_path(mount).any(|taken| taken == name)
}

/// Whether an object's schema demands a property.
pub(super) fn requires(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name))
}

/// The arguments that a body of fields holds, and whether any is demanded.
pub(super) fn rest(row: &Operation, mount: &Mount) -> (Value, bool) {
    let elsewhere = |name: &str| {
        in_path(mount).any(|taken| taken == name)
            || matches!(mount.query, Query::Under(taken) if taken == name)
    };
    let mut schema = row.input.clone();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| !elsewhere(name));
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !name.as_str().is_some_and(elsewhere));
    }
    if (row.lenient || mount.body == Body::Form)
        && let Some(own) = schema.as_object_mut()
    {
        own.shift_remove("additionalProperties");
    }
    let required = schema["required"].as_array().is_some_and(|names| !names.is_empty());
    (schema, required)
}

fn described(name: &str, place: &str, required: bool, schema: &Value) -> Value {
    let mut schema = sendable(schema);
    let mut parameter = Map::new();
    parameter.insert("name".to_owned(), json!(name));
    parameter.insert("in".to_owned(), json!(place));
    if let Some(description) = schema.as_object_mut().and_then(|own| own.shift_remove("description")) {
        parameter.insert("description".to_owned(), description);
    }
    parameter.insert("required".to_owned(), json!(required));
    parameter.insert("schema".to_owned(), schema);
    Value::Object(parameter)
}

/// The schema of what a parameter can say: text cannot be `null`.
fn sendable(schema: &Value) -> Value {
    let mut schema = schema.clone();
    let Value::Object(own) = &mut schema else { return json!({}) };
    if let Some(Value::Array(types)) = own.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            own.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(options)) = own.get_mut("enum") {
        options.retain(|one| !one.is_null());
    }
    if own.get("default").is_some_and(Value::is_null) {
        own.shift_remove("default");
    }
    if let Some(Value::Array(branches)) = own.get_mut("anyOf") {
        branches.retain(|branch| branch["type"] != "null");
        if let [Value::Object(only)] = branches.as_slice() {
            let only = only.clone();
            own.shift_remove("anyOf");
            for (key, value) in only {
                own.entry(key).or_insert(value);
            }
        }
    }
    schema
}
