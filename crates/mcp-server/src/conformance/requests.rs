//! What a session asks of its client while a call is under way: the way of the revisions before 2026-07-28.

use rmcp::model::{CallToolResult, ContentBlock, JsonObject, ServerRequest};
use rmcp::{ErrorData, Peer, RoleServer};
use serde_json::{Value, json};

/// Tools that ask, each with what it is about and the text it takes.
pub(super) const TOOLS: &[(&str, &str, Option<&str>)] = &[
    ("test_sampling", "Asks the client's model.", Some("prompt")),
    ("test_elicitation", "Asks the client's user.", Some("message")),
    ("test_elicitation_sep1034_defaults", "Asks the user and proposes answers.", None),
    ("test_elicitation_sep1330_enums", "Asks the user to choose.", None),
];

/// Answers one of [`TOOLS`].
pub(super) async fn call(
    tool: &str,
    arguments: &JsonObject,
    peer: &Peer<RoleServer>,
) -> Result<CallToolResult, ErrorData> {
    let argument = |name: &str| {
        let value = arguments.get(name).and_then(Value::as_str);
        value.ok_or_else(|| ErrorData::invalid_params(format!("the argument {name} is missing"), None))
    };
    let (heading, request) = match tool {
        "test_sampling" => {
            let message =
                json!({ "role": "user", "content": { "type": "text", "text": argument("prompt")? } });
            let params = json!({ "messages": [message], "maxTokens": 100 });
            ("LLM response", json!({ "method": "sampling/createMessage", "params": params }))
        }
        "test_elicitation" => ("User response", elicitation(argument("message")?, &form())),
        "test_elicitation_sep1034_defaults" => {
            ("Elicitation completed", elicitation("Please check the proposed answers", &proposed()))
        }
        _ => ("Elicitation completed", elicitation("Please choose", &choices())),
    };
    let request: ServerRequest = serde_json::from_value(request)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let answered = peer.send_request(request).await;
    Ok(match answered {
        Ok(answer) => success(heading, &serde_json::to_value(answer).unwrap_or_default()),
        Err(error) => CallToolResult::error(vec![ContentBlock::text(format!("the client refused: {error}"))]),
    })
}

fn success(heading: &str, answer: &Value) -> CallToolResult {
    let text = match answer.pointer("/content/text").and_then(Value::as_str) {
        Some(text) => format!("{heading}: {text}"),
        None => format!(
            "{heading}: action={}, content={}",
            answer["action"].as_str().unwrap_or_default(),
            answer["content"]
        ),
    };
    CallToolResult::success(vec![ContentBlock::text(text)])
}

fn elicitation(message: &str, properties: &Value) -> Value {
    let required: Vec<_> =
        ["username", "email"].into_iter().filter(|key| properties.get(key).is_some()).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    let params = json!({ "mode": "form", "message": message, "requestedSchema": schema });
    json!({ "method": "elicitation/create", "params": params })
}

fn form() -> Value {
    json!({
        "username": { "type": "string", "description": "User's response" },
        "email": { "type": "string", "description": "User's email address" },
    })
}

fn proposed() -> Value {
    json!({
        "name": { "type": "string", "description": "User name", "default": "John Doe" },
        "age": { "type": "integer", "description": "User age", "default": 30 },
        "score": { "type": "number", "description": "User score", "default": 95.5 },
        "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
        "verified": { "type": "boolean", "description": "Verification status", "default": true },
    })
}

/// All ways in which a choice can be written.
fn choices() -> Value {
    let options = json!(["option1", "option2", "option3"]);
    let titled = |word: &str| -> Value {
        let titles = ["First", "Second", "Third"].iter().zip(1..);
        titles
            .map(|(title, at)| json!({ "const": format!("value{at}"), "title": format!("{title} {word}") }))
            .collect()
    };
    json!({
        "untitledSingle": { "type": "string", "enum": options },
        "titledSingle": { "type": "string", "oneOf": titled("Option") },
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": { "type": "array", "items": { "type": "string", "enum": options } },
        "titledMulti": { "type": "array", "items": { "anyOf": titled("Choice") } },
    })
}
