//! The page about the OpenAPI document: rendered here, whole in itself, readable without scripts.

mod example;
mod fields;
mod html;
mod operation;

use std::fmt::Write as _;

use axum::response::Response;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use lp_application::Code;
use serde_json::Value;

use self::html::escape;
use self::operation::Described;
use crate::render;

const PAGE: &str = include_str!("docs/page.html");
const INTRO: &str = include_str!("docs/intro.html");
const STYLE: &str = include_str!("docs/style.css");

/// The page loads nothing, runs nothing and stands in no frame; its only style is its own.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page, from a document that [`openapi`](crate::openapi) made.
pub fn docs(document: &Value) -> String {
    let operations = operation::of(document);
    let server = document["servers"][0]["url"].as_str().unwrap_or_default();
    let mut sidebar = String::new();
    let mut content = String::new();
    for tag in document["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str()) {
        let own: Vec<_> = operations.iter().filter(|operation| operation.tag == tag).collect();
        group(tag, &own, &mut sidebar, &mut content);
    }
    fill(
        PAGE,
        &[
            ("style", STYLE),
            ("version", &escape(document["info"]["version"].as_str().unwrap_or_default())),
            ("sidebar", &sidebar),
            ("intro", &fill(INTRO, &[("server", &escape(server))])),
            ("operations", &content),
            ("errors", &errors()),
        ],
    )
}

/// The page as a reply.
pub(crate) fn reply(page: Bytes) -> Response {
    let mut response = render::document("text/html; charset=utf-8", page);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn group(tag: &str, operations: &[&Described<'_>], sidebar: &mut String, content: &mut String) {
    let (id, title) = (escape(tag), escape(&capital(tag)));
    // Writing to a string cannot fail, here and below.
    let _ = write!(sidebar, "<p class=\"group\"><a href=\"#tag-{id}\">{title}</a></p><ul>");
    let _ = write!(content, "<h2 class=\"group\" id=\"tag-{id}\">{title}</h2>");
    for operation in operations {
        let name = escape(operation.name);
        let method = html::method(operation.method());
        let _ = write!(
            sidebar,
            "<li><a href=\"#{name}\">{method}<span>{}</span></a></li>",
            escape(operation.summary())
        );
        content.push_str(&operation.section());
    }
    sidebar.push_str("</ul>");
}

fn errors() -> String {
    let mut rows = String::new();
    for code in Code::ALL {
        let retry = if code.retryable() { "yes" } else { "no" };
        let _ = write!(
            rows,
            "<tr id=\"error-{name}\"><td><code>{name}</code></td><td>{}</td><td>{retry}</td><td>{}</td></tr>",
            code.status(),
            html::prose(code.meaning()),
            name = escape(code.name()),
        );
    }
    html::table(&["Code", "Status", "Retry", "Meaning"], &rows)
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Puts texts in the places of a template, in one pass: what is put in is not looked at again.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut parts = template.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or(("", part));
        let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        filled.push_str(value.unwrap_or_default());
        filled.push_str(rest);
    }
    filled
}
