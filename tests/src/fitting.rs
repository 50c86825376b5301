//! Arguments that a row takes, made of its schema.

use link_platform::Operation;
use serde_json::{Map, Value, json};

/// What the row demands, and nothing else.
pub fn fitting(row: &Operation) -> Value {
    value(&row.input)
}

fn value(schema: &Value) -> Value {
    let given = schema["examples"].get(0).or_else(|| schema.get("const")).or_else(|| schema["enum"].get(0));
    if let Some(given) = given {
        return given.clone();
    }
    if let Some(first) = schema["anyOf"].get(0).or_else(|| schema["oneOf"].get(0)) {
        return value(first);
    }
    let kind = match &schema["type"] {
        Value::Array(several) => several.first().and_then(Value::as_str),
        only => only.as_str(),
    };
    match kind {
        Some("object") => object(schema),
        Some("array") => {
            let least = schema["minItems"].as_u64().unwrap_or(0);
            Value::Array((0..least).map(|_| value(&schema["items"])).collect())
        }
        Some("boolean") => json!(false),
        Some("integer" | "number") => {
            schema.get("minimum").filter(|least| **least != 0).cloned().unwrap_or(json!(1))
        }
        Some("string") => {
            let least = schema["minLength"].as_u64().unwrap_or(1).max(1);
            json!("x".repeat(usize::try_from(least).unwrap_or(1)))
        }
        _ => json!({}),
    }
}

fn object(schema: &Value) -> Value {
    let mut made = Map::new();
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        made.insert(name.to_owned(), value(&schema["properties"][name]));
    }
    Value::Object(made)
}
