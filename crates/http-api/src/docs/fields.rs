use serde_json::Value;

use super::html::{escape, prose, table};

/// Deeper fields than this are left to the document.
const DEPTH: usize = 4;

/// Keywords that bound a value, and the words around theirs.
const BOUNDS: [(&str, &str, &str); 7] = [
    ("minimum", "at least", ""),
    ("maximum", "at most", ""),
    ("minLength", "at least", " characters"),
    ("maxLength", "at most", " characters"),
    ("minItems", "at least", " entries"),
    ("maxItems", "at most", " entries"),
    ("default", "default", ""),
];

/// One field of a schema, with where it stands in it.
struct Field<'a> {
    path: String,
    required: bool,
    schema: &'a Value,
}

/// What a reference leads to; other values lead to themselves.
pub(super) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// The table of an operation's parameters.
pub(super) fn parameters<'a>(parameters: impl Iterator<Item = &'a Value>) -> Option<String> {
    let rows: String = parameters
        .map(|parameter| {
            let place = escape(parameter["in"].as_str().unwrap_or_default());
            let about = about(&parameter["schema"], parameter["description"].as_str());
            row(
                parameter["name"].as_str().unwrap_or_default(),
                parameter["required"] == true,
                &parameter["schema"],
                &format!("<span class=\"place\">{place}</span> {about}"),
            )
        })
        .collect();
    (!rows.is_empty()).then(|| table(&["Parameter", "Type", "Meaning"], &rows))
}

/// The table of a schema's fields, nested ones flattened.
pub(super) fn fields(document: &Value, schema: &Value) -> Option<String> {
    let mut found = Vec::new();
    collect(document, schema, "", 0, &mut found);
    let rows: String = found
        .iter()
        .map(|field| row(&field.path, field.required, field.schema, &about(field.schema, None)))
        .collect();
    (!rows.is_empty()).then(|| table(&["Field", "Type", "Meaning"], &rows))
}

fn collect<'a>(document: &'a Value, schema: &'a Value, above: &str, depth: usize, into: &mut Vec<Field<'a>>) {
    let schema = resolve(document, schema);
    let properties = schema["properties"].as_object().filter(|_| depth < DEPTH);
    for (name, own) in properties.into_iter().flatten() {
        let own = resolve(document, own);
        let path = format!("{above}{name}");
        let required =
            schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name.as_str()));
        into.push(Field { path: path.clone(), required, schema: own });
        let inner = present(own);
        collect(document, inner, &format!("{path}."), depth + 1, into);
        collect(document, &inner["items"], &format!("{path}[]."), depth + 1, into);
    }
}

/// Of a schema that takes `null` beside something, that something.
pub(super) fn present(schema: &Value) -> &Value {
    let branches = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
    branches.and_then(|branches| branches.iter().find(|branch| branch["type"] != "null")).unwrap_or(schema)
}

fn row(name: &str, required: bool, schema: &Value, about: &str) -> String {
    let required = if required { "<span class=\"required\">required</span>" } else { "" };
    format!(
        "<tr><td><code>{}</code>{required}</td><td class=\"type\">{}</td><td>{about}</td></tr>",
        escape(name),
        escape(&kind(schema, name)),
    )
}

/// The types of a schema, with the format where it says more than the field's own name.
fn kind(schema: &Value, name: &str) -> String {
    let inner = present(schema);
    let mut kinds: Vec<String> = match &inner["type"] {
        Value::String(only) => vec![only.clone()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
        _ => vec!["any".to_owned()],
    };
    if !std::ptr::eq(inner, schema) {
        kinds.push("null".to_owned());
    }
    let kinds: Vec<_> = kinds
        .into_iter()
        .map(|kind| match kind.as_str() {
            "array" => format!("array of {}", self::kind(&inner["items"], name)),
            "string" => {
                let format = inner["format"].as_str().filter(|format| *format != name);
                format.map_or(kind, |format| format!("string ({format})"))
            }
            _ => kind,
        })
        .collect();
    kinds.join(" or ")
}

/// What a field means, and its bounds.
fn about(schema: &Value, described: Option<&str>) -> String {
    let inner = present(schema);
    let described =
        described.or_else(|| schema["description"].as_str()).or_else(|| inner["description"].as_str());
    let mut said = described.map(prose).into_iter().collect::<Vec<_>>();
    if let Some(options) = inner["enum"].as_array() {
        let options: Vec<_> = options
            .iter()
            .filter(|option| !option.is_null())
            .map(|option| format!("<code>{}</code>", escape(&plain(option))))
            .collect();
        said.push(format!("One of {}.", options.join(", ")));
    }
    // That an unsigned number is not negative goes without saying, and so does a default of nothing.
    let telling = |key: &str, value: &Value| match key {
        "minimum" => value.as_f64() != Some(0.0),
        _ => !value.is_null() && !value.is_object(),
    };
    let bounds: Vec<_> = BOUNDS
        .iter()
        .filter_map(|(key, before, behind)| {
            let value = inner.get(key).or_else(|| schema.get(key)).filter(|value| telling(key, value))?;
            Some(format!("{before} <code>{}</code>{behind}", escape(&plain(value))))
        })
        .collect();
    if !bounds.is_empty() {
        said.push(format!("<span class=\"bounds\">{}</span>", bounds.join(", ")));
    }
    said.join(" ")
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
