use std::fmt;

use lp_core::{Handle, Slug};

use crate::Limits;

/// What an installation decides for itself.
#[derive(Clone)]
pub struct Settings {
    /// Where it can be reached.
    pub urls: PublicUrls,
    /// The handle that is meant where neither host nor arguments name one.
    pub default_handle: Option<Handle>,
    /// `None` turns rate limits off.
    pub limits: Option<Limits>,
    /// 256 bits that sign what leaves the installation and comes back, and key the hashes of visitors.
    pub secret: [u8; 32],
}

/// The addresses that are handed out. They come from the settings, never from a `Host` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrls {
    /// The domain below which handles have their hosts.
    pub domain: String,
    /// `http` or `https`.
    pub scheme: String,
    /// What stands behind the host, where it is not the scheme's own.
    pub port: Option<u16>,
    /// The API's origin, without a `/` at its end.
    pub api: String,
}

impl PublicUrls {
    /// The short link of a slug.
    pub fn short(&self, handle: &Handle, slug: &Slug) -> String {
        format!("{}/{slug}", self.origin(handle.as_str()))
    }

    /// The MCP server of a handle, on its own host.
    pub fn mcp(&self, handle: &Handle) -> String {
        format!("{}/mcp", self.origin(&format!("{handle}.mcp")))
    }

    /// The same MCP server on the API's host.
    pub fn shared_mcp(&self, handle: &Handle) -> String {
        format!("{}/mcp/{handle}/mcp", self.api)
    }

    fn origin(&self, labels: &str) -> String {
        let port = self.port.map_or_else(String::new, |port| format!(":{port}"));
        format!("{}://{labels}.{}{port}", self.scheme, self.domain)
    }
}

/// Shows no secret.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("urls", &self.urls)
            .field("default_handle", &self.default_handle)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
