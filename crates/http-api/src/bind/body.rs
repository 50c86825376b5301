use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use lp_application::{Code, Error, broken_off, parse_json};
use serde_json::{Map, Value};
use tokio::time::timeout;

use crate::stream::too_large;

/// A body has arrived whole by then, however slowly its sender is at it.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a form says that it is.
const FORM: &str = "application/x-www-form-urlencoded";

/// The JSON object of a body; `None` where there is no body.
pub(super) async fn object(
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<Option<Map<String, Value>>, Error> {
    object_within(PATIENCE, headers, body, most).await
}

/// The text of a form; empty where there is no body.
pub(super) async fn form(headers: &HeaderMap, body: Body, most: usize) -> Result<String, Error> {
    let bytes = collect(PATIENCE, body, most).await?;
    if !bytes.is_empty() && media_type(headers).is_none_or(|sent| sent != FORM) {
        return Err(Error::new(Code::UNSUPPORTED_MEDIA_TYPE, format!("send the body as {FORM} in UTF-8")));
    }
    String::from_utf8(bytes.into())
        .map_err(|_| Error::new(Code::INVALID_PAYLOAD, "the body is not well-formed UTF-8"))
}

async fn object_within(
    patience: Duration,
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<Option<Map<String, Value>>, Error> {
    let bytes = collect(patience, body, most).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let json = |sent: &str| sent == "application/json" || sent.ends_with("+json");
    if !media_type(headers).is_some_and(|sent| json(&sent)) {
        let message = "send the body as application/json in UTF-8";
        return Err(Error::new(Code::UNSUPPORTED_MEDIA_TYPE, message));
    }
    Ok(Some(parse_json(&bytes)?))
}

/// A whole body that came in time and is not too large.
async fn collect(patience: Duration, body: Body, most: usize) -> Result<Bytes, Error> {
    let too_large = || too_large(u64::try_from(most).unwrap_or(u64::MAX));
    if usize::try_from(body.size_hint().lower()).is_ok_and(|sent| sent > most) {
        return Err(too_large());
    }
    let Ok(collected) = timeout(patience, Limited::new(body, most).collect()).await else {
        return Err(Error::new(Code::REQUEST_TIMEOUT, "the body did not arrive whole in time"));
    };
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(broken_off(error.as_ref())),
    }
}

/// What the caller says its body is, without parameters. `None` where it says nothing, several things, or another
/// character set than UTF-8.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let mut sent = headers.get_all(CONTENT_TYPE).iter();
    let only = sent.next().filter(|_| sent.next().is_none())?.to_str().ok()?;
    let mut parts = only.split(';');
    let essence = parts.next()?.trim().to_ascii_lowercase();
    let foreign = parts.filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("charset") && !value.eq_ignore_ascii_case("utf-8")
    });
    (!foreign).then_some(essence)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{StreamExt, stream};
    use http::HeaderValue;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_end_is_given_up() {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let begun = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"{"))]).chain(stream::pending());
        let error = object_within(Duration::from_millis(1), &headers, Body::from_stream(begun), 1_000).await;
        assert_eq!(error.expect_err("it never ends").code, Code::REQUEST_TIMEOUT);
        let whole = object_within(Duration::from_millis(1), &headers, Body::from("{\"a\":1}"), 1_000).await;
        assert_eq!(whole.expect("it is there at once").map(|object| object.len()), Some(1));
    }
}
