use std::collections::HashMap;

use lp_application::Fault;
use serde_json::{Map, Number, Value};

use super::text::{decode, step};

/// More faults than this are not worth reading.
const MOST: usize = 100;

/// The parameters of a raw query in order, each with all its values; or every one that is not well encoded.
pub(crate) fn pairs(raw: Option<&str>) -> Result<Vec<(String, Vec<String>)>, Vec<Fault>> {
    let mut pairs: Vec<(String, Vec<String>)> = Vec::new();
    let mut places = HashMap::new();
    let mut faults = Vec::new();
    for pair in raw.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (decode(name.as_bytes(), true), decode(value.as_bytes(), true)) {
            (Some(name), Some(value)) => {
                let place = *places.entry(name.clone()).or_insert_with(|| {
                    pairs.push((name, Vec::new()));
                    pairs.len() - 1
                });
                pairs[place].1.push(value);
            }
            (known, _) if faults.len() < MOST => faults.push(Fault {
                pointer: step(known.as_deref().unwrap_or(name)),
                code: "invalid_encoding",
                message: "is not percent-encoded UTF-8".to_owned(),
            }),
            _ => {}
        }
    }
    if faults.is_empty() { Ok(pairs) } else { Err(faults) }
}

/// Puts parameters into arguments, as what the schema takes; gives those that stand twice or belong to the body.
pub(super) fn put(
    pairs: Vec<(String, Vec<String>)>,
    schema: &Value,
    into: &mut Map<String, Value>,
    reserved: impl Fn(&str) -> bool,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, values) in pairs {
        let own = &schema["properties"][name.as_str()];
        if into.contains_key(&name) {
            faults.push(twice(&name, "stands in the path already"));
        } else if reserved(&name) {
            faults.push(twice(&name, "belongs into the body, not into the query"));
        } else if takes(own, "array") {
            let items = values.into_iter().map(|value| coerce(value, &own["items"])).collect();
            into.insert(name, items);
        } else if values.len() > 1 {
            faults.push(twice(&name, "stands twice"));
        } else {
            into.extend(values.into_iter().map(|value| (name.clone(), coerce(value, own))));
        }
    }
    faults.truncate(MOST);
    faults
}

/// An argument that is said in two places.
pub(super) fn twice(name: &str, message: &str) -> Fault {
    Fault { pointer: step(name), code: "duplicate_key", message: message.to_owned() }
}

/// Text as the JSON its schema takes. What does not fit stays text, so that the gate names the fault.
pub(super) fn coerce(text: String, schema: &Value) -> Value {
    if takes(schema, "string") {
        return Value::String(text);
    }
    let number = || serde_json::from_str::<Number>(&text).ok();
    let read = if takes(schema, "boolean") && matches!(text.as_str(), "true" | "false") {
        Some(Value::Bool(text == "true"))
    } else if takes(schema, "number") {
        number().map(Value::Number)
    } else if takes(schema, "integer") {
        number().filter(|number| number.is_i64() || number.is_u64()).map(Value::Number)
    } else {
        None
    };
    read.unwrap_or(Value::String(text))
}

/// Whether a schema takes values of a type.
fn takes(schema: &Value, kind: &str) -> bool {
    let own = match &schema["type"] {
        Value::String(only) => only == kind,
        Value::Array(several) => several.iter().any(|one| one == kind),
        _ => false,
    };
    own || ["anyOf", "oneOf"]
        .into_iter()
        .filter_map(|key| schema[key].as_array())
        .flatten()
        .any(|branch| takes(branch, kind))
}
