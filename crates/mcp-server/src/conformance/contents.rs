//! Small contents of each kind.

use rmcp::model::{ContentBlock, ResourceContents};

/// A red dot.
pub(super) const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";
pub(super) const IMAGE: &str = "image/png";
/// A millisecond of silence.
pub(super) const WAV: &str = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA==";
pub(super) const AUDIO: &str = "audio/wav";

pub(super) fn image() -> ContentBlock {
    ContentBlock::image(PNG, IMAGE)
}

/// A resource that lies within the answer.
pub(super) fn embedded(uri: &str, mime_type: &str, text: &str) -> ContentBlock {
    ContentBlock::resource(ResourceContents::text(text, uri).with_mime_type(mime_type))
}
