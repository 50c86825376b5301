//! What can be read, and what stands in it.

use rmcp::ErrorData;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::json;

use super::contents::{IMAGE, PNG};

const TEXT: &str = "test://static-text";
const BINARY: &str = "test://static-binary";
/// One that can be watched. It never changes, so whoever watches it hears nothing.
const WATCHED: &str = "test://watched-resource";

pub(super) fn resources() -> Vec<Resource> {
    let text = Resource::new(TEXT, "static-text").with_description("A text.").with_mime_type("text/plain");
    let binary = Resource::new(BINARY, "static-binary").with_description("An image.").with_mime_type(IMAGE);
    let watched = Resource::new(WATCHED, "watched-resource").with_description("A text that can be watched.");
    vec![text, binary, watched.with_mime_type("text/plain")]
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    let template = ResourceTemplate::new("test://template/{id}/data", "template");
    vec![template.with_description("Data that repeats the id.").with_mime_type("application/json")]
}

pub(super) fn read(uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let text = |text: &str| ResourceContents::text(text, uri).with_mime_type("text/plain");
    let contents = match uri {
        TEXT => text("This is the content of the static text resource."),
        WATCHED => text("This is the content of the watched resource."),
        BINARY => ResourceContents::blob(PNG, uri).with_mime_type(IMAGE),
        _ => {
            let id = uri.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data"));
            let id = id.filter(|id| !id.is_empty() && !id.contains('/')).ok_or_else(|| absent(uri))?;
            let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            ResourceContents::text(data.to_string(), uri).with_mime_type("application/json")
        }
    };
    Ok(ReadResourceResult::new(vec![contents]))
}

fn absent(uri: &str) -> ErrorData {
    ErrorData::resource_not_found("there is no such resource", Some(json!({ "uri": uri })))
}
