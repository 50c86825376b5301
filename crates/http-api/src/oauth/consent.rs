use axum::response::Response;
use http::StatusCode;
use lp_application::oauth::addresses::AUTHORIZE;
use lp_application::oauth::{AUTHORIZATION, AuthorizationRequest};
use lp_application::{Application, PublicUrls};
use serde_json::{Map, Value};

use crate::{bind, render};

/// Where a browser goes that an app sends to be let in: to the console, where the person is signed in, or straight back.
pub(crate) fn authorize(app: &Application, query: Option<&str>) -> Response {
    match request(app, query).and_then(|request| app.refused_at_once(&request)) {
        Some(back) => render::redirect(StatusCode::FOUND, &back),
        None => to_console(&app.settings().urls, query),
    }
}

/// The same path on the console's host with the same query.
fn to_console(urls: &PublicUrls, query: Option<&str>) -> Response {
    render::redirect(StatusCode::FOUND, &with_query(format!("{}{AUTHORIZE}", urls.app()), query))
}

/// What a query asks for, where it says nothing twice (RFC 6749, 3.1); what is unknown is ignored, and what is empty is not
/// there.
fn request(app: &Application, query: Option<&str>) -> Option<AuthorizationRequest> {
    let row = app.catalogue().find(AUTHORIZATION.name())?;
    let mut fields = Map::new();
    for (name, mut values) in bind::query::pairs(query).ok()? {
        values.retain(|value| !value.is_empty());
        match (row.knows(&name), values.pop()) {
            (true, Some(value)) if values.is_empty() => fields.insert(name, Value::String(value)),
            (true, Some(_)) => return None,
            _ => None,
        };
    }
    serde_json::from_value(Value::Object(fields)).ok()
}

/// An address with a raw query behind it.
pub(super) fn with_query(address: String, query: Option<&str>) -> String {
    match query {
        Some(query) => format!("{address}?{query}"),
        None => address,
    }
}
