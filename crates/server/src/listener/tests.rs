//! Connections of every kind against a listener with short limits.

mod http2;
mod platform;
mod slow;
mod tls;

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;

use futures_util::{StreamExt, stream};
use hyper::body::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::limits::Pace;
use super::*;

/// Long for a computer, short for who waits.
const SHORT: Duration = Duration::from_millis(100);
/// Only a fault waits this long.
const LONG: Duration = Duration::from_secs(20);

/// A listener under test, with a service that tells what happens to it.
struct Running {
    address: SocketAddr,
    stopping: CancellationToken,
    ended: JoinHandle<()>,
    events: UnboundedReceiver<&'static str>,
    counts: Arc<Counts>,
}

/// Says that something is over when it is dropped.
struct Notice(UnboundedSender<&'static str>, &'static str);

impl Drop for Notice {
    fn drop(&mut self) {
        let _ = self.0.send(self.1);
    }
}

impl Running {
    async fn start(limits: Limits) -> Self {
        Self::start_with(limits, None).await
    }

    async fn start_with(limits: Limits, tls: Option<TlsAcceptor>) -> Self {
        let (sender, events) = unbounded_channel();
        let service = tower::service_fn(move |request| reply(request, sender.clone()));
        Self { events, ..Self::serving(limits, tls, move |_| service.clone()).await }
    }

    /// With a service of the test's own, which tells nothing.
    async fn serving<F, S>(limits: Limits, tls: Option<TlsAcceptor>, services: F) -> Self
    where
        F: Fn(SocketAddr) -> S + Send + Sync + 'static,
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
    {
        let (_, events) = unbounded_channel();
        let counts = Arc::new(Counts::default());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let stopping = CancellationToken::new();
        let accepting = accept(listener, services, stopping.clone(), limits, tls, counts.clone());
        let ended = TaskTracker::new().spawn(accepting);
        Self { address, stopping, ended, events, counts }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it connects")
    }

    async fn event(&mut self) -> &'static str {
        timeout(LONG, self.events.recv()).await.expect("something happens").expect("it runs")
    }

    async fn stop(self) {
        self.stopping.cancel();
        timeout(Limits::default().drain / 2, self.ended)
            .await
            .expect("nothing holds up the end")
            .expect("no panic");
    }
}

/// `/echo` counts the bytes it is sent, `/big` never ends, `/wait` never answers, anything else says ok.
async fn reply(
    request: Request<Body>,
    events: UnboundedSender<&'static str>,
) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = match path.as_str() {
        "/echo" => {
            let mut pieces = request.into_body().into_data_stream();
            let mut bytes = 0;
            while let Some(piece) = pieces.next().await {
                match piece {
                    Ok(piece) => bytes += piece.len(),
                    Err(_) => return Ok(status(StatusCode::REQUEST_TIMEOUT)),
                }
            }
            Body::from(format!("{bytes} bytes\n"))
        }
        "/big" => {
            let notice = Notice(events, "no more of it");
            let piece = Bytes::from(vec![b'x'; 1 << 16]);
            Body::from_stream(stream::repeat(piece).map(move |piece| {
                let _held = &notice;
                Ok::<_, Infallible>(piece)
            }))
        }
        "/wait" => {
            let _ = events.send("asked");
            let _notice = Notice(events, "given up");
            std::future::pending::<Body>().await
        }
        _ => Body::from("ok\n"),
    };
    Ok(Response::new(body))
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Limits that only a fault comes up against, each looked after often.
fn patient() -> Limits {
    Limits {
        connections: 1_000,
        per_address: None,
        exempt: Vec::new(),
        head: LONG * 10,
        idle: LONG * 10,
        stall: LONG * 10,
        farewell: SHORT,
        body: Pace { window: LONG * 10, bytes: 1 },
        tick: SHORT / 10,
        drain: Limits::default().drain,
    }
}

/// What comes until the other side closes; `None` where it does not.
async fn rest(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    match timeout(LONG, stream.read_to_end(&mut bytes)).await {
        Ok(Err(error)) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        Ok(_) => Some(bytes),
        Err(_) => None,
    }
}

async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.expect("it writes");
}

/// One request, answered in order.
async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("it writes");
    let mut reply = Vec::new();
    while !reply.ends_with(b"ok\n") {
        let read = timeout(LONG, stream.read_buf(&mut reply)).await.expect("an answer").expect("it reads");
        assert!(read > 0, "closed after {}", String::from_utf8_lossy(&reply));
    }
    assert!(reply.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&reply));
}

/// The status of an answer after which the connection is closed.
async fn last_status(stream: &mut TcpStream) -> String {
    let reply = rest(stream).await.expect("it is closed");
    String::from_utf8_lossy(&reply).chars().skip("HTTP/1.1 ".len()).take(3).collect()
}
