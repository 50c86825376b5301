//! Bytes in and out.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use futures_util::{StreamExt, stream};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use lp_application::{ByteStream, Code, Error, StreamReply, broken_off};
use tokio::time::timeout;
use tracing::warn;

use crate::render;

/// A sender that has nothing to send for so long has gone. The whole may take longer: that is what streams are for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A body without bytes.
pub(crate) fn nothing() -> ByteStream {
    Box::pin(stream::empty())
}

/// The bytes of a body, which end with an error where there are more than `most`.
pub(crate) fn incoming(body: Body, most: u64) -> ByteStream {
    let start = Some((body.into_data_stream(), 0_u64));
    Box::pin(stream::unfold(start, move |state| async move {
        let (mut pieces, seen) = state?;
        let Ok(next) = timeout(PATIENCE, pieces.next()).await else {
            return Some((Err(Error::new(Code::REQUEST_TIMEOUT, "the body stopped coming")), None));
        };
        match next? {
            Ok(piece) => {
                let seen = seen.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
                if seen > most {
                    Some((Err(too_large(most)), None))
                } else {
                    Some((Ok(piece), Some((pieces, seen))))
                }
            }
            Err(error) => Some((Err(broken_off(&error)), None)),
        }
    }))
}

/// A reply whose bytes follow as they come.
///
/// The head is gone when an error shows up among the bytes, so all that can be done is to break off: a reply that
/// ended in order would pass for a whole one.
pub(crate) fn outgoing(result: Result<StreamReply, Error>, request_id: &str) -> Response {
    let reply = match result {
        Ok(reply) => reply,
        Err(error) => return render::error(&error, request_id),
    };
    let id = request_id.to_owned();
    let pieces = reply.body.map(move |piece| {
        piece.map_err(|error| {
            let code = error.code.name();
            warn!(error.code = code, request.id = id, "a stream broke off after its head was sent");
            io::Error::other(error.message)
        })
    });
    let mut response = Response::new(Body::from_stream(pieces));
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    let disposition = reply.file_name.and_then(|name| disposition(&name, reply.inline));
    headers.extend(disposition.map(|value| (CONTENT_DISPOSITION, value)));
    response
}

/// Whether browsers show or save a file, and its name (RFC 6266); one that could leave its quotes is made plain.
fn disposition(name: &str, inline: bool) -> Option<HeaderValue> {
    let kind = if inline { "inline" } else { "attachment" };
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let name: String = name.chars().map(plain).collect();
    HeaderValue::try_from(format!("{kind}; filename=\"{name}\"")).ok()
}

/// There are more bytes than that.
pub(crate) fn too_large(most: u64) -> Error {
    Error::new(Code::PAYLOAD_TOO_LARGE, format!("the body has more than {most} bytes"))
}
