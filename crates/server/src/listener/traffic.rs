//! Bytes, counted as they pass.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tracing::debug;

use super::connection::{Connection, Order};

/// A stream that goes over a socket.
pub(super) trait OverSocket {
    fn socket(&self) -> &TcpStream;
}

impl OverSocket for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl OverSocket for TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// A stream whose connection knows what passed, and whether the other side takes anything.
pub(super) struct Counted<T: OverSocket> {
    stream: T,
    connection: Arc<Connection>,
    /// Whether bytes, or what the stream still holds of earlier ones, wait for the other side.
    writing: bool,
    flushing: bool,
}

impl<T: OverSocket> Counted<T> {
    pub(super) fn new(stream: T, connection: Arc<Connection>) -> Self {
        Self { stream, connection, writing: false, flushing: false }
    }

    fn wrote(&mut self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &outcome {
            self.connection.sent(*bytes);
        }
        self.waits(outcome.is_pending(), self.flushing);
        outcome
    }

    fn flushed(&mut self, outcome: Poll<io::Result<()>>) -> Poll<io::Result<()>> {
        self.waits(self.writing, outcome.is_pending());
        outcome
    }

    fn waits(&mut self, writing: bool, flushing: bool) {
        if (self.writing, self.flushing) != (writing, flushing) {
            (self.writing, self.flushing) = (writing, flushing);
            self.connection.blocked(writing || flushing);
        }
    }
}

impl<T: OverSocket> Drop for Counted<T> {
    /// What a client does not take would be kept for it by the system after the end, and so would the socket.
    fn drop(&mut self) {
        if (self.writing || self.flushing) && self.connection.glance().order == Order::Leave {
            let socket = SockRef::from(self.stream.socket());
            if let Err(error) = socket.set_linger(Some(Duration::ZERO)) {
                debug!(error.source = %error, "a socket is left to the system");
            }
        }
    }
}

impl<T: AsyncRead + OverSocket + Unpin> AsyncRead for Counted<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        let came = buffer.filled().len() - before;
        if came > 0 {
            self.connection.received(came);
        }
        outcome
    }
}

impl<T: AsyncWrite + OverSocket + Unpin> AsyncWrite for Counted<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // Most answers are one slice, and to send one costs the system less than to write a list of one.
        if let [bytes] = slices {
            return self.poll_write(context, bytes);
        }
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.wrote(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        self.flushed(outcome)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_shutdown(context);
        self.flushed(outcome)
    }
}
