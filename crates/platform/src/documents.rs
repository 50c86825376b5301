//! The documents that are computed from the operations.

#[cfg(any(feature = "http", feature = "mcp"))]
use lp_application::catalogue;
#[cfg(any(feature = "http", feature = "mcp"))]
use serde_json::Value;

/// The OpenAPI document. With the feature `http`.
#[cfg(feature = "http")]
pub fn openapi() -> Value {
    lp_http_api::openapi(&catalogue(), env!("CARGO_PKG_VERSION"), None)
}

/// The MCP tools. With the feature `mcp`.
#[cfg(feature = "mcp")]
pub fn mcp_tools() -> Value {
    lp_mcp_server::tools_document(&catalogue())
}

/// The table of error codes, in Markdown. With the feature `http`.
#[cfg(feature = "http")]
pub fn errors() -> String {
    lp_http_api::errors_markdown()
}
