//! What the server says of itself.

use std::borrow::Cow;

use rmcp::model::{Implementation, ProtocolVersion, ServerCapabilities, ServerConfig};

/// The revisions that are served; the oldest is what a client without a version header speaks.
const VERSIONS: &[ProtocolVersion] = &[
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// The essentials stand in the first 512 characters, since some hosts show a model no more.
pub(crate) const INSTRUCTIONS: &str = "\
Link Platform manages the short links of one handle: create, change, check, preview and measure them. The argument handle \
is optional, because the connection names it. The usual way: links_list shows what exists, links_upsert creates or changes \
one link by slug (absent fields are kept, null clears), links_route_preview shows where a visitor would be sent, without \
counting a click. Every change keeps a revision: links_history lists them, links_rollback restores one, also of a deleted \
link.

Lists answer a page at a time: pass nextCursor as cursor to go on. links_import and links_export answer a signed address \
that carries many links as CSV or JSON lines. A refused call answers isError with body.error (a stable code), body.message \
and body.fields (each faulty argument with its pointer); body.retryAfterMs says when to try again. A call that must not \
happen twice can carry a key of its own in _meta[\"link-platform/idempotencyKey\"].";

pub(crate) fn versions() -> Cow<'static, [ProtocolVersion]> {
    Cow::Borrowed(VERSIONS)
}

pub(crate) fn implementation() -> Implementation {
    Implementation::new("link-platform", env!("CARGO_PKG_VERSION")).with_title("Link Platform")
}

pub(crate) fn config() -> ServerConfig {
    ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
        .with_server_info(implementation())
        .with_instructions(INSTRUCTIONS)
        .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_512_characters_tell_the_usual_way() {
        let (essentials, _) = INSTRUCTIONS.split_once("\n\n").expect("two paragraphs");
        assert!(essentials.chars().count() <= 512, "{}", essentials.chars().count());
        for tool in ["links_list", "links_upsert", "links_route_preview", "links_rollback"] {
            assert!(essentials.contains(tool), "{tool}");
        }
    }

    #[test]
    fn the_instructions_name_only_tools_that_exist() {
        let rows = lp_application::catalogue();
        let words = INSTRUCTIONS.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for name in words.filter(|word| word.trim_matches('_').contains('_')) {
            assert!(rows.find(name).is_some_and(|row| row.tool), "{name}");
        }
    }
}
