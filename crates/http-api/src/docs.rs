pub fn docs(_: &serde_json::Value) -> String { String::new() }
pub(crate) fn reply(b: bytes::Bytes) -> axum::response::Response { crate::render::document("text/html; charset=utf-8", b) }
