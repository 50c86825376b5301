//! Files of the platform itself that pages load.

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Method, Response, StatusCode};
use http_body_util::Full;
use lp_application::Code;

use super::reply::{self, Asked};
use super::request_id::X_REQUEST_ID;

/// The script for pages; `sdk/link-platform.js` without its comments.
const SCRIPT: &[u8] = include_bytes!("../../sdk/link-platform.min.js");
/// Of the built form, so that every node of a release says the same.
const SCRIPT_TAG: u64 = fnv1a(SCRIPT);

/// An hour: a new release is everywhere soon, and pages wait for nothing meanwhile.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=3600");
const TYPE: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");

/// The script, for pages of every origin.
pub(super) fn script(asked: Asked<'_>) -> Response<Full<Bytes>> {
    match *asked.head.method {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return reply::options(asked),
        _ => return reply::refused(asked, Code::METHOD_NOT_ALLOWED),
    }
    let tag = format!("\"{SCRIPT_TAG:016x}\"");
    let held = asked.head.headers.get_all(header::IF_NONE_MATCH).iter().any(|value| names(value, &tag));
    let mut reply = Response::new(Full::default());
    let headers = reply.headers_mut();
    headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (header::ETAG, tag)));
    headers.insert(header::CACHE_CONTROL, KEPT);
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    // Pages that isolate themselves load nothing that does not say so (the Fetch standard, 3.7).
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_REQUEST_ID, asked.request_id);
    if held {
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
        return reply;
    }
    headers.insert(header::CONTENT_TYPE, TYPE);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(SCRIPT.len()));
    if *asked.head.method == Method::GET {
        *reply.body_mut() = Full::new(Bytes::from_static(SCRIPT));
    }
    reply
}

/// Whether `If-None-Match` names a tag, compared weakly (RFC 9110, 13.1.2).
fn names(value: &HeaderValue, tag: &str) -> bool {
    value.to_str().is_ok_and(|value| {
        value
            .split(',')
            .map(str::trim)
            .any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag)
    })
}

/// FNV-1a of 64 bits: tells builds of the script apart.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at] as u64;
        hash = (hash ^ byte).wrapping_mul(0x0000_0100_0000_01B3);
        at += 1;
    }
    hash
}
