//! A request becomes arguments: one JSON object out of path, query and body, by what the mount says of each.

mod basic;
mod body;
mod form;
pub(crate) mod path;
mod pointer;
pub(crate) mod query;
mod text;

use std::net::IpAddr;

use axum::body::{Body as Incoming, HttpBody};
use http::{HeaderMap, HeaderName};
use lp_application::{
    Accepts, Auth, Body, ByteStream, Code, Credential, Error, Fault, Kind, Method, Need, Operation, Query,
    Request, Stream, Surface,
};
use lp_core::text::is_request_id;
use serde_json::{Map, Value};

use crate::router::Arrival;
use crate::{credential, stream};

pub(crate) use pointer::relocate;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The query parameter of a signed address.
const GRANT: &str = "grant";
/// The argument in which a stream hears what its bytes are.
const CONTENT_TYPE: &str = "contentType";

/// The caller's own name for the request, where it can stand in headers and logs as it is.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(REQUEST_ID)?.to_str().ok()?;
    is_request_id(text).then(|| text.to_owned())
}

/// Whether a body is no burden, whoever sends it.
pub(crate) fn is_small(body: &Incoming) -> bool {
    const SMALL: u64 = 64 * 1024;
    body.size_hint().upper().is_some_and(|most| most <= SMALL)
}

/// Who calls what where: all of a request but query and body.
pub(crate) fn caller(arrival: Arrival<'_>, client: Option<IpAddr>) -> Result<Request, Error> {
    let (bound, arguments) = path::arguments(arrival);
    let credential = credential(arrival)?;
    Ok(Request {
        operation: arrival.operation.name.to_owned(),
        arguments,
        bound,
        accepts: match arrival.mount.auth {
            Auth::Jwt => Accepts::Jwt,
            Auth::Pat | Auth::Public => Accepts::Pat,
            Auth::Signed => Accepts::Signed,
        },
        credential,
        surface: Surface::Rest,
        request_id: arrival.request_id.to_owned(),
        idempotency_key: None,
        address: client,
    })
}

fn credential(arrival: Arrival<'_>) -> Result<Credential, Error> {
    if arrival.mount.auth == Auth::Public {
        return Ok(Credential::None);
    }
    let shown = credential::of_headers(&arrival.head.headers)?;
    if !takes_grant(arrival) {
        return Ok(shown);
    }
    let pairs = query::pairs(arrival.head.uri.query()).unwrap_or_default();
    let grants = pairs.into_iter().find(|(name, _)| name == GRANT).map(|(_, values)| values);
    match (grants.as_deref(), shown) {
        (None, shown) => Ok(shown),
        (Some([grant]), Credential::None) => Ok(Credential::Grant(grant.clone())),
        (Some(_), _) => Err(Credential::several()),
    }
}

fn takes_grant(arrival: Arrival<'_>) -> bool {
    matches!(arrival.operation.kind, Kind::Stream(_))
        && matches!(arrival.mount.auth, Auth::Pat | Auth::Signed)
}

/// Whether the gate will refuse the call for want of any credential.
pub(crate) fn lacks_credential(operation: &Operation, credential: &Credential) -> bool {
    operation.need != Need::Public && matches!(credential, Credential::None)
}

/// Puts in what the query says, and the caller's key for repeats.
pub(crate) fn query(arrival: Arrival<'_>, request: &mut Request) -> Result<(), Error> {
    let mut faults = Vec::new();
    match key(&arrival.head.headers) {
        Ok(key) => request.idempotency_key = key,
        Err(fault) => faults.push(fault),
    }
    match query::pairs(arrival.head.uri.query()) {
        // What belongs into a form must not stand in addresses, which others log (RFC 6749, 2.3.1).
        _ if arrival.mount.body == Body::Form => {}
        Ok(mut pairs) => {
            if takes_grant(arrival) {
                pairs.retain(|(name, _)| name != GRANT);
            }
            let reserved = |name: &str| match arrival.mount.body {
                Body::Under(argument) => name == argument,
                Body::Bytes => name == CONTENT_TYPE,
                Body::None | Body::Rest | Body::Form => false,
            };
            let (target, schema) = match arrival.mount.query {
                Query::Rest => (None, &arrival.operation.input),
                Query::Under(name) => (Some(name), &arrival.operation.input["properties"][name]),
            };
            // The public appends what it likes to addresses: time stamps against caches, campaign parameters.
            if arrival.mount.auth == Auth::Public && arrival.mount.method == Method::Get {
                pairs.retain(|(name, _)| schema["properties"].get(name).is_some());
            }
            let mut under = Map::new();
            let into = if target.is_some() { &mut under } else { &mut request.arguments };
            faults.extend(query::put(pairs, schema, into, |name| target.is_none() && reserved(name)));
            if let Some(name) = target.filter(|_| !under.is_empty()) {
                request.arguments.insert(name.to_owned(), Value::Object(under));
            }
        }
        Err(bad) => faults.extend(bad),
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::faults(faults)) }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    match (key.to_str(), keys.next()) {
        (Ok(key), None) => Ok(Some(key.to_owned())),
        _ => Err(Fault {
            pointer: "/Idempotency-Key".to_owned(),
            code: "invalid_idempotency_key",
            message: "must be sent once, with 1 to 128 visible ASCII characters".to_owned(),
        }),
    }
}

/// Puts in what the body says.
pub(crate) async fn body(
    arrival: Arrival<'_>,
    body: Incoming,
    most: usize,
    request: &mut Request,
) -> Result<(), Error> {
    if arrival.mount.body == Body::Form {
        return form::arguments(arrival, body, most, &mut request.arguments).await;
    }
    let under = match (arrival.mount.body, arrival.mount.method) {
        (Body::Bytes, _) | (Body::None, Method::Get | Method::Delete) => return Ok(()),
        (Body::Under(name), _) => Some(name),
        // A body where none belongs may be empty; its fields are unknown, and the gate says so.
        (Body::Rest | Body::Form | Body::None, _) => None,
    };
    let Some(object) = body::object(&arrival.head.headers, body, most).await? else { return Ok(()) };
    let Some(name) = under else {
        let faults = object.keys().filter(|key| request.arguments.contains_key(*key));
        let faults: Vec<_> = faults.map(|key| query::twice(key, "stands in the address too")).collect();
        request.arguments.extend(object);
        return if faults.is_empty() { Ok(()) } else { Err(Error::faults(faults)) };
    };
    request.arguments.insert(name.to_owned(), Value::Object(object));
    Ok(())
}

/// The bytes for a stream, and what they are. They are refused up front where they are said to be too many.
pub(crate) fn bytes(
    arrival: Arrival<'_>,
    what: Stream,
    body: Incoming,
    request: &mut Request,
) -> Result<ByteStream, Error> {
    if arrival.mount.body != Body::Bytes {
        return Ok(stream::nothing());
    }
    let sent = body::media_type(&arrival.head.headers)
        .and_then(|sent| what.consumes.iter().find(|known| **known == sent));
    let Some(sent) = sent else {
        let message = format!("send the body as {}", what.consumes.join(" or "));
        return Err(Error::new(Code::UNSUPPORTED_MEDIA_TYPE, message));
    };
    if body.size_hint().lower() > what.max_bytes {
        return Err(stream::too_large(what.max_bytes));
    }
    request.arguments.insert(CONTENT_TYPE.to_owned(), (*sent).into());
    Ok(stream::incoming(body, what.max_bytes))
}
