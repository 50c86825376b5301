use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{HeaderMap, Method, Response, StatusCode};
use http_body_util::Full;
use lp_application::{Code, Error};
use lp_personalization::Redirect;

use super::request_id::X_REQUEST_ID;
use super::{Head, page};

const NO_STORE: HeaderValue = HeaderValue::from_static("private, no-store");
/// Short enough that repeated visits are seen.
const PERMANENT: HeaderValue = HeaderValue::from_static("private, max-age=90");
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD");
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// A request, and the id it goes by.
pub(super) struct Asked<'r> {
    pub(super) head: Head<'r>,
    pub(super) request_id: HeaderValue,
}

/// What a reply shows.
pub(super) enum Shown<'s> {
    /// A page, and the policy it is under.
    Page(String, &'static str),
    /// JSON that says why not.
    Json(&'s Error),
    /// JSON as it is.
    Told(String),
}

/// Sends the visitor on, with an empty body, and gives a context token and a cookie along where there are any.
pub(super) fn redirect(
    asked: Asked<'_>,
    redirect: &Redirect<'_>,
    token: Option<&str>,
    cookie: Option<HeaderValue>,
) -> Response<Full<Bytes>> {
    let query = asked.head.uri.query();
    let location =
        token.map_or_else(|| redirect.location(query), |token| redirect.location_with(query, token));
    let location = HeaderValue::try_from(location);
    let status = StatusCode::from_u16(redirect.status.code());
    let (Ok(location), Ok(status)) = (location, status) else {
        tracing::error!("a destination cannot stand in a header");
        return refused(asked, Code::INTERNAL);
    };
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, if redirect.status.is_permanent() { PERMANENT } else { NO_STORE });
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    headers.insert(X_REQUEST_ID, asked.request_id);
    if let Some(cookie) = cookie {
        headers.insert(header::SET_COOKIE, cookie);
    }
    reply
}

/// Sends the visitor to the same path at another origin, for good.
pub(super) fn moved(asked: Asked<'_>, origin: &str) -> Response<Full<Bytes>> {
    let target = asked.head.uri.path_and_query().map_or("/", |target| target.as_str());
    let target = if target.starts_with('/') { target } else { "/" };
    let Ok(location) = HeaderValue::try_from(format!("{origin}{target}")) else {
        tracing::error!("the address of a handle cannot stand in a header");
        return refused(asked, Code::INTERNAL);
    };
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = StatusCode::PERMANENT_REDIRECT;
    let headers = reply.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, PERMANENT);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    headers.insert(X_REQUEST_ID, asked.request_id);
    reply
}

/// Says which methods there are.
pub(super) fn options(asked: Asked<'_>) -> Response<Full<Bytes>> {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply.headers_mut().insert(header::ALLOW, ALLOWED);
    reply.headers_mut().insert(X_REQUEST_ID, asked.request_id);
    reply
}

/// Says no: in HTML to browsers, in JSON to everybody else. What does not exist and what its owner hides look the same.
pub(super) fn refused(asked: Asked<'_>, code: Code) -> Response<Full<Bytes>> {
    let (title, sentence) = match code {
        Code::NOT_FOUND => ("Nothing here", "There is no such page, or it has been switched off."),
        Code::GONE => ("No longer here", "This link has ended."),
        Code::METHOD_NOT_ALLOWED => ("Not like this", "This address can only be visited."),
        Code::PAYLOAD_TOO_LARGE => ("Too much", "That is more than a password."),
        Code::UNSUPPORTED_MEDIA_TYPE => {
            ("Not like this", "Passwords are sent as application/x-www-form-urlencoded.")
        }
        Code::REQUEST_TIMEOUT => ("Too slow", "What was sent did not arrive whole in time."),
        Code::INVALID_PAYLOAD => ("Not like this", "What was sent cannot be read."),
        Code::UNAVAILABLE => ("One moment", "This page cannot be looked up right now. Try again shortly."),
        _ => ("Something went wrong", "It was our fault and it was logged."),
    };
    let error = Error::new(code, sentence);
    let body = if accepts_html(asked.head.headers) {
        Shown::Page(page::render(title, sentence), page::POLICY)
    } else {
        Shown::Json(&error)
    };
    let mut reply = shown(asked, code.status(), body);
    if code == Code::UNAVAILABLE {
        reply.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    reply
}

/// A reply with a body, which no cache keeps; to HEAD, its head.
pub(super) fn shown(asked: Asked<'_>, status: u16, body: Shown<'_>) -> Response<Full<Bytes>> {
    let (body, kind, policy) = match body {
        Shown::Page(page, policy) => (page, "text/html; charset=utf-8", Some(policy)),
        Shown::Json(error) => {
            let id = asked.request_id.to_str().unwrap_or_default();
            (error.body(id).to_string(), "application/json", None)
        }
        Shown::Told(json) => (json, "application/json", None),
    };
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(policy) = policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    if status == Code::METHOD_NOT_ALLOWED.status() {
        headers.insert(header::ALLOW, ALLOWED);
    }
    headers.insert(X_REQUEST_ID, asked.request_id);
    if *asked.head.method != Method::HEAD {
        *reply.body_mut() = Full::new(Bytes::from(body));
    }
    reply
}

/// Makes a redirect the answer of a form: the browser goes on with GET, and nothing of the form goes with it.
pub(super) fn see_other(reply: &mut Response<Full<Bytes>>, cookie: Option<HeaderValue>) {
    if !reply.headers().contains_key(header::LOCATION) {
        return;
    }
    *reply.status_mut() = StatusCode::SEE_OTHER;
    let headers = reply.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Some(cookie) = cookie {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Whether a page will do for an answer: who says nothing of it takes anything (RFC 9110, 12.5.1).
pub(super) fn takes_html(headers: &HeaderMap) -> bool {
    let any = |accept: &HeaderValue| {
        accept.to_str().is_ok_and(|accept| {
            accept.split(',').any(|kind| {
                let name = kind.split(';').next().unwrap_or_default().trim();
                ["*/*", "text/*"].contains(&name)
            })
        })
    };
    let mut accepted = headers.get_all(header::ACCEPT).iter().peekable();
    accepted.peek().is_none() || accepted.any(any) || accepts_html(headers)
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|accept| {
        accept.to_str().is_ok_and(|accept| {
            accept.split(',').any(|kind| {
                kind.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("text/html"))
            })
        })
    })
}
