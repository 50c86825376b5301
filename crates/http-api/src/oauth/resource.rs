use axum::response::Response;
use lp_application::Error;
use lp_application::oauth::addresses::McpServer;
use lp_application::oauth::base_scopes;
use lp_application::{Application, Catalogue, PublicUrls};
use lp_core::Handle;
use serde_json::{Value, json};

use super::KEPT_SECONDS;
use crate::render;

/// The metadata of the MCP server on the API's host that this path names (RFC 9728): the shared one, or that of a handle.
///
/// Whether there is such a handle is not told: the document is the same for every name that a handle could have.
pub(crate) fn of_path(app: &Application, handle: Option<&str>) -> Result<Response, Error> {
    let handle = handle.map(Handle::parse).transpose().map_err(|_| Error::not_found("this MCP server"))?;
    Ok(reply(app, handle.as_ref().map_or(McpServer::Any, McpServer::Shared)))
}

/// The metadata of an MCP server.
pub(super) fn reply(app: &Application, server: McpServer<'_>) -> Response {
    let document = document(&app.settings().urls, app.catalogue(), server);
    render::published(document.to_string().into(), KEPT_SECONDS)
}

fn document(urls: &PublicUrls, catalogue: &Catalogue, server: McpServer<'_>) -> Value {
    let scopes: Vec<_> = base_scopes(catalogue).iter().map(|scope| scope.as_str()).collect();
    let name = match server {
        McpServer::Own(handle) | McpServer::Shared(handle) => format!("Link Platform: {handle}"),
        McpServer::Any => "Link Platform".to_owned(),
    };
    json!({
        "resource": server.resource(urls),
        "authorization_servers": [urls.api],
        "scopes_supported": scopes,
        "bearer_methods_supported": ["header"],
        "resource_name": name,
        "resource_documentation": format!("{}/v2/docs", urls.api),
    })
}
