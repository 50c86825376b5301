//! The listener: connections in, requests to the platform, and an end that cuts nobody off.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use link_platform::{Body, Peer, PlatformService};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, warn};

/// A connection that has not said what it wants by then is closed.
pub(crate) const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How many requests one HTTP/2 connection may have under way.
const STREAMS: u32 = 100;
/// How long requests may take to end once the process is told to; it must be gone within ten seconds.
const DRAIN: Duration = Duration::from_secs(7);
/// How long to wait where no connection can be taken, for want of file handles mostly.
const BACK_OFF: Duration = Duration::from_millis(100);

/// Cancelled by SIGTERM or SIGINT.
pub(crate) fn until_told() -> std::io::Result<CancellationToken> {
    let told = CancellationToken::new();
    let cancel = told.clone();
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    TaskTracker::new().spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        cancel.cancel();
    });
    Ok(told)
}

/// Takes connections until told to stop, then lets requests end. A connection whose first request is not there after
/// `patience` is closed: hyper's own limits begin only once it knows which protocol is spoken.
pub(crate) async fn accept(
    listener: TcpListener,
    service: PlatformService,
    stopping: CancellationToken,
    patience: Duration,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(30))
        .max_concurrent_streams(STREAMS);
    let graceful = GracefulShutdown::new();
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopping.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let watched = graceful.watcher();
                let asked = Arc::new(Notify::new());
                let connection = connect(&builder, stream, peer, service.clone(), asked.clone());
                connections.spawn(async move {
                    tokio::select! {
                        ended = watched.watch(connection) => {
                            if let Err(error) = ended {
                                debug!(error.source = %error, "a connection ended early");
                            }
                        }
                        () = silence(&asked, patience) => debug!("a connection asked for nothing and is closed"),
                    }
                });
            }
            Err(error) => {
                warn!(error.source = %error, "a connection could not be taken");
                sleep(BACK_OFF).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if timeout(DRAIN, graceful.shutdown()).await.is_err() {
        warn!(connections.count = connections.len(), "some requests did not end in time and are cut off");
    }
}

/// Ends after `patience`, and never once something was asked.
async fn silence(asked: &Notify, patience: Duration) {
    if timeout(patience, asked.notified()).await.is_ok() {
        pending::<()>().await;
    }
}

fn connect(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    peer: SocketAddr,
    service: PlatformService,
    asked: Arc<Notify>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>>
+ Send
+ 'static {
    // Redirects are one small packet each: waiting to fill it would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(error.source = %error, "a connection keeps its delay");
    }
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        asked.notify_one();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        let service = service.clone();
        async move { Ok::<_, Infallible>(service.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    builder.serve_connection(TokioIo::new(stream), answer).into_owned()
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use link_platform::{Config, Platform};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::task::JoinHandle;

    use super::*;

    /// Long for a computer, short for who waits.
    const SHORT: Duration = Duration::from_millis(100);
    /// Only a fault waits this long.
    const LONG: Duration = Duration::from_secs(20);

    struct Running {
        address: SocketAddr,
        stopping: CancellationToken,
        ended: JoinHandle<()>,
        platform: Platform,
    }

    impl Running {
        async fn start(patience: Duration) -> Self {
            let platform = Platform::open(Config::in_memory(80)).await.expect("a platform in memory");
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
            let address = listener.local_addr().expect("an address");
            let stopping = CancellationToken::new();
            let accepting = accept(listener, platform.service(), stopping.clone(), patience);
            let ended = TaskTracker::new().spawn(accepting);
            Self { address, stopping, ended, platform }
        }

        async fn stop(self) {
            self.stopping.cancel();
            timeout(DRAIN / 2, self.ended).await.expect("nothing holds up the end").expect("no panic");
            self.platform.stop().await;
        }
    }

    /// What comes until the other side closes; `None` where it does not.
    async fn rest(stream: &mut TcpStream) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        match timeout(HEADER_TIMEOUT / 2, stream.read_to_end(&mut bytes)).await {
            Ok(Err(error)) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
            Ok(_) => Some(bytes),
            Err(_) => None,
        }
    }

    async fn health(stream: &mut TcpStream) {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("it writes");
        let mut reply = Vec::new();
        while !reply.ends_with(b"ok\n") {
            let read =
                timeout(LONG, stream.read_buf(&mut reply)).await.expect("an answer").expect("it reads");
            assert!(read > 0, "closed after {}", String::from_utf8_lossy(&reply));
        }
        assert!(reply.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&reply));
    }

    #[tokio::test]
    async fn a_connection_that_asks_for_nothing_is_closed() {
        let running = Running::start(SHORT).await;
        for begun in ["", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /healthz HTTP/1.1\r\nhost: loc"] {
            let mut stream = TcpStream::connect(running.address).await.expect("it connects");
            stream.write_all(begun.as_bytes()).await.expect("it writes");
            assert!(rest(&mut stream).await.is_some(), "still open after '{begun}'");
        }
        running.stop().await;
    }

    #[tokio::test]
    async fn a_connection_that_asked_once_may_rest() {
        let running = Running::start(LONG).await;
        let mut stream = TcpStream::connect(running.address).await.expect("it connects");
        health(&mut stream).await;
        tokio::task::yield_now().await;
        health(&mut stream).await;
        running.stop().await;
    }

    #[tokio::test]
    async fn a_silent_connection_does_not_hold_up_the_end() {
        let running = Running::start(LONG).await;
        let silent = TcpStream::connect(running.address).await.expect("it connects");
        let mut other = TcpStream::connect(running.address).await.expect("it connects");
        health(&mut other).await;
        running.stop().await;
        drop((silent, other));
    }
}
