use lp_application::{Code, Dialect};
use serde_json::{Map, Value, json};

use super::replies::{common_headers, header};

/// What operations share.
#[derive(Default)]
pub(super) struct Components {
    schemas: Map<String, Value>,
    refusals: Map<String, Value>,
}

impl Components {
    /// Puts a schema in under a name and refers to it. The second way in to a row brings the same schema.
    pub(super) fn schema(&mut self, name: &str, schema: Value) -> Value {
        self.schemas.entry(name).or_insert(schema);
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    /// Refers to the reply that ends with one of these codes; operations with the same codes share it.
    pub(super) fn refusal(&mut self, dialect: Dialect, status: u16, codes: &[Code]) -> Value {
        let names: Vec<_> = codes.iter().map(|code| code.name()).collect();
        let family = if dialect == Dialect::OAuth { ".oauth" } else { "" };
        let name = format!("{status}{family}.{}", names.join("."));
        self.refusals.entry(name.as_str()).or_insert_with(|| refusal(dialect, status, codes));
        json!({ "$ref": format!("#/components/responses/{name}") })
    }

    pub(super) fn finish(mut self) -> Value {
        self.schemas.insert("Error".to_owned(), error());
        self.schemas.insert("OAuthError".to_owned(), oauth_error());
        self.schemas.insert("Fault".to_owned(), fault());
        self.refusals.sort_keys();
        json!({
            "schemas": self.schemas,
            "responses": self.refusals,
            "parameters": parameters(),
            "headers": headers(),
            "securitySchemes": security(),
        })
    }
}

fn refusal(dialect: Dialect, status: u16, codes: &[Code]) -> Value {
    let names: Vec<_> = codes.iter().map(|code| code.name()).collect();
    let meanings: Vec<_> =
        codes.iter().map(|code| format!("`{}`: {}", code.name(), code.meaning())).collect();
    let mut headers = common_headers();
    if status == 401 || codes.contains(&Code::INSUFFICIENT_SCOPE) {
        headers.insert("www-authenticate".to_owned(), header("WwwAuthenticate"));
    }
    if matches!(status, 429 | 503) {
        headers.insert("retry-after".to_owned(), header("RetryAfter"));
    }
    let error = if dialect == Dialect::OAuth { "OAuthError" } else { "Error" };
    let schema = json!({
        "allOf": [
            { "$ref": format!("#/components/schemas/{error}") },
            { "type": "object", "properties": { "error": { "enum": names } } },
        ],
    });
    json!({
        "description": meanings.join("\n\n"),
        "headers": headers,
        "content": { "application/json": { "schema": schema } },
    })
}

fn error() -> Value {
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    json!({
        "type": "object",
        "description": "A refusal. Further keys belong to the code.",
        "properties": {
            "error": { "type": "string", "enum": codes, "description": "What went wrong, as a stable word." },
            "message": { "type": "string", "description": "What went wrong, for people; may change." },
            "requestId": { "type": "string", "description": "The same as in the header x-request-id." },
            "fields": {
                "type": "array",
                "items": { "$ref": "#/components/schemas/Fault" },
                "description": "Every faulty argument.",
            },
            "retryAfterMs": {
                "type": "integer", "minimum": 0,
                "description": "When trying again makes sense.",
            },
            "requiredScope": { "type": "string", "description": "Beside insufficient_scope." },
            "requiredRole": { "type": "string", "description": "Beside insufficient_role." },
            "feature": { "type": "string", "description": "Beside feature_locked." },
            "requiredPlan": {
                "type": ["string", "null"],
                "description": "Beside feature_locked: the least plan that has it; null where none makes a difference.",
            },
            "plan": { "type": "string", "description": "Beside rate_limited where no writes are left today." },
            "limits": {
                "type": "object",
                "properties": { "writesPerDay": { "type": ["integer", "null"] } },
                "description": "What the plan allows.",
            },
            "usage": {
                "type": "object",
                "properties": { "writesToday": { "type": "integer" }, "writesDay": { "type": "string" } },
                "description": "What was written today, and which day that is by the account's time zone.",
            },
        },
        "required": ["error", "message", "requestId"],
    })
}

/// As endpoints of OAuth refuse (RFC 6749, 5.2).
fn oauth_error() -> Value {
    json!({
        "type": "object",
        "description": "A refusal as OAuth writes it (RFC 6749, 5.2).",
        "properties": {
            "error": { "type": "string", "description": "What went wrong, as a stable word." },
            "error_description": { "type": "string", "description": "What went wrong, for people; may change." },
            "requestId": { "type": "string", "description": "The same as in the header x-request-id." },
            "fields": {
                "type": "array",
                "items": { "$ref": "#/components/schemas/Fault" },
                "description": "Every faulty argument.",
            },
            "retryAfterMs": {
                "type": "integer", "minimum": 0,
                "description": "When trying again makes sense.",
            },
        },
        "required": ["error", "error_description", "requestId"],
    })
}

fn fault() -> Value {
    json!({
        "type": "object",
        "description": "One faulty argument.",
        "properties": {
            "pointer": { "type": "string", "description": "Where in what was sent, as a JSON pointer (RFC 6901)." },
            "code": { "type": "string", "description": "What is wrong, as a stable word." },
            "message": { "type": "string", "description": "What is wrong, for people." },
        },
        "required": ["pointer", "code", "message"],
    })
}

fn parameters() -> Value {
    json!({
        "Handle": {
            "name": "handle", "in": "path", "required": true,
            "description": "Whose space is meant.",
            "schema": {
                "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,30}[a-z0-9]$", "examples": ["hello"],
            },
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "A key of the caller's own. For 24 hours the same call under the same key is done once and \
                            answered alike; another call under it is refused with idempotency_conflict.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$" },
        },
    })
}

fn headers() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "RequestId": text("The request's name in logs and audit: the caller's own if it sent a valid one."),
        "RateLimitPolicy": text(
            "The caller's bucket (draft-ietf-httpapi-ratelimit-headers-11): q calls at once, refilled in w seconds. \
             Absent where no limit applies. Where another limit refuses, it stands first."
        ),
        "RateLimit": text("What is left of it: r calls now, the whole of it in t seconds."),
        "RetryAfter": {
            "description": "Seconds until trying again makes sense.",
            "schema": { "type": "integer", "minimum": 1 },
        },
        "WwwAuthenticate": text("What credential would do (RFC 6750)."),
        "IdempotencyReplayed": {
            "description": "Present where this is the remembered reply of an earlier call.",
            "schema": { "const": "true" },
        },
        "ContentDisposition": text("What to call the file, where it is one to save."),
    })
}

fn security() -> Value {
    json!({
        "bearerAuth": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The access token of a signed-in account. The role it needs in the handle is named beside it.",
        },
        "patAuth": {
            "type": "http", "scheme": "bearer", "bearerFormat": "patv1_<tokenId>.<secret>",
            "description": "A personal access token of the handle. The scope it needs is named beside it.",
        },
        "apiKeyAuth": {
            "type": "apiKey", "in": "header", "name": "x-api-key",
            "description": "The same token in a header of its own.",
        },
        "clientBasic": {
            "type": "http", "scheme": "basic",
            "description": "Id and secret of a client of OAuth, form-urlencoded (RFC 6749, 2.3.1). They may stand in the form \
                            as well; clients without a secret say their id there.",
        },
        "grant": {
            "type": "apiKey", "in": "query", "name": "grant",
            "description": "Part of a signed address: allows one call of one stream, for 15 minutes.",
        },
    })
}
