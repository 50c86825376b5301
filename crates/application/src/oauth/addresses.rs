//! Where everything about OAuth is: the endpoints below the issuer, the documents that lead there, and what the MCP servers
//! are called in them.

use lp_core::Handle;

use crate::PublicUrls;

/// Where a person is asked, below the issuer and on the console's host.
pub const AUTHORIZE: &str = "/oauth/authorize";
/// Where codes and refresh tokens are exchanged, below the issuer.
pub const TOKEN: &str = "/oauth/token";
/// Where clients register, below the issuer (RFC 7591).
pub const REGISTER: &str = "/oauth/register";
/// Where tokens are given back, below the issuer (RFC 7009).
pub const REVOKE: &str = "/oauth/revoke";
/// The issuer's metadata (RFC 8414, 3).
pub const AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";
/// The same where clients of OpenID Connect look.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
/// Metadata of an MCP server (RFC 9728, 3); what follows is the server's own path.
pub const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";

/// An MCP server, as clients address it: what tokens are asked for (RFC 8707).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum McpServer<'h> {
    /// That of a handle, on the handle's own host.
    Own(&'h Handle),
    /// The same on the API's host.
    Shared(&'h Handle),
    /// The one on the API's host that every call names a handle to.
    Any,
}

impl McpServer<'_> {
    /// Its address, which is its name (RFC 9728, 1.2): exactly this, without a `/` at its end.
    pub fn resource(self, urls: &PublicUrls) -> String {
        match self {
            Self::Own(handle) => urls.mcp(handle),
            Self::Shared(handle) => urls.shared_mcp(handle),
            Self::Any => format!("{}/mcp", urls.api),
        }
    }
}

/// Where the metadata of an MCP server stand, by its address: the well-known part comes between host and path (RFC 9728,
/// 3.1).
pub fn metadata_of(resource: &str) -> String {
    let host = resource.find("://").map_or(0, |at| at + 3);
    let path = resource[host..].find('/').map_or(resource.len(), |at| host + at);
    format!("{}{PROTECTED_RESOURCE}{}", &resource[..path], &resource[path..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_stand_between_host_and_path_of_what_they_are_about() {
        let urls = PublicUrls::below("links.example", None);
        let hello = Handle::parse("hello").expect("a handle");
        for (audience, resource, metadata) in [
            (
                McpServer::Own(&hello),
                "https://hello.mcp.links.example/mcp",
                "https://hello.mcp.links.example/.well-known/oauth-protected-resource/mcp",
            ),
            (
                McpServer::Shared(&hello),
                "https://ai.links.example/mcp/hello/mcp",
                "https://ai.links.example/.well-known/oauth-protected-resource/mcp/hello/mcp",
            ),
            (
                McpServer::Any,
                "https://ai.links.example/mcp",
                "https://ai.links.example/.well-known/oauth-protected-resource/mcp",
            ),
        ] {
            assert_eq!(audience.resource(&urls), resource);
            assert_eq!(metadata_of(resource), metadata);
        }
        assert_eq!(
            metadata_of("https://a.example"),
            "https://a.example/.well-known/oauth-protected-resource"
        );
    }
}
