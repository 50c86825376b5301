use axum::response::Response;
use http::StatusCode;
use lp_application::PublicUrls;
use lp_application::oauth::addresses::AUTHORIZE;

use crate::render;

/// The way to the console, where the person is signed in: the same path there with the same query.
pub(crate) fn to_console(urls: &PublicUrls, query: Option<&str>) -> Response {
    render::redirect(StatusCode::FOUND, &with_query(format!("{}{AUTHORIZE}", urls.app()), query))
}

/// An address with a raw query behind it.
pub(super) fn with_query(address: String, query: Option<&str>) -> String {
    match query {
        Some(query) => format!("{address}?{query}"),
        None => address,
    }
}
