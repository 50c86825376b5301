//! What the formats of this platform mean, as far as patterns can say it: for programs that read the document and know
//! none of them. The rules themselves are the domain's; tools for models go without, because models pay for every word.

use serde_json::Value;

/// One line: no control characters, and nothing that turns the direction of what follows.
const LINE: &str = r"^[^\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$";
/// The same with line feeds and tabs.
const LINES: &str = r"^[^\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]*$";

const PATTERNS: &[(&str, &str)] = &[
    ("slug", "^(?!(?:[Mm][Cc][Pp]|[Vv]2|[Oo][Aa][Uu][Tt][Hh])$)[A-Za-z0-9-][A-Za-z0-9_-]*$"),
    (
        "device",
        "^(?:[Mm][Oo][Bb][Ii][Ll][Ee]|[Tt][Aa][Bb][Ll][Ee][Tt]|[Dd][Ee][Ss][Kk][Tt][Oo][Pp]|[Bb][Oo][Tt]|[Uu][Nn][Kk][Nn][Oo][Ww][Nn])$",
    ),
    ("title", LINE),
    ("label", LINE),
    ("search", LINE),
    ("word", LINE),
    ("description", LINES),
];

/// Gives every string of such a format its pattern.
pub(super) fn write(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let format = object.get("format").and_then(Value::as_str);
            let known = PATTERNS.iter().find(|(name, _)| format == Some(*name));
            if let Some((_, pattern)) = known {
                object.insert("pattern".to_owned(), (*pattern).into());
            }
            object.values_mut().for_each(write);
        }
        Value::Array(items) => items.iter_mut().for_each(write),
        _ => {}
    }
}
