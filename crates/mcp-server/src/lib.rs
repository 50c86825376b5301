//! MCP from the catalogue: tools over streamable HTTP, both protocol eras.
