//! What pages of other origins may do (the Fetch standard, 3.2): read what everybody may read, call what is made for pages,
//! and speak OAuth as clients in a browser do. Credentials of a browser are never asked for here, so none are allowed.

use axum::response::Response;
use http::HeaderValue;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use lp_application::{Auth, Catalogue, Dialect};

use crate::render;
use crate::table::{End, Target};

const TAKEN: &str = "authorization, content-type, mcp-protocol-version";
const SHOWN: &str = "retry-after, www-authenticate, x-request-id";

/// Whether a path is open to pages of every origin: whatever is well-known, even where it is not there, so that clients
/// can tell that from a fault; what says that it is for pages; and the endpoints that clients of OAuth call by themselves.
pub(crate) fn is_open(path: &str, ends: &[End], catalogue: &Catalogue) -> bool {
    let called_by_pages = |end: &End| match end.target {
        Target::Row { operation, mount } => {
            let row = &catalogue.operations()[operation];
            let made_for_them = row.for_pages || row.dialect == Dialect::OAuth;
            made_for_them && row.mounts()[mount].auth == Auth::Public
        }
        _ => false,
    };
    path.starts_with("/.well-known/") || (!ends.is_empty() && ends.iter().all(called_by_pages))
}

/// Lets any page read the reply.
pub(crate) fn readable(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(SHOWN));
}

/// What a page may send to a path that takes these methods.
pub(crate) fn preflight(methods: &str) -> Response {
    let mut response = render::options(methods);
    let headers = response.headers_mut();
    headers.extend(HeaderValue::try_from(methods).ok().map(|value| (ACCESS_CONTROL_ALLOW_METHODS, value)));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(TAKEN));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
    response
}
