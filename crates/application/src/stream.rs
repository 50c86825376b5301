use std::io;
use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream as FuturesStream;

use crate::{Code, Error};

/// Bytes that come in or go out piece by piece. An error ends them.
pub type ByteStream = Pin<Box<dyn FuturesStream<Item = Result<Bytes, Error>> + Send>>;

/// Bytes that are whole already, or none.
pub fn whole(bytes: impl Into<Bytes>) -> ByteStream {
    let bytes = bytes.into();
    Box::pin(futures_util::stream::once(async move { Ok(bytes) }))
}

/// Why bytes on their way in ended before they were whole: their sender took too long for whoever received them, which is
/// [`TimedOut`](io::ErrorKind::TimedOut) somewhere among the causes, or went away.
pub fn broken_off(cause: &(dyn std::error::Error + 'static)) -> Error {
    let mut causes = std::iter::successors(Some(cause), |cause| cause.source());
    let late = |cause: &io::Error| cause.kind() == io::ErrorKind::TimedOut;
    if causes.any(|cause| cause.downcast_ref().is_some_and(late)) {
        Error::new(Code::REQUEST_TIMEOUT, "the body came too slowly")
    } else {
        Error::new(Code::INVALID_PAYLOAD, "the body ended before it was whole")
    }
}

/// What a stream row answers.
pub struct StreamReply {
    /// The type of the bytes (RFC 9110, 8.3).
    pub content_type: &'static str,
    /// What a browser should call the file.
    pub file_name: Option<String>,
    /// Whether a browser shows it in its place instead of saving it (RFC 6266, 4.2).
    pub inline: bool,
    /// The bytes.
    pub body: ByteStream,
}

impl StreamReply {
    /// A reply that is whole already, to be shown.
    pub(crate) fn whole(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self { content_type, file_name: None, inline: true, body: whole(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("a layer between")]
    struct Layer(#[source] io::Error);

    #[test]
    fn who_is_too_slow_is_told_so_however_deep_it_is_said() {
        let code = |cause: &(dyn std::error::Error + 'static)| broken_off(cause).code;
        let late = || io::Error::new(io::ErrorKind::TimedOut, "late");
        assert_eq!(code(&late()), Code::REQUEST_TIMEOUT);
        assert_eq!(code(&Layer(late())), Code::REQUEST_TIMEOUT);
        assert_eq!(code(&Layer(io::Error::other("gone"))), Code::INVALID_PAYLOAD);
    }
}
