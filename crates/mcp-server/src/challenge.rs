//! How a caller learns where credentials come from and what they must allow.
//!
//! The documents that the addresses lead to (RFC 9728) are the REST front's; what the servers are called in them is said
//! once, in [`lp_application::oauth::addresses`].

use lp_application::oauth::addresses::{McpServer, metadata_of};
use lp_application::{Code, Error, Need, PublicUrls};
use lp_core::{Handle, Scope};
use serde_json::{Value, json};

/// Where the metadata of the addressed MCP server stand: on the handle's own host, or on the API's below the same path.
pub(crate) fn metadata_url(urls: &PublicUrls, bound: Option<&Handle>, path: &str) -> String {
    let server = match bound {
        None => McpServer::Any,
        Some(handle) if path == "/mcp" => McpServer::Own(handle),
        Some(handle) => McpServer::Shared(handle),
    };
    metadata_of(&server.resource(urls))
}

/// What it takes to be let in and to see the tools.
pub(crate) const TO_CONNECT: &[&str] = &[Scope::MCP_CONNECT.as_str(), Scope::SKILLS_READ.as_str()];

/// The `WWW-Authenticate` of a 401 (RFC 6750, 3; RFC 9728, 5.1).
pub(crate) fn unauthorized(metadata_url: &str, error: &Error) -> String {
    let scopes = TO_CONNECT.join(" ");
    let challenge = format!("Bearer resource_metadata=\"{metadata_url}\", scope=\"{scopes}\"");
    if error.code == Code::MISSING_BEARER_TOKEN {
        challenge
    } else {
        format!("{challenge}, error=\"invalid_token\"")
    }
}

/// The same inside a tool's result, for hosts that ask for consent from there; `None` where no credential would help.
pub(crate) fn in_result(metadata_url: &str, need: Need, error: &Error) -> Option<Value> {
    let (word, description) = match error.code {
        Code::INSUFFICIENT_SCOPE => ("insufficient_scope", "the token does not allow this tool"),
        code if code.status() == 401 => ("invalid_token", "the token does not open this server"),
        _ => return None,
    };
    Some(json!([bearer(metadata_url, word, description, &scopes(need))]))
}

/// The `WWW-Authenticate` of a 403 (RFC 6750, 3.1), with everything that is needed at once.
pub(crate) fn insufficient(metadata_url: &str, scopes: &[&str]) -> String {
    bearer(metadata_url, "insufficient_scope", "the token does not allow this", scopes)
}

fn bearer(metadata_url: &str, word: &str, description: &str, scopes: &[&str]) -> String {
    let scopes = scopes.join(" ");
    format!(
        "Bearer error=\"{word}\", error_description=\"{description}\", scope=\"{scopes}\", \
         resource_metadata=\"{metadata_url}\""
    )
}

/// Every scope that a tool needs, connecting included.
pub(crate) fn scopes(need: Need) -> Vec<&'static str> {
    match need {
        // None of these is a tool.
        Need::Public | Need::Account | Need::Role(_) => Vec::new(),
        Need::Member { scope, .. } if scope == Scope::MCP_CONNECT => vec![scope.as_str()],
        Need::Member { scope, .. } => vec![Scope::MCP_CONNECT.as_str(), scope.as_str()],
    }
}
