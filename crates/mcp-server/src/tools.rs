//! Rows as tools.

use std::sync::Arc;

use lp_application::{Catalogue, Effect, Kind, Operation, Realm, Stream};
use rmcp::model::{JsonObject, MetaObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

use crate::portable::portable;
use crate::{challenge, envelope};

/// What `tools/list` answers: every row that is a tool, in the order of the catalogue, the same for every caller.
pub(crate) fn tools(catalogue: &Catalogue) -> Vec<Tool> {
    catalogue.operations().iter().filter(|row| row.tool).map(tool).collect()
}

/// The tools as a document: what `tools/list` answers, for whoever has no connection.
pub fn tools_document(catalogue: &Catalogue) -> Value {
    // A tool holds nothing that JSON cannot.
    let tools = tools(catalogue).iter().map(|tool| serde_json::to_value(tool).unwrap_or_default()).collect();
    json!({ "tools": Value::Array(tools) })
}

fn tool(row: &Operation) -> Tool {
    Tool::new(row.name, about(row), Arc::new(input(row)))
        .with_title(row.title)
        .with_raw_output_schema(Arc::new(output(row)))
        .with_annotations(annotations(row.title, row.effect))
        .with_meta(meta(row))
}

fn about(row: &Operation) -> String {
    match row.kind {
        Kind::Json => row.about.to_owned(),
        Kind::Stream(stream) if stream.consumes.is_empty() => {
            format!("{} Answers a signed address to fetch it from.", row.about)
        }
        Kind::Stream(_) => format!("{} Answers a signed address to send the bytes to.", row.about),
    }
}

/// The row's own schema, and the handle before it where the row acts within one.
fn input(row: &Operation) -> JsonObject {
    let mut schema = object(&row.input);
    let own = schema.shift_remove("properties").and_then(|own| own.as_object().cloned());
    let mut properties = Map::new();
    if row.realm == Realm::Handle {
        let description = "The handle to act in; by default the one of the connection.";
        properties.insert("handle".to_owned(), json!({ "type": "string", "description": description }));
    }
    properties.extend(own.unwrap_or_default());
    schema.shift_remove("type");
    let head = [("type", json!("object")), ("properties", Value::Object(properties))];
    head.map(|(key, value)| (key.to_owned(), value)).into_iter().chain(schema).collect()
}

/// Success or the error envelope: some clients check the structured content of refusals too.
fn output(row: &Operation) -> JsonObject {
    let success = match row.kind {
        Kind::Json => row.output.clone(),
        Kind::Stream(stream) => address(stream),
    };
    object(&json!({ "type": "object", "anyOf": [success, envelope::schema()] }))
}

/// What a stream answers: [`envelope::address`] writes it.
fn address(stream: Stream) -> Value {
    let types = if stream.consumes.is_empty() { stream.produces } else { stream.consumes };
    let required = ["url", "method", "contentTypes", "expiresAt", "expiresInSec"];
    json!({
        "type": "object",
        "properties": {
            "url": { "type": "string", "description": "Carries its own proof: no credential is sent along." },
            "method": { "type": "string" },
            "contentTypes": { "type": "array", "items": { "enum": types } },
            "expiresAt": { "type": "string" },
            "expiresInSec": { "type": "integer" },
        },
        "required": required,
    })
}

/// All four hints, because a hint that is absent means the worst.
fn annotations(title: &str, effect: Effect) -> ToolAnnotations {
    ToolAnnotations::from_raw(
        Some(title.to_owned()),
        Some(effect.read_only),
        Some(effect.destructive),
        Some(effect.idempotent),
        Some(effect.open_world),
    )
}

fn meta(row: &Operation) -> MetaObject {
    let scopes = challenge::scopes(row.need);
    let mut meta = MetaObject::new();
    // The row's own scope comes last, after the one that every connection needs.
    if let Some(scope) = scopes.last() {
        meta.insert("link-platform/scope".to_owned(), json!(scope));
    }
    let scheme = if scopes.is_empty() {
        json!({ "type": "noauth" })
    } else {
        json!({ "type": "oauth2", "scopes": scopes })
    };
    meta.insert("securitySchemes".to_owned(), json!([scheme]));
    meta
}

fn object(schema: &Value) -> JsonObject {
    portable(schema).as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use lp_application::catalogue;

    use super::*;

    /// The bytes that every conversation pays for before its first word, and their limit.
    #[test]
    fn no_tool_and_no_list_grows_beyond_its_budget() {
        let document = tools_document(&catalogue());
        let whole = document.to_string().len();
        let all = document["tools"].as_array().expect("tools");
        let mut told = 0;
        let mut bare = document.clone();
        for tool in bare["tools"].as_array_mut().expect("tools") {
            tool.as_object_mut().expect("a tool").shift_remove("outputSchema");
        }
        let bare = bare.to_string().len();
        for tool in all {
            let name = &tool["name"];
            let size: usize = ["name", "title", "description", "inputSchema"]
                .map(|key| tool[key].to_string().len())
                .iter()
                .sum();
            told += size;
            // What sets a link has a field for each thing that can be said of one.
            let sets_links = ["links_create", "links_upsert", "links_update"].map(Value::from).contains(name);
            let most = if sets_links { 4_200 } else { 2_400 };
            assert!(size <= most, "{name}: {size} bytes, {most} are the limit, at about 4 bytes a token");
            let about = tool["description"].as_str().expect("a description").chars().count();
            assert!(about <= 600, "{name}: its description has {about} characters, 600 are the limit");
        }
        assert!(bare <= 40_000, "tools/list has {bare} bytes without output schemas, 40,000 are the limit");
        assert!(told <= 48_000, "the model is told {told} bytes, about 12,000 tokens");
        assert!(whole <= 100_000, "tools/list has {whole} bytes, {told} of them for the model");
    }

    #[test]
    fn every_row_that_is_a_tool_is_listed_in_order() {
        let rows = catalogue();
        let expected: Vec<_> = rows.operations().iter().filter(|row| row.tool).map(|row| row.name).collect();
        let names: Vec<_> = tools(&rows).iter().map(|tool| tool.name.to_string()).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn the_handle_comes_first_and_is_never_required() {
        for tool in tools_document(&catalogue())["tools"].as_array().expect("tools") {
            let schema = &tool["inputSchema"];
            assert_eq!(schema["type"], "object");
            let first = schema["properties"].as_object().expect("properties").keys().next();
            assert_eq!(first.map(String::as_str), Some("handle"), "{}", tool["name"]);
            let required = schema["required"].as_array().into_iter().flatten();
            assert!(required.into_iter().all(|name| name != "handle"));
        }
    }

    #[test]
    fn every_tool_says_what_it_may_change_and_what_it_demands() {
        for tool in tools_document(&catalogue())["tools"].as_array().expect("tools") {
            let name = tool["name"].as_str().expect("a name");
            assert!(name.len() <= 64 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
            for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
                assert!(tool["annotations"][hint].is_boolean(), "{name} {hint}");
            }
            assert_eq!(tool["annotations"]["title"], tool["title"]);
            let scope = &tool["_meta"]["link-platform/scope"];
            let scheme = &tool["_meta"]["securitySchemes"][0];
            if scope.is_null() {
                assert_eq!((scheme["type"].as_str(), name), (Some("noauth"), "tracking_resolve_context"));
                continue;
            }
            assert_eq!(scheme["type"], "oauth2", "{name}");
            assert!(scheme["scopes"].as_array().expect("scopes").contains(scope), "{name}");
        }
    }

    #[test]
    fn schemas_stand_alone() {
        for tool in tools_document(&catalogue())["tools"].as_array().expect("tools") {
            for key in ["inputSchema", "outputSchema"] {
                let text = tool[key].to_string();
                let several = r#""type":["#;
                for word in
                    [r#""$ref""#, r#""$schema""#, r#""format":"slug""#, r#""format":"uint64""#, several]
                {
                    assert!(!text.contains(word), "{} {key}: {word}", tool["name"]);
                }
                jsonschema::validator_for(&tool[key]).expect("a schema");
            }
        }
    }
}
