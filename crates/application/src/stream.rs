use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream as FuturesStream;

use crate::Error;

/// Bytes that come in or go out piece by piece. An error ends them.
pub type ByteStream = Pin<Box<dyn FuturesStream<Item = Result<Bytes, Error>> + Send>>;

/// Bytes that are whole already, or none.
pub fn whole(bytes: impl Into<Bytes>) -> ByteStream {
    let bytes = bytes.into();
    Box::pin(futures_util::stream::once(async move { Ok(bytes) }))
}

/// What a stream row answers.
pub struct StreamReply {
    /// The type of the bytes (RFC 9110, 8.3).
    pub content_type: &'static str,
    /// What a browser should call the file; `None` to show it.
    pub file_name: Option<String>,
    /// The bytes.
    pub body: ByteStream,
}

impl StreamReply {
    /// A reply that is whole already.
    pub(crate) fn whole(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self { content_type, file_name: None, body: whole(bytes) }
    }
}
