//! HTTP replies that do not come from a method.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use lp_application::Error;
use serde_json::{Map, Value, json};

use crate::challenge;
use crate::message::{self, BadMessage};

/// The body of a reply, whole or streamed.
pub(crate) type ReplyBody = BoxBody<Bytes, Infallible>;

/// What is left of a limit (draft-ietf-httpapi-ratelimit-headers-11); said where nothing is.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Longer explanations than this are not read by anybody.
const EXPLANATION: usize = 4 * 1024;

/// An error with its own status: what concerns the request as such and not a method.
pub(crate) fn error(error: &Error, request_id: &str) -> Response<ReplyBody> {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(status, &error.body(request_id));
    let wait = error.retry_after_seconds().map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds)));
    response.headers_mut().extend(wait);
    let limit = error.limit.as_deref().map(|limit| {
        let (window, reset) = (limit.window.as_secs(), limit.reset.as_millis().div_ceil(1_000));
        let policy = format!("\"{}\";q={};w={window}", limit.name, limit.quota);
        [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, format!("\"{}\";r=0;t={reset}", limit.name))]
    });
    for (field, text) in limit.into_iter().flatten() {
        response.headers_mut().extend(HeaderValue::try_from(text).ok().map(|value| (field, value)));
    }
    response
}

/// A credential is missing or bad: where to get one (RFC 9728, 5.1).
pub(crate) fn unauthorized(refused: &Error, metadata_url: &str, request_id: &str) -> Response<ReplyBody> {
    let mut response = error(refused, request_id);
    let challenge = challenge::unauthorized(metadata_url, refused);
    response.headers_mut().extend(HeaderValue::try_from(challenge).ok().map(|text| (WWW_AUTHENTICATE, text)));
    response
}

/// The method is not POST.
pub(crate) fn method_not_allowed(refused: &Error, request_id: &str) -> Response<ReplyBody> {
    let mut response = error(refused, request_id);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    response
}

/// The body is no message of the protocol.
pub(crate) fn bad_message(bad: BadMessage, request_id: &str) -> Response<ReplyBody> {
    let data = bad.error.body(request_id);
    rpc_error(StatusCode::BAD_REQUEST, bad.id, bad.rpc, &bad.error.message, Some(data))
}

/// A JSON-RPC error. The id stays away where it is not known: the protocol has no `null` among ids.
pub(crate) fn rpc_error(
    status: StatusCode,
    id: Option<Value>,
    code: i32,
    message: &str,
    data: Option<Value>,
) -> Response<ReplyBody> {
    let mut error = Map::new();
    error.insert("code".to_owned(), json!(code));
    error.insert("message".to_owned(), json!(message));
    error.extend(data.map(|data| ("data".to_owned(), data)));
    let mut body = Map::new();
    body.insert("jsonrpc".to_owned(), json!("2.0"));
    body.extend(id.map(|id| ("id".to_owned(), id)));
    body.insert("error".to_owned(), Value::Object(error));
    json(status, &Value::Object(body))
}

/// Nothing but headers.
pub(crate) fn no_content() -> Response<ReplyBody> {
    let mut response = Response::new(Full::default().boxed());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Makes the plain text with which the library refuses malformed requests a JSON-RPC error like all others.
pub(crate) async fn explained(response: Response<ReplyBody>, id: Option<Value>) -> Response<ReplyBody> {
    let status = response.status();
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/json");
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    if status.is_server_error() {
        let message = "something went wrong on our side";
        return rpc_error(status, id, INTERNAL_ERROR, message, None);
    }
    let text = message::collect(response.into_body(), EXPLANATION).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    // A body that is JSON but no message is, for the library, of another media type.
    let unread = status == StatusCode::UNSUPPORTED_MEDIA_TYPE;
    let status = if unread { StatusCode::BAD_REQUEST } else { status };
    let text = if unread { "the body is no message of the protocol" } else { &text };
    rpc_error(status, id, message::INVALID_REQUEST, text, None)
}

const INTERNAL_ERROR: i32 = -32_603;

fn json(status: StatusCode, body: &Value) -> Response<ReplyBody> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
