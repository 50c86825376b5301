use serde_json::{Map, Value, json};

use super::fields::{present, resolve};

/// Requests show the fields that are demanded, and no more than so many besides.
const SHOWN: usize = 3;
const DEPTH: usize = 6;

/// What is sent, or what comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Reply,
}

/// A value that the schema takes, as one would meet it.
pub(super) fn value(document: &Value, schema: &Value, side: Side) -> Value {
    of(document, "", schema, side, 0)
}

fn of(document: &Value, name: &str, schema: &Value, side: Side, depth: usize) -> Value {
    let schema = resolve(document, present(resolve(document, schema)));
    let given = schema["examples"].get(0).or_else(|| schema.get("const")).or_else(|| schema["enum"].get(0));
    if let Some(given) = given {
        return given.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(several) => several.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        only => only.as_str(),
    };
    match kind {
        Some("object") if depth < DEPTH => object(document, schema, side, depth),
        Some("array") if depth < DEPTH => json!([of(document, name, &schema["items"], side, depth + 1)]),
        Some("boolean") => json!(true),
        Some("integer") if name == "redirectStatus" => json!(302),
        Some("integer") => schema.get("minimum").filter(|least| **least != 0).cloned().unwrap_or(json!(1)),
        Some("number") => json!(0.5),
        Some("string") => json!(word(name, schema["format"].as_str().unwrap_or_default())),
        _ => json!({}),
    }
}

fn object(document: &Value, schema: &Value, side: Side, depth: usize) -> Value {
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
    let mut shown = Map::new();
    for (name, own) in schema["properties"].as_object().into_iter().flatten() {
        if side == Side::Reply || required(name) || shown.len() < SHOWN {
            shown.insert(name.clone(), of(document, name, own, side, depth + 1));
        }
    }
    Value::Object(shown)
}

/// A text by its format, or else by what its field is called.
fn word(name: &str, format: &str) -> &'static str {
    match format {
        "title" => "Spring launch",
        "description" => "Where the spring campaign begins",
        "label" => "spring",
        "search" => "launch",
        "country" => "US",
        "device" => "mobile",
        "word" => "newsletter",
        "cursor" => "bDEuLi4u",
        _ => match name {
            "handle" => "hello",
            "slug" => "launch",
            "title" => "Spring launch",
            "description" => "Where the spring campaign begins",
            "shortUrl" => "https://hello.example/launch",
            "tags" | "categories" => "spring",
            "period" => "7d",
            "nextCursor" => "bDEuLi4u",
            "version" => env!("CARGO_PKG_VERSION"),
            "queryPassThrough" => "append",
            name if name == "at" || name.ends_with("At") => "2026-01-31T09:30:00.000Z",
            name if name.ends_with("Url") => "https://example.com/launch",
            _ => "text",
        },
    }
}
