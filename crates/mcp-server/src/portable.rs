//! Schemas as every reader of tools takes them: some map a schema onto a smaller language, and stumble.

use serde_json::{Map, Value, json};

/// The formats that JSON Schema itself knows (2020-12, validation 7.3) and readers may therefore know too.
const FORMATS: &[&str] = &[
    "date-time",
    "date",
    "time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uri-reference",
    "uuid",
    "json-pointer",
    "regex",
];

/// What is said of a value, not asked of it (2020-12, validation 9): it is true of each of its types.
const ANNOTATIONS: &[&str] = &["title", "description", "default", "examples"];

/// What stands in a schema beside parts that a tool says in one sentence. The arguments are checked by all of it.
const BRIEF: &str = "x-brief";

/// The same schema without formats of our own, which tell a reader nothing that the description does not, and with one
/// type in each place: a value that may be `null` is a choice of two.
pub(crate) fn portable(schema: &Value) -> Value {
    match schema {
        Value::Object(object) if object.get(BRIEF).is_some_and(Value::is_string) => portable(&brief(object)),
        Value::Object(object) => {
            let kept = object.iter().filter(|(key, value)| {
                *key != "format" || value.as_str().is_none_or(|format| FORMATS.contains(&format))
            });
            let kept = kept.map(|(key, value)| {
                let is_data = matches!(key.as_str(), "const" | "default" | "enum" | "examples");
                (key.clone(), if is_data { value.clone() } else { portable(value) })
            });
            Value::Object(with_one_type(kept.collect()))
        }
        Value::Array(items) => items.iter().map(portable).collect(),
        plain => plain.clone(),
    }
}

/// A part of a schema in the sentence that it brings for those who pay by the word.
fn brief(object: &Map<String, Value>) -> Value {
    let said = object.get(BRIEF).cloned().unwrap_or_default();
    let mut brief = Map::from_iter([("description".to_owned(), said)]);
    brief.extend(object.get("type").map(|kind| ("type".to_owned(), kind.clone())));
    if object.contains_key("items") {
        brief.insert("items".to_owned(), json!({ "type": "object" }));
    }
    Value::Object(brief)
}

/// Splits a schema of several types into one for each. A property may be called `type` too; its value is no list of words.
fn with_one_type(mut schema: Map<String, Value>) -> Map<String, Value> {
    let types = schema.get("type").and_then(Value::as_array);
    let types = types.and_then(|types| types.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    let Some(types) = types else {
        return schema;
    };
    let types: Vec<String> = types.into_iter().map(ToOwned::to_owned).collect();
    schema.shift_remove("type");
    let (mut said, asked): (Map<_, _>, Map<_, _>) =
        schema.into_iter().partition(|(key, _)| ANNOTATIONS.contains(&key.as_str()));
    let words = asked.get("enum").and_then(Value::as_array);
    let branches = types.iter().filter_map(|name| {
        if name == "null" {
            let is_word = words.is_none_or(|words| words.contains(&Value::Null));
            return is_word.then(|| json!({ "type": "null" }));
        }
        let mut branch = Map::from_iter([("type".to_owned(), json!(name))]);
        branch.extend(asked.clone());
        if let Some(Value::Array(words)) = branch.get_mut("enum") {
            words.retain(|word| !word.is_null());
        }
        Some(Value::Object(branch))
    });
    said.insert("anyOf".to_owned(), branches.collect());
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_of_our_own_goes_and_a_property_of_that_name_stays() {
        let schema = |ours: Value| {
            json!({ "properties": { "format": ours,
                "at": { "format": "date-time", "default": { "format": "word" } } } })
        };
        let before = schema(json!({ "type": "string", "format": "word" }));
        assert_eq!(portable(&before), schema(json!({ "type": "string" })));
    }

    #[test]
    fn what_brings_a_sentence_is_told_by_it() {
        let rules = json!({ "type": "array", "x-brief": "Some rules.", "description": "Rules.", "maxItems": 5,
            "items": { "type": "object", "properties": { "id": { "type": "string" } } } });
        let expected =
            json!({ "description": "Some rules.", "type": "array", "items": { "type": "object" } });
        assert_eq!(portable(&rules), expected);
    }

    #[test]
    fn a_value_that_may_be_null_is_a_choice_of_two() {
        let status =
            json!({ "type": ["integer", "null"], "enum": [301, 302, null], "description": "A status." });
        let expected = json!({ "description": "A status.",
            "anyOf": [{ "type": "integer", "enum": [301, 302] }, { "type": "null" }] });
        assert_eq!(portable(&status), expected);
        let never = json!({ "type": ["string", "null"], "enum": ["a"] });
        assert_eq!(portable(&never), json!({ "anyOf": [{ "type": "string", "enum": ["a"] }] }));
        let list = json!({ "type": ["array", "null"], "maxItems": 2, "default": null,
            "items": { "type": ["string", "null"] } });
        let item = json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] });
        let expected = json!({ "default": null,
            "anyOf": [{ "type": "array", "maxItems": 2, "items": item }, { "type": "null" }] });
        assert_eq!(portable(&list), expected);
        let named = json!({ "properties": { "type": { "type": "string" } } });
        assert_eq!(portable(&named), named);
    }

    /// A schema for readers must not promise or refuse what the row's own does not.
    #[test]
    fn what_is_made_portable_takes_the_same_values() {
        let values = json!([
            null,
            0,
            1,
            302,
            1_000_000_001,
            "",
            "a",
            "launch",
            "US",
            "2030-01-01T00:00:00Z",
            [],
            ["a"],
            {},
            true,
            -1,
            0.5
        ]);
        let values = values.as_array().expect("values");
        let rows = lp_application::catalogue();
        let mut compared = 0;
        for row in rows.operations().iter().filter(|row| row.tool) {
            for schema in [&row.input, &row.output] {
                for pointer in several_types(schema, "") {
                    let place = schema.pointer(&pointer).expect("a place");
                    let before = jsonschema::validator_for(place).expect("a schema");
                    let after = jsonschema::validator_for(&portable(place)).expect("a schema");
                    for value in values {
                        let name = row.name;
                        assert_eq!(before.is_valid(value), after.is_valid(value), "{name} {pointer} {value}");
                    }
                    compared += 1;
                }
            }
        }
        assert!(compared > 50, "{compared} places have several types");
    }

    fn several_types(schema: &Value, at: &str) -> Vec<String> {
        let below = |(key, value): (String, &Value)| several_types(value, &format!("{at}/{key}"));
        match schema {
            Value::Object(object) => {
                let own = object.get("type").is_some_and(Value::is_array).then(|| at.to_owned());
                let escaped =
                    object.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value));
                own.into_iter().chain(escaped.flat_map(below)).collect()
            }
            Value::Array(items) => {
                items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).flat_map(below).collect()
            }
            _ => Vec::new(),
        }
    }
}
