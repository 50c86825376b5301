//! Pages become HTTP.

use axum::body::{Body, HttpBody};
use axum::response::Response;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    RETRY_AFTER, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};
use lp_application::Error;
use maud::Markup;

use crate::site::Asset;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A page runs nothing, loads nothing but its own style and icon, sends its forms here alone and stands in no frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

pub(crate) fn page(status: StatusCode, markup: Markup) -> Response {
    let mut response = Response::new(Body::from(markup.into_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// The status of a refusal, and when to try again.
pub(crate) fn refused(error: &Error, markup: Markup) -> Response {
    let mut response = page(status(error), markup);
    let wait = error.retry_after_seconds().map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds)));
    response.headers_mut().extend(wait);
    response
}

pub(crate) fn status(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Lets the forms of a page end at another origin, too: browsers hold the policy against the redirect that answers a form
/// (CSP 3, 4.2.2).
pub(crate) fn leading_to(mut response: Response, origin: &str) -> Response {
    let policy = source(origin).and_then(|source| HeaderValue::try_from(format!("{POLICY} {source}")).ok());
    response.headers_mut().extend(policy.map(|policy| (CONTENT_SECURITY_POLICY, policy)));
    response
}

/// An origin as a policy writes it. No policy can name an address of IPv6 (CSP 3, 2.3.1), so there its scheme and port must do;
/// what could be read as anything but an origin is none.
fn source(origin: &str) -> Option<String> {
    let plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:/".contains(&byte));
    match origin.split_once('[').zip(origin.split_once(']')) {
        None => plain(origin).then(|| origin.to_owned()),
        Some(((scheme, _), (_, port))) => (plain(scheme) && plain(port)).then(|| format!("{scheme}*{port}")),
    }
}

/// On with GET, to an app elsewhere, which learns nothing of where the browser comes from.
pub(crate) fn away(address: &str) -> Response {
    let mut response = see_other(address);
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Leaves whoever opened the window its hold on it: apps open the question in a window of their own, wait for it there,
/// and would take it for closed.
pub(crate) fn in_window_of_opener(response: &mut Response) {
    response.headers_mut().insert(OPENER_POLICY, HeaderValue::from_static("unsafe-none"));
}

/// On with GET, to a path of ours.
pub(crate) fn see_other(path: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let place = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, place);
    response
}

pub(crate) fn asset(asset: &Asset) -> Response {
    let mut response = Response::new(Body::from(asset.bytes.clone()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, asset.content_type.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    response
}

pub(crate) fn allowing(mut response: Response, allowed: &'static str) -> Response {
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// What every reply carries; for HEAD, the head alone.
pub(crate) fn finish(mut response: Response, request_id: &str, head_only: bool) -> Response {
    if head_only {
        let length = response.body().size_hint().exact();
        *response.body_mut() = Body::empty();
        response.headers_mut().extend(length.map(|length| (CONTENT_LENGTH, HeaderValue::from(length))));
    }
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    // Not `no-referrer`: with that, browsers send forms from `Origin: null`, and older ones could send none.
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(OPENER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    // For browsers that do not know `frame-ancestors`.
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.extend(HeaderValue::try_from(request_id).ok().map(|id| (REQUEST_ID, id)));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_so_that_it_says_nothing_else() {
        for (origin, written) in [
            ("https://claude.ai", Some("https://claude.ai")),
            ("http://localhost:8000", Some("http://localhost:8000")),
            ("http://127.0.0.1:1", Some("http://127.0.0.1:1")),
            ("http://[::1]:8000", Some("http://*:8000")),
            ("https://[2001:db8::1]", Some("https://*")),
            ("https://my_host.example", Some("https://my_host.example")),
            ("https://a;script-src", None),
            ("https://a,b.example", None),
            ("https://a 'unsafe-inline'", None),
            ("https://*.example", None),
            ("https://'self'", None),
            ("https://[::1]:1;script-src", None),
            ("https://a\r\nx: y", None),
        ] {
            assert_eq!(source(origin).as_deref(), written, "{origin}");
        }
    }
}
