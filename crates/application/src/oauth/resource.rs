//! Which MCP server an app means (RFC 8707).

use lp_access::{Audience, Connection};
use lp_core::Handle;

use super::addresses::McpServer;
use crate::cx::Cx;
use crate::names::Named;
use crate::{Code, Error};

/// The server that is meant.
pub(super) struct Target {
    pub(super) audience: Audience,
    /// The handle that its address names.
    pub(super) handle: Option<Named>,
}

/// The server at an address. The handle's own host and its path on the API's host are one; nothing else is. Without an
/// address it is one of a handle that the person chooses.
pub(super) fn target(cx: &Cx, resource: Option<&str>) -> Result<Target, Error> {
    let Some(resource) = resource else { return Ok(Target { audience: Audience::Handle, handle: None }) };
    let is = |server: McpServer| same(resource, &server.resource(cx.urls()));
    if is(McpServer::Any) {
        return Ok(Target { audience: Audience::Shared, handle: None });
    }
    let label = named(resource);
    let handle = label.and_then(|label| Handle::parse(&label).ok());
    let handle = handle.filter(|handle| is(McpServer::Own(handle)) || is(McpServer::Shared(handle)));
    let named = handle.and_then(|handle| cx.names().resolve(&handle)).filter(|named| named.active);
    let named = named.ok_or_else(|| {
        Error::new(
            Code::INVALID_TARGET,
            "the resource is not the address of an MCP server of this installation",
        )
    })?;
    Ok(Target { audience: Audience::Handle, handle: Some(named) })
}

/// Whether tokens of a connection may be asked for with this resource: only for the server that was granted.
pub(super) fn still(cx: &Cx, connection: &Connection, resource: Option<&str>) -> Result<(), Error> {
    let Some(resource) = resource else { return Ok(()) };
    let target = target(cx, Some(resource))?;
    let same_handle = target.handle.is_none_or(|named| named.key == connection.handle);
    if target.audience == connection.audience && same_handle {
        return Ok(());
    }
    Err(Error::new(Code::INVALID_TARGET, "the resource is not the one that was granted"))
}

/// The handle that an address could name: its first label, or what stands between `/mcp/` and `/mcp`.
fn named(resource: &str) -> Option<String> {
    let (_, rest) = resource.split_once("://")?;
    let (authority, path) = rest.split_once('/')?;
    let label = match path {
        "mcp" => authority.split('.').next()?,
        path => path.strip_prefix("mcp/")?.strip_suffix("/mcp")?,
    };
    Some(label.to_ascii_lowercase())
}

/// Whether two addresses are one: scheme and host in any case (RFC 3986, 6.2.2.1), all else letter by letter.
fn same(one: &str, other: &str) -> bool {
    let split = |text: &str| {
        let start = text.find("://").map_or(0, |at| at + 3);
        let end = text[start..].find('/').map_or(text.len(), |at| at + start);
        (text[..end].to_ascii_lowercase(), text[end..].to_owned())
    };
    split(one) == split(other)
}
