//! The listener: connections in, requests to the platform, and an end that cuts nobody off.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use link_platform::{Body, Peer, PlatformService};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, warn};

/// A connection that has not said what it wants by then is closed (hyper sets this only where it has a timer).
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
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

/// Takes connections until told to stop, then lets requests end.
pub(crate) async fn accept(listener: TcpListener, service: PlatformService, stopping: CancellationToken) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(30));
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
                let connection = connect(&builder, stream, peer, service.clone());
                connections.spawn(async move {
                    if let Err(error) = watched.watch(connection).await {
                        debug!(error.source = %error, "a connection ended early");
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

fn connect(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    peer: SocketAddr,
    service: PlatformService,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>>
+ Send
+ 'static {
    // Redirects are one small packet each: waiting to fill it would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(error.source = %error, "a connection keeps its delay");
    }
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        let service = service.clone();
        async move { Ok::<_, Infallible>(service.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    builder.serve_connection(TokioIo::new(stream), answer).into_owned()
}
