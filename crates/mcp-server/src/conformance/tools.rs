//! The list of tools, and what those answer that ask nothing back.

use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    CallToolResult, ClientCapabilities, ContentBlock, JsonObject, LoggingLevel,
    LoggingMessageNotificationParam, ProgressNotificationParam, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::contents::{AUDIO, WAV, embedded, image};
use super::{requests, rounds};

/// Between two signs of life.
const STEP: Duration = Duration::from_millis(50);

/// Tools without arguments that answer at once or after a few steps.
const PLAIN: &[(&str, &str)] = &[
    ("test_simple_text", "Answers a text."),
    ("test_image_content", "Answers an image."),
    ("test_audio_content", "Answers a sound."),
    ("test_embedded_resource", "Answers a resource."),
    ("test_multiple_content_types", "Answers a text, an image and a resource."),
    ("test_error_handling", "Always fails."),
    ("test_tool_with_progress", "Tells how far it is."),
    ("test_tool_with_logging", "Writes to the client's log."),
    ("test_logging_tool", "Writes to the client's log where the request wants that."),
    ("test_missing_capability", "Needs a client that can sample."),
    ("test_trigger_tool_change", "Says that the list of tools has changed."),
    ("test_trigger_prompt_change", "Says that the list of prompts has changed."),
];

pub(super) const TOOLS_CHANGED: &str = "test_trigger_tool_change";
pub(super) const PROMPTS_CHANGED: &str = "test_trigger_prompt_change";

pub(super) fn tools() -> Vec<Tool> {
    let empty = || json!({ "type": "object", "properties": {} });
    let plain = PLAIN.iter().chain(rounds::TOOLS).map(|(name, about)| tool(name, about, &empty()));
    let asking = requests::TOOLS.iter().map(|(name, about, argument)| {
        let schema = argument.map_or_else(empty, |argument| {
            json!({ "type": "object", "properties": { argument: { "type": "string" } }, "required": [argument] })
        });
        tool(name, about, &schema)
    });
    let mirrored = json!({ "type": "object",
        "properties": { "region": { "type": "string", "x-mcp-header": "Region" } }, "required": ["region"] });
    let special = [
        tool("json_schema_2020_12_tool", "Has a schema with the vocabulary of 2020-12.", &vocabulary()),
        tool("test_x_mcp_header", "Has an argument that stands in a header too.", &mirrored),
    ];
    plain.chain(asking).chain(special).collect()
}

fn tool(name: &'static str, about: &'static str, schema: &Value) -> Tool {
    Tool::new(name, about, Arc::new(schema.as_object().cloned().unwrap_or_default()))
}

/// Answers a tool that asks nothing back; `level` is from which level on a session wants to read the log.
pub(super) async fn call(
    name: &str,
    arguments: &JsonObject,
    level: LoggingLevel,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResult, ErrorData> {
    let blocks = match name {
        "test_simple_text" => vec![ContentBlock::text("This is a simple text response for testing.")],
        "test_image_content" => vec![image()],
        "test_audio_content" => vec![ContentBlock::audio(WAV, AUDIO)],
        "test_embedded_resource" => {
            vec![embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")]
        }
        "test_multiple_content_types" => vec![
            ContentBlock::text("Multiple content types test:"),
            image(),
            embedded("test://mixed-content-resource", "application/json", r#"{"test":"data","value":123}"#),
        ],
        "test_error_handling" => {
            let text = "This tool intentionally returns an error for testing";
            return Ok(CallToolResult::error(vec![ContentBlock::text(text)]));
        }
        "test_tool_with_progress" => {
            progress(context).await;
            done()
        }
        "test_tool_with_logging" => {
            log(context, level).await;
            done()
        }
        "test_logging_tool" => {
            if let Some(level) = context.meta.log_level() {
                log(context, level).await;
            }
            done()
        }
        "test_missing_capability" => {
            if context.client_capabilities().is_none_or(|client| client.sampling.is_none()) {
                let required = ClientCapabilities::builder().enable_sampling().build();
                return Err(ErrorData::missing_required_client_capability(required));
            }
            done()
        }
        TOOLS_CHANGED | PROMPTS_CHANGED => done(),
        "json_schema_2020_12_tool" | "test_x_mcp_header" => {
            vec![ContentBlock::text(Value::Object(arguments.clone()).to_string())]
        }
        _ => return Err(ErrorData::invalid_params("there is no such tool", Some(json!({ "name": name })))),
    };
    Ok(CallToolResult::success(blocks))
}

fn done() -> Vec<ContentBlock> {
    vec![ContentBlock::text("done")]
}

async fn progress(context: &RequestContext<RoleServer>) {
    for percent in [0.0, 50.0, 100.0] {
        if let Some(token) = context.meta.get_progress_token() {
            let said = ProgressNotificationParam::new(token, percent).with_total(100.0);
            // Whoever has gone need not know.
            context.peer.notify_progress(said).await.ok();
        }
        sleep(STEP).await;
    }
}

/// Three lines of level `info`, where those are wanted.
async fn log(context: &RequestContext<RoleServer>, from: LoggingLevel) {
    for line in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        if matches!(from, LoggingLevel::Debug | LoggingLevel::Info) {
            let said = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(line));
            context.peer.notify_logging_message(said.with_logger("fixtures")).await.ok();
        }
        sleep(STEP).await;
    }
}

/// A schema with what JSON Schema 2020-12 has beyond older drafts.
fn vocabulary() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
            },
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}
