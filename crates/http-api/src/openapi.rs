//! The OpenAPI 3.1 document, from the rows.

mod components;
mod input;
mod operation;
mod patterns;
mod replies;

use std::collections::{BTreeSet, HashSet};

use lp_application::{Auth, Catalogue, Method, Mount, Operation};
use serde_json::{Map, Value, json};

const ABOUT: &str = "\
Short links and what visitors meet behind them. Every operation is also an MCP tool of the same name, unless said \
otherwise, and answers the same there.\n\n\
Paths under `/v2/handles` take the access token of a signed-in account, paths under `/v2/public/handles` a personal \
access token of the handle. Replies are JSON; a refusal is a flat object with a stable word in `error`.";

/// The OpenAPI 3.1 document of a catalogue. Rows and mounts keep their order, so the same rows give the same document.
pub fn openapi(catalogue: &Catalogue, version: &str, server_url: Option<&str>) -> Value {
    let mut paths = Map::new();
    let mut components = components::Components::default();
    let mut names = HashSet::new();
    for row in catalogue.operations() {
        for mount in row.mounts() {
            let id = unique(&operation_id(row, mount), &mut names);
            let described = operation::describe(row, mount, &id, &mut components);
            if let Value::Object(path) = paths.entry(mount.path.as_str()).or_insert_with(|| json!({})) {
                path.insert(mount.method.as_str().to_ascii_lowercase(), described);
            }
        }
    }
    for path in paths.values_mut() {
        in_order(path);
    }
    let mut document = Map::new();
    document.insert("openapi".to_owned(), json!("3.1.0"));
    document.insert(
        "info".to_owned(),
        json!({
            "title": "Link Platform",
            "version": version,
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        }),
    );
    if let Some(url) = server_url {
        document.insert("servers".to_owned(), json!([{ "url": url }]));
    }
    document.insert("tags".to_owned(), tags(catalogue));
    document.insert("paths".to_owned(), Value::Object(paths));
    document.insert("components".to_owned(), components.finish());
    let mut document = Value::Object(document);
    patterns::write(&mut document);
    without_briefs(&mut document);
    document
}

/// Drops the sentences that tools say in the place of a part of a schema: here it stands in full.
fn without_briefs(part: &mut Value) {
    match part {
        Value::Object(object) => {
            object.shift_remove("x-brief");
            object.values_mut().for_each(without_briefs);
        }
        Value::Array(items) => items.iter_mut().for_each(without_briefs),
        _ => {}
    }
}

/// The row's name; where it has more ways in than one, that of accounts says so.
fn operation_id(row: &Operation, mount: &Mount) -> String {
    let others = row.mounts().iter().any(|other| other.auth != Auth::Jwt);
    if mount.auth == Auth::Jwt && others { format!("{}_account", row.name) } else { row.name.to_owned() }
}

fn unique(wanted: &str, taken: &mut HashSet<String>) -> String {
    let mut id = wanted.to_owned();
    let mut next = 2;
    while !taken.insert(id.clone()) {
        id = format!("{wanted}_{next}");
        next += 1;
    }
    id
}

/// Rows come in any order; the methods of one path read best in the usual one.
fn in_order(path: &mut Value) {
    let Value::Object(methods) = path else { return };
    for method in [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete] {
        if let Some((key, operation)) = methods.shift_remove_entry(&method.as_str().to_ascii_lowercase()) {
            methods.insert(key, operation);
        }
    }
}

/// Of an operation: the context before its name's first underscore.
fn context(row: &Operation) -> &'static str {
    row.name.split_once('_').map_or(row.name, |(context, _)| context)
}

fn tags(catalogue: &Catalogue) -> Value {
    let mut seen = BTreeSet::new();
    let mounted = catalogue.operations().iter().filter(|row| !row.mounts().is_empty());
    mounted.map(context).filter(|context| seen.insert(*context)).map(|name| json!({ "name": name })).collect()
}
