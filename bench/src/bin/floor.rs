//! The floor: hyper alone, the same redirect for everybody, on the runtime that the platform uses.
//!
//! `bench-floor` prints `listening on http://ADDRESS` and answers until it is ended.

#![expect(clippy::print_stdout, reason = "says where it listens")]

use std::convert::Infallible;

use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_LENGTH, HeaderValue, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
        #[expect(clippy::disallowed_methods, reason = "nothing is to end in good order here")]
        tokio::spawn(connection);
    }
}

async fn answer(_: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut reply = Response::new(Empty::new());
    *reply.status_mut() = StatusCode::FOUND;
    let headers = reply.headers_mut();
    headers.insert(LOCATION, HeaderValue::from_static("https://example.com/offers/summer?from=link"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    Ok(reply)
}
