//! The listener: connections in, requests to the platform, and an end that cuts nobody off.
//!
//! Limits are kept by looking at all connections once a second (`connections`), not by timers of their own: what a request
//! costs for them is a few counters.

mod bodies;
mod connection;
mod connections;
mod counts;
mod limits;
#[cfg(test)]
mod tests;
mod tls;
mod traffic;
mod watch;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulConnection;
use link_platform::Body;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tower::Service;
use tracing::{debug, warn};

use self::bodies::{Answer, Paced};
use self::connections::{Connections, Place};
use self::counts::Cut;
use self::traffic::{Counted, OverSocket};

pub(crate) use self::counts::Counts;
pub(crate) use self::limits::{Limits, raise_handles};
pub(crate) use self::tls::{Certificates, TlsFiles, hangups, renew};

/// How many requests one HTTP/2 connection may have under way.
const STREAMS: u32 = 100;
/// The head of a request; RFC 9110 asks for 8,000 bytes at least for the address alone.
const HEAD_BYTES: usize = 32 << 10;
/// The fields of a request over HTTP/2, as they are counted there (RFC 9113, 6.5.2).
const FIELD_BYTES: u32 = 16 << 10;
/// The address of a request.
const ADDRESS_BYTES: usize = 16 << 10;
/// What one stream of HTTP/2 may keep ready for a client that does not take it.
const SEND_BYTES: usize = 64 << 10;
/// What the system keeps ready for a client: little, so that one who takes nothing is soon noticed.
#[cfg(target_os = "linux")]
const UNSENT_BYTES: u32 = 16 << 10;
/// How many connections may wait to be taken; the system has a bound of its own (`net.core.somaxconn`).
const BACKLOG: i32 = 4_096;
/// How long to wait where no connection can be taken, for want of file handles mostly.
const BACK_OFF: Duration = Duration::from_millis(100);

/// Everything that connections share.
struct Shared<F> {
    /// Makes the service for a connection, whose other end it is told.
    services: F,
    protocols: Builder<TokioExecutor>,
    connections: Arc<Connections>,
    tls: Option<TlsAcceptor>,
    tasks: TaskTracker,
}

/// Cancelled by SIGTERM or SIGINT.
pub(crate) fn until_told() -> io::Result<CancellationToken> {
    let told = CancellationToken::new();
    let cancel = told.clone();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    TaskTracker::new().spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        cancel.cancel();
    });
    Ok(told)
}

/// Takes connections until told to stop, then lets requests end. The services must be ready for a call at any time.
pub(crate) async fn accept<F, S>(
    listener: TcpListener,
    services: F,
    stopping: CancellationToken,
    limits: Limits,
    tls: Option<TlsAcceptor>,
    counts: Arc<Counts>,
) where
    F: Fn(SocketAddr) -> S + Send + Sync + 'static,
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    set_options(&listener, limits.stall);
    let drain = limits.drain;
    let connections = Connections::new(limits, counts);
    let _watching = watch(connections.clone());
    let tasks = TaskTracker::new();
    let shared =
        Arc::new(Shared { services, protocols: protocols(), connections: connections.clone(), tls, tasks });
    tokio::select! {
        () = take(&listener, &shared) => {}
        () = stopping.cancelled() => {}
    }
    drop(listener);
    connections.finish();
    shared.tasks.close();
    if timeout(drain, shared.tasks.wait()).await.is_err() {
        warn!(connections.count = connections.count(), "some requests did not end in time and are cut off");
    }
}

/// Looks at the connections until the guard is dropped.
fn watch(connections: Arc<Connections>) -> DropGuard {
    let ended = CancellationToken::new();
    let cancelled = ended.clone();
    TaskTracker::new().spawn(async move {
        let mut turns = interval(connections.limits().tick);
        // Time in which this process stood still is not the clients'.
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = turns.tick() => connections.look(),
                () = cancelled.cancelled() => return,
            }
        }
    });
    ended.drop_guard()
}

async fn take<F, S>(listener: &TcpListener, shared: &Arc<Shared<F>>)
where
    F: Fn(SocketAddr) -> S + Send + Sync + 'static,
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let room = shared.connections.room().await;
                if let Some(place) = shared.connections.admit(peer.ip(), room) {
                    shared.tasks.spawn(attend(shared.clone(), stream, peer, place));
                } else {
                    debug!("a connection is refused: its address has too many");
                }
            }
            Err(error) => {
                warn!(error.source = %error, "a connection could not be taken");
                sleep(BACK_OFF).await;
            }
        }
    }
}

/// One connection, from the handshake to its end.
async fn attend<F, S>(shared: Arc<Shared<F>>, stream: TcpStream, peer: SocketAddr, place: Place)
where
    F: Fn(SocketAddr) -> S + Send + Sync + 'static,
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    let Some(tls) = &shared.tls else {
        return converse(&shared, stream, peer, &place).await;
    };
    match place.connection.obeying(tls.accept(stream), |_| false).await {
        Some(Ok(stream)) => Box::pin(converse(&shared, stream, peer, &place)).await,
        Some(Err(error)) => {
            shared.connections.counts().count(Cut::RefusedTls);
            debug!(error.source = %error, "a TLS handshake failed");
        }
        None => debug!("a TLS handshake was cut off"),
    }
}

async fn converse<F, S, T>(shared: &Shared<F>, stream: T, peer: SocketAddr, place: &Place)
where
    F: Fn(SocketAddr) -> S,
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    T: AsyncRead + AsyncWrite + OverSocket + Unpin + Send + 'static,
{
    let connection = &place.connection;
    let (slowest, counts) = (shared.connections.limits().body, shared.connections.counts());
    let service = (shared.services)(peer);
    let answer = service_fn(|request: Request<Incoming>| {
        let under_way = connection.begin(request.version() == Version::HTTP_2);
        let request = request.map(|body| {
            if body.is_end_stream() {
                Body::empty()
            } else {
                Body::new(Paced::new(body, slowest, counts.clone()))
            }
        });
        let service = service.clone();
        async move {
            let response = respond(service, request).await;
            Ok::<_, Infallible>(response.map(|body| Answer::new(body, under_way)))
        }
    });
    let stream = TokioIo::new(Counted::new(stream, connection.clone()));
    let serving = shared.protocols.serve_connection(stream, answer);
    let finish = |serving: Pin<&mut _>| {
        GracefulConnection::graceful_shutdown(serving);
        true
    };
    match connection.obeying(serving, finish).await {
        Some(Ok(())) => {}
        Some(Err(error)) => debug!(error.source = %error, "a connection ended early"),
        None => {
            if connection.gives_up() {
                counts.count(Cut::ShedResets);
            }
            debug!("a connection was cut off");
        }
    }
}

async fn respond<S>(mut service: S, request: Request<Body>) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    if request.uri().path_and_query().is_some_and(|address| address.as_str().len() > ADDRESS_BYTES) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::URI_TOO_LONG;
        return response;
    }
    // It is always ready.
    service.call(request).await.unwrap_or_else(|never| match never {})
}

fn protocols() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // Its own limit would end connections that rest, and sets a timer for each request.
    builder.http1().header_read_timeout(None).max_buf_size(HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(10))
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(FIELD_BYTES)
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(100)
        .max_send_buf_size(SEND_BYTES);
    builder
}

/// What every connection of this listener has from its start.
fn set_options(listener: &TcpListener, stall: Duration) {
    let socket = SockRef::from(listener);
    let note = |outcome: io::Result<()>, option: &str| {
        if let Err(error) = outcome {
            debug!(error.source = %error, socket.option = option, "connections go without an option");
        }
    };
    // A rush of connections waits here for its turn; whoever finds no room tries again a second later.
    note(socket.listen(BACKLOG), "backlog");
    // Redirects are one small packet each: waiting to fill it would only delay them.
    note(socket.set_tcp_nodelay(true), "TCP_NODELAY");
    #[cfg(target_os = "linux")]
    {
        note(socket.set_tcp_notsent_lowat(UNSENT_BYTES), "TCP_NOTSENT_LOWAT");
        // What the system has taken over is out of our sight: it gives up by itself who does not take it.
        note(socket.set_tcp_user_timeout(Some(stall)), "TCP_USER_TIMEOUT");
    }
}
