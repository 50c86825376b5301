//! The body of a request, read once and checked before the protocol library sees it: what that would take for another
//! message, or keep only half of, is refused here with the place of the fault.

use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;
use lp_application::{Code, Error, broken_off, parse_json};
use serde_json::{Map, Value};
use tokio::time::timeout;
use tower::BoxError;

/// A body has arrived whole by then, however slowly its sender is at it.
const PATIENCE: Duration = Duration::from_secs(30);
/// JSON-RPC 2.0: no JSON, or not as it should be written.
pub(crate) const PARSE_ERROR: i32 = -32_700;
/// JSON-RPC 2.0: JSON, but no request.
pub(crate) const INVALID_REQUEST: i32 = -32_600;

/// What decides who may send a message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    /// `None` of a notification.
    pub(crate) id: Option<Value>,
    pub(crate) method: String,
    /// Which tool a `tools/call` names.
    pub(crate) tool: Option<String>,
    /// Which handle its arguments name.
    pub(crate) handle: Option<String>,
}

/// Why a body is no message.
#[derive(Debug)]
pub(crate) struct BadMessage {
    /// The code in JSON-RPC.
    pub(crate) rpc: i32,
    pub(crate) id: Option<Value>,
    pub(crate) error: Error,
}

/// All bytes of a body, at most `most`.
pub(crate) async fn collect<B>(body: B, most: usize) -> Result<Bytes, Error>
where
    B: Body<Error: Into<BoxError>>,
{
    collect_within(PATIENCE, body, most).await
}

async fn collect_within<B>(patience: Duration, body: B, most: usize) -> Result<Bytes, Error>
where
    B: Body<Error: Into<BoxError>>,
{
    let late = || Error::new(Code::REQUEST_TIMEOUT, "the body did not arrive whole in time");
    timeout(patience, all(body, most)).await.map_err(|_| late())?
}

async fn all<B>(body: B, most: usize) -> Result<Bytes, Error>
where
    B: Body<Error: Into<BoxError>>,
{
    let mut body = pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.as_mut().frame().await {
        let frame = frame.map_err(|error| broken_off(error.into().as_ref()))?;
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        if data.remaining() > most - bytes.len() {
            return Err(Error::new(
                Code::PAYLOAD_TOO_LARGE,
                format!("the body has more than {most} bytes; links_import takes many links at once"),
            ));
        }
        while data.has_remaining() {
            let piece = data.chunk();
            let length = piece.len();
            bytes.extend_from_slice(piece);
            data.advance(length);
        }
    }
    Ok(bytes.freeze())
}

/// Reads one message strictly: one JSON object, no key twice, the members of JSON-RPC as they should be.
pub(crate) fn read(bytes: &[u8]) -> Result<Message, BadMessage> {
    let object = parse_json(bytes).map_err(|bad| {
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if first == Some(&b'[') {
            let message = "send one request at a time: batches are no part of the protocol any more";
            return refuse(INVALID_REQUEST, None, Error::new(Code::INVALID_PAYLOAD, message));
        }
        refuse(PARSE_ERROR, None, bad.into())
    })?;
    let id = id(&object)?;
    let wrong = |pointer: &str, message: &str| {
        let code = if pointer == "/jsonrpc" { "unknown_value" } else { "wrong_type" };
        Err(refuse(INVALID_REQUEST, id.clone(), Error::field(pointer, code, message)))
    };
    if object.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return wrong("/jsonrpc", "must be \"2.0\"");
    }
    let Some(method) = object.get("method").and_then(Value::as_str) else {
        return wrong("/method", "must be of type string; replies are not awaited here");
    };
    let params = match object.get("params") {
        None => None,
        Some(Value::Object(params)) => Some(params),
        Some(_) => return wrong("/params", "must be of type object"),
    };
    let of_call = params.filter(|_| method == "tools/call");
    let tool = of_call.and_then(|params| text(params, "name"));
    let arguments = of_call.and_then(|params| params.get("arguments")?.as_object());
    let handle = arguments.and_then(|arguments| text(arguments, "handle"));
    Ok(Message { method: method.to_owned(), tool, handle, id })
}

/// A string or a whole number; the protocol, unlike JSON-RPC, has no `null` among its ids.
fn id(object: &Map<String, Value>) -> Result<Option<Value>, BadMessage> {
    match object.get("id") {
        None => Ok(None),
        Some(id) if id.is_string() || id.is_i64() => Ok(Some(id.clone())),
        Some(_) => {
            let message = "must be a string or a whole number of at most 64 bits";
            Err(refuse(INVALID_REQUEST, None, Error::field("/id", "wrong_type", message)))
        }
    }
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(ToOwned::to_owned)
}

fn refuse(rpc: i32, id: Option<Value>, error: Error) -> BadMessage {
    BadMessage { rpc, id, error }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bad(body: &str) -> (i32, Option<Value>, Vec<String>) {
        let bad = read(body.as_bytes()).expect_err(body);
        (bad.rpc, bad.id, bad.error.fields.into_iter().map(|fault| fault.pointer).collect())
    }

    #[test]
    fn a_tool_call_names_its_tool_and_handle() {
        let body = json!({ "jsonrpc": "2.0", "id": "a", "method": "tools/call",
            "params": { "name": "links_list", "arguments": { "handle": "hello" } } });
        let message = read(body.to_string().as_bytes()).expect("a message");
        assert_eq!(
            message,
            Message {
                id: Some(json!("a")),
                method: "tools/call".to_owned(),
                tool: Some("links_list".to_owned()),
                handle: Some("hello".to_owned())
            }
        );
    }

    #[test]
    fn only_a_tool_call_names_a_tool() {
        let body = r#"{"jsonrpc":"2.0","method":"x","params":{"name":"links_list"}}"#;
        let message = read(body.as_bytes()).expect("a message");
        assert_eq!((message.id, message.tool), (None, None));
    }

    #[test]
    fn every_key_that_stands_twice_is_named() {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"x","params":{"a":1,"a":2}}"#;
        assert_eq!(bad(body), (PARSE_ERROR, None, vec!["/method".to_owned(), "/params/a".to_owned()]));
    }

    #[test]
    fn what_is_no_json_or_nested_without_end_is_a_parse_error() {
        let deep = format!(r#"{{"jsonrpc":"2.0","params":{}{}}}"#, "[".repeat(60), "]".repeat(60));
        for body in ["", "{", "{\"a\":\"\u{1}\"}", deep.as_str(), "{} {}", "nothing"] {
            assert_eq!(bad(body).0, PARSE_ERROR, "{body}");
        }
        assert_eq!(read(b"{\"a\":\"\xff\"}").expect_err("no UTF-8").rpc, PARSE_ERROR);
    }

    #[test]
    fn a_batch_is_refused_as_such() {
        let bad = read(b" [{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]").expect_err("a batch");
        assert_eq!(bad.rpc, INVALID_REQUEST);
        assert!(bad.error.message.contains("one request"), "{}", bad.error.message);
    }

    #[test]
    fn members_of_a_wrong_type_are_named_and_the_id_is_kept() {
        let named = |pointer: &str| vec![pointer.to_owned()];
        let id = Some(json!(7));
        assert_eq!(bad(r#"{"id":7,"method":"ping"}"#), (INVALID_REQUEST, id.clone(), named("/jsonrpc")));
        assert_eq!(bad(r#"{"jsonrpc":"2.0","id":7}"#), (INVALID_REQUEST, id.clone(), named("/method")));
        let list = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":[]}"#;
        assert_eq!(bad(list), (INVALID_REQUEST, id, named("/params")));
        for id in ["null", "1.5", "true", "{}", "18446744073709551615"] {
            let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
            assert_eq!(bad(&body), (INVALID_REQUEST, None, named("/id")), "{id}");
        }
    }

    #[tokio::test]
    async fn a_body_ends_at_its_limit() {
        let whole = collect(http_body_util::Full::new(Bytes::from_static(b"12345")), 5).await;
        assert_eq!(whole.expect("within the limit"), "12345");
        let over = collect(http_body_util::Full::new(Bytes::from_static(b"123456")), 5).await;
        assert_eq!(over.expect_err("over the limit").code, Code::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn a_body_whose_sender_was_too_slow_for_the_server_is_late_and_not_faulty() {
        struct Broken(std::io::ErrorKind);
        impl Body for Broken {
            type Data = Bytes;
            type Error = std::io::Error;

            fn poll_frame(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
                std::task::Poll::Ready(Some(Err(self.0.into())))
            }
        }
        for (kind, code) in [
            (std::io::ErrorKind::TimedOut, Code::REQUEST_TIMEOUT),
            (std::io::ErrorKind::ConnectionReset, Code::INVALID_PAYLOAD),
        ] {
            assert_eq!(collect(Broken(kind), 5).await.expect_err("it breaks off").code, code);
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_end_is_given_up() {
        struct Endless;
        impl Body for Endless {
            type Data = Bytes;
            type Error = std::convert::Infallible;

            fn poll_frame(
                self: std::pin::Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
                std::task::Poll::Pending
            }
        }
        let error = collect_within(Duration::from_millis(1), Endless, 5).await.expect_err("it never ends");
        assert_eq!(error.code, Code::REQUEST_TIMEOUT);
    }
}
