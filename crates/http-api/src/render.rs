//! Answers become HTTP.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};
use lp_application::{Allowance, Code, Dialect, Error, Operation, Reply};
use serde_json::Value;

use crate::oauth;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Where the challenge says a credential is good.
const REALM: &str = "link-platform";

/// The end of a JSON call of this row.
pub(crate) fn reply(operation: &Operation, result: Result<Reply, Error>, request_id: &str) -> Response {
    let reply = match result {
        Ok(reply) => reply,
        Err(failed) => return refusal(operation, &failed, request_id),
    };
    let status = match reply.created {
        true => StatusCode::CREATED,
        false if operation.accepted => StatusCode::ACCEPTED,
        false => StatusCode::OK,
    };
    let mut response = typed(status, "application/json", reply.value.to_string().into());
    if reply.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

/// A call of this row that failed, in the words of its dialect.
pub(crate) fn refusal(operation: &Operation, failed: &Error, request_id: &str) -> Response {
    match operation.dialect {
        Dialect::Platform => error(failed, request_id),
        Dialect::OAuth => refused(failed, &oauth::refusal(operation, failed, request_id)),
    }
}

/// A request that led to no row, or was refused by one that speaks as everybody does.
pub(crate) fn error(error: &Error, request_id: &str) -> Response {
    refused(error, &error.body(request_id))
}

fn refused(error: &Error, body: &Value) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = typed(status, "application/json", body.to_string().into());
    let headers = response.headers_mut();
    headers.extend(challenge(error).map(|value| (WWW_AUTHENTICATE, value)));
    headers.extend(error.retry_after_seconds().map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))));
    match &error.limit {
        Some(limit) => limited(response, limit.name, limit.quota, limit.window, 0, limit.reset),
        None => response,
    }
}

/// How to do better (RFC 6750, 3): of a 401 always, of a 403 where a wider token would help.
fn challenge(error: &Error) -> Option<HeaderValue> {
    let text = match error.code {
        // Of clients, which have another way to say who they are (RFC 6749, 5.2).
        Code::INVALID_CLIENT => format!("Basic realm=\"{REALM}\""),
        Code::MISSING_BEARER_TOKEN => format!("Bearer realm=\"{REALM}\""),
        Code::INSUFFICIENT_SCOPE => {
            let scope = error.details.get("requiredScope").and_then(|scope| scope.as_str());
            let scope = scope.map_or_else(String::new, |scope| format!(", scope=\"{scope}\""));
            format!("Bearer realm=\"{REALM}\", error=\"insufficient_scope\"{scope}")
        }
        code if code.status() == 401 => format!("Bearer realm=\"{REALM}\", error=\"invalid_token\""),
        _ => return None,
    };
    HeaderValue::try_from(text).ok()
}

/// A document that anybody may keep for so many seconds.
pub(crate) fn published(bytes: Bytes, seconds: u32) -> Response {
    let mut response = typed(StatusCode::OK, "application/json", bytes);
    let kept = HeaderValue::try_from(format!("public, max-age={seconds}"));
    response.headers_mut().extend(kept.ok().map(|kept| (CACHE_CONTROL, kept)));
    response
}

/// Somewhere else.
pub(crate) fn redirect(status: StatusCode, location: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().extend(HeaderValue::try_from(location).ok().map(|value| (LOCATION, value)));
    response
}

/// A path that does not take this method.
pub(crate) fn not_allowed(allowed: &str, request_id: &str) -> Response {
    let message = format!("this path takes {allowed}");
    allowing(error(&Error::new(Code::METHOD_NOT_ALLOWED, message), request_id), allowed)
}

/// A document that is the same for everybody until the next release.
pub(crate) fn document(content_type: &'static str, bytes: Bytes) -> Response {
    let mut response = typed(StatusCode::OK, content_type, bytes);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// What may be asked of a path.
pub(crate) fn options(allowed: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    allowing(response, allowed)
}

/// The same reply with the methods of its path.
pub(crate) fn allowing(mut response: Response, allowed: &str) -> Response {
    response.headers_mut().extend(HeaderValue::try_from(allowed).ok().map(|value| (ALLOW, value)));
    response
}

/// The same reply with what its caller has left (draft-ietf-httpapi-ratelimit-headers-11): the policy is the whole
/// bucket and the time in which it refills. A refusal that names another limit keeps it beside this one.
pub(crate) fn limits(response: Response, allowance: Option<Allowance>) -> Response {
    let Some(Allowance { rate, remaining, reset, .. }) = allowance else { return response };
    limited(response, Allowance::NAME, rate.burst, rate.window(), remaining, reset)
}

/// Says how a limit stands, unless the reply says it already.
fn limited(
    mut response: Response,
    name: &str,
    quota: u32,
    window: Duration,
    remaining: u32,
    reset: Duration,
) -> Response {
    let policy = format!("\"{name}\";q={quota};w={}", seconds(window));
    let state = format!("\"{name}\";r={remaining};t={}", seconds(reset));
    for (field, item) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)] {
        let said = response.headers().get(&field).and_then(|said| said.to_str().ok());
        let list = match said {
            Some(said) if said.starts_with(&format!("\"{name}\"")) => continue,
            Some(said) => format!("{said}, {item}"),
            None => item,
        };
        if let Ok(list) = HeaderValue::try_from(list) {
            response.headers_mut().insert(field, list);
        }
    }
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
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.extend(HeaderValue::try_from(request_id).ok().map(|id| (REQUEST_ID, id)));
    response
}

fn typed(status: StatusCode, content_type: &'static str, bytes: Bytes) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Whole seconds, rounded up: who waits that long has waited long enough.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
