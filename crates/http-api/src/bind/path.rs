use serde_json::{Map, Value};

use super::{query, text};
use crate::router::Arrival;
use crate::table::{parameter, template};

/// The segments of a raw path, decoded. `None` where it is no path of ours: a fault in its encoding names nothing.
pub(crate) fn segments(raw: &str) -> Option<Vec<String>> {
    raw.strip_prefix('/')?.split('/').map(|segment| text::decode(segment.as_bytes(), false)).collect()
}

/// What the path says: the handle, and the arguments beside it.
pub(super) fn arguments(arrival: Arrival<'_>) -> (Option<String>, Map<String, Value>) {
    let mut handle = None;
    let mut arguments = Map::new();
    for (part, value) in template(&arrival.mount.path).zip(arrival.segments) {
        match parameter(part) {
            None => {}
            Some("handle") => handle = Some(value.clone()),
            Some(name) => {
                let schema = &arrival.operation.input["properties"][name];
                arguments.insert(name.to_owned(), query::coerce(value.clone(), schema));
            }
        }
    }
    (handle, arguments)
}
