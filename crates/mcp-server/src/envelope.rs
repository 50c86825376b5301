//! What a tool answers: the same value twice, as text for models and as JSON for programs.

use lp_application::{Code, Error, Need, SignedUrl, Stream};
use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::challenge;

/// The word that stands before every refusal, as the documentation has it.
const REFUSED: &str = "monolith_api_error";

/// A call that went well.
pub(crate) fn success(value: Value) -> CallToolResult {
    let mut result = CallToolResult::success(vec![text(&value)]);
    result.structured_content = Some(value);
    result
}

/// A call that was refused or failed.
pub(crate) fn failure(error: &Error, need: Need, caller: &Caller) -> CallToolResult {
    if let Some(step_up) = caller.step_up.as_ref().filter(|_| error.code == Code::INSUFFICIENT_SCOPE) {
        step_up.demand(challenge::insufficient(&caller.metadata_url, &challenge::scopes(need)));
    }
    let status = error.code.status();
    let value = json!({ "error": REFUSED, "status": status, "body": error.body(&caller.request_id) });
    let mut result = CallToolResult::error(vec![text(&value)]);
    result.structured_content = Some(value);
    if let Some(challenge) = challenge::in_result(&caller.metadata_url, need, error) {
        let mut meta = MetaObject::new();
        meta.insert("mcp/www_authenticate".to_owned(), challenge);
        result.meta = Some(meta);
    }
    result
}

/// The schema of [`failure`]'s value.
pub(crate) fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "error": { "const": REFUSED },
            "status": { "type": "integer" },
            "body": {
                "type": "object",
                "properties": {
                    "error": { "type": "string" },
                    "message": { "type": "string" },
                    "requestId": { "type": "string" },
                },
                "required": ["error", "message", "requestId"],
            },
        },
        "required": ["error", "status", "body"],
    })
}

/// Where the bytes of a stream can be sent or fetched.
pub(crate) fn address(signed: &SignedUrl, stream: Stream) -> Value {
    let types = if stream.consumes.is_empty() { stream.produces } else { stream.consumes };
    json!({
        "url": signed.url,
        "method": signed.method,
        "contentTypes": types,
        "expiresAt": signed.expires_at.to_string(),
        "expiresInSec": signed.expires_in.as_secs(),
    })
}

fn text(value: &Value) -> ContentBlock {
    // A value prints always: its keys are strings.
    ContentBlock::text(serde_json::to_string_pretty(value).unwrap_or_default())
}
