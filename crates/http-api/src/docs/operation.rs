use std::fmt::Write as _;

use lp_application::Code;
use serde_json::Value;

use super::example::{self, Side};
use super::fields::{self, resolve};
use super::html::{self, escape, prose};

/// One operation with all its ways in.
pub(super) struct Described<'a> {
    document: &'a Value,
    pub(super) name: &'a str,
    pub(super) tag: &'a str,
    /// That of tokens first, where there is one.
    routes: Vec<Route<'a>>,
}

/// One way in.
struct Route<'a> {
    method: String,
    path: &'a str,
    operation: &'a Value,
}

/// The operations of a document, in its order.
pub(super) fn of(document: &Value) -> Vec<Described<'_>> {
    let mut operations: Vec<Described<'_>> = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let Some(name) = operation["x-link-platform-operation"].as_str() else { continue };
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            let route = Route { method: method.to_ascii_uppercase(), path, operation };
            match operations.iter_mut().find(|known| known.name == name) {
                Some(known) => known.routes.push(route),
                None => operations.push(Described { document, name, tag, routes: vec![route] }),
            }
        }
    }
    for operation in &mut operations {
        operation.routes.sort_by_key(Route::is_for_accounts);
    }
    operations
}

impl Route<'_> {
    fn is_for_accounts(&self) -> bool {
        self.operation["security"].get(0).is_some_and(|first| first.get("bearerAuth").is_some())
    }

    /// Who gets in here, as HTML.
    fn need(&self) -> String {
        let said = |key: &str| self.operation[key].as_str().map(escape);
        if let Some(role) = said("x-link-platform-role") {
            return format!("account, role <code>{role}</code>");
        }
        let first = self.operation["security"].get(0);
        match said("x-link-platform-scope") {
            Some(_) if first.is_some_and(|first| first.get("grant").is_some()) => "signed address".to_owned(),
            Some(scope) => format!("token, scope <code>{scope}</code>"),
            None => "open to everybody".to_owned(),
        }
    }
}

impl<'a> Described<'a> {
    fn main(&self) -> &Route<'a> {
        // An operation is made with its first route.
        &self.routes[0]
    }

    pub(super) fn method(&self) -> &str {
        &self.main().method
    }

    pub(super) fn summary(&self) -> &'a str {
        self.main().operation["summary"].as_str().unwrap_or(self.name)
    }

    /// The operation as a section of the page.
    pub(super) fn section(&self) -> String {
        let operation = self.main().operation;
        let mut told = String::new();
        // Writing to a string cannot fail, here and below.
        let _ = write!(told, "<p>{}</p>", prose(operation["description"].as_str().unwrap_or_default()));
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.map(|parameter| resolve(self.document, parameter));
        if let Some(table) = fields::parameters(parameters) {
            let _ = write!(told, "<h4>Parameters</h4>{table}");
        }
        told.push_str(&self.body());
        if let Some(table) = fields::fields(self.document, self.reply()) {
            let _ = write!(told, "<details><summary>Reply fields</summary>{table}</details>");
        }
        told.push_str(&self.errors());
        let tool = if operation["x-link-platform-tool"] == true {
            format!("MCP tool <code>{}</code>", escape(self.name))
        } else {
            "not an MCP tool".to_owned()
        };
        format!(
            "<section class=\"operation\" id=\"{name}\"><h3><a href=\"#{name}\">{summary}</a></h3>\
             <ul class=\"routes\">{routes}</ul><p class=\"tool\">{tool}</p>\
             <div class=\"told\">{told}</div><div class=\"shown\">{shown}</div></section>",
            name = escape(self.name),
            summary = escape(self.summary()),
            routes = self.routes.iter().map(route).collect::<String>(),
            shown = self.examples(),
        )
    }

    /// The schema of a JSON reply; `null` where there is none.
    fn reply(&self) -> &'a Value {
        let responses = &self.main().operation["responses"];
        let done = responses.get("200").unwrap_or(&responses["202"]);
        &done["content"]["application/json"]["schema"]
    }

    fn body(&self) -> String {
        let body = &self.main().operation["requestBody"];
        let Some(content) = body["content"].as_object() else { return String::new() };
        let kinds: Vec<_> = content.keys().map(|kind| format!("<code>{}</code>", escape(kind))).collect();
        let mut html = format!("<h4>Body <small>{}</small></h4>", kinds.join(" or "));
        let description = body["description"].as_str().map(|text| format!("<p>{}</p>", prose(text)));
        html.extend(description);
        let schemas = content.values().map(|media| &media["schema"]);
        html.extend(schemas.filter_map(|schema| fields::fields(self.document, schema)));
        html
    }

    fn errors(&self) -> String {
        let mut rows = String::new();
        let mut count = 0;
        for (status, reply) in self.main().operation["responses"].as_object().into_iter().flatten() {
            let reply = resolve(self.document, reply);
            let schema = &reply["content"]["application/json"]["schema"]["allOf"][1];
            let names = schema["properties"]["error"]["enum"].as_array();
            for name in names.into_iter().flatten().filter_map(Value::as_str) {
                let meaning =
                    Code::ALL.iter().find(|code| code.name() == name).map_or("", |code| code.meaning());
                count += 1;
                let _ = write!(
                    rows,
                    "<tr><td>{}</td><td><a href=\"#error-{name}\"><code>{name}</code></a></td><td>{}</td></tr>",
                    escape(status),
                    prose(meaning),
                    name = escape(name),
                );
            }
        }
        let table = html::table(&["Status", "Code", "Meaning"], &rows);
        format!("<details><summary>{count} errors</summary>{table}</details>")
    }

    fn examples(&self) -> String {
        let operation = self.main().operation;
        let mut shown = html::code("Request", &self.curl());
        let reply = self.reply();
        if reply.is_null() {
            let kinds = operation["responses"]["200"]["content"].as_object().into_iter().flatten();
            let kinds: Vec<_> = kinds.map(|(kind, _)| kind.as_str()).collect();
            shown.push_str(&html::code("Reply", &format!("A stream of {}", kinds.join(" or "))));
        } else {
            let value = example::value(self.document, reply, Side::Reply);
            shown.push_str(&html::code("Reply", &pretty(&value)));
        }
        shown
    }

    /// The call for a shell.
    fn curl(&self) -> String {
        let route = self.main();
        let mut path = route.path.to_owned();
        let mut query = Vec::new();
        for parameter in route.operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolve(self.document, parameter);
            let name = parameter["name"].as_str().unwrap_or_default();
            let value = example::value(self.document, &parameter["schema"], Side::Request);
            let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            match parameter["in"].as_str() {
                Some("path") => path = path.replace(&format!("{{{name}}}"), &value),
                Some("query") if parameter["required"] == true => query.push(format!("{name}={value}")),
                _ => {}
            }
        }
        let server = self.document["servers"][0]["url"].as_str().unwrap_or_default();
        let security = route.operation["security"].get(0);
        if security.is_some_and(|first| first.get("grant").is_some()) {
            query.push("grant=$GRANT".to_owned());
        }
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let method = if route.method == "GET" { String::new() } else { format!("-X {} ", route.method) };
        let mut lines = vec![format!("curl {method}\"{server}{path}{query}\"")];
        let bearer = |first: &Value| first.get("bearerAuth").or_else(|| first.get("patAuth")).is_some();
        if security.is_some_and(bearer) {
            lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
        }
        let content = route.operation["requestBody"]["content"].as_object();
        if let Some((kind, media)) = content.and_then(|content| content.iter().next()) {
            lines.push(format!("-H \"Content-Type: {kind}\""));
            if kind == "application/x-www-form-urlencoded" {
                let value = example::value(self.document, &media["schema"], Side::Request);
                let fields = value.as_object().into_iter().flatten();
                lines.extend(fields.map(|(name, value)| {
                    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                    format!("--data-urlencode '{name}={}'", text.replace('\'', "'\\''"))
                }));
            } else if kind == "application/json" {
                let value = example::value(self.document, &media["schema"], Side::Request);
                lines.push(format!("-d '{}'", pretty(&value).replace('\'', "'\\''")));
            } else {
                lines.push("--data-binary @FILE".to_owned());
            }
        }
        lines.join(" \\\n  ")
    }
}

fn route(route: &Route<'_>) -> String {
    let path = escape(route.path).replace('{', "<var>{").replace('}', "}</var>");
    format!(
        "<li>{}<code>{path}</code><span class=\"need\">{}</span></li>",
        html::method(&route.method),
        route.need()
    )
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
