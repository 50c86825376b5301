use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::book::Book;

/// Only a fault takes this long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes one visit after the other until all are made, over connections that are kept until they break.
pub(super) async fn visit(ports: &[u16], next: &AtomicU64, book: &Book, links: u64) {
    let mut connection: Option<(u16, TcpStream)> = None;
    let mut buffer = Vec::with_capacity(4_096);
    loop {
        let visit = next.fetch_add(1, Ordering::Relaxed);
        if visit >= book.len() {
            return;
        }
        let (port, mut stream) = match connection.take() {
            Some(open) => open,
            None => connect(ports, visit).await,
        };
        book.sent(visit);
        let asked = timeout(PATIENCE, ask(&mut stream, port, visit, links, &mut buffer)).await;
        if let Ok(Ok(redirected)) = asked {
            book.answered(visit, redirected);
            // Now and then to another node, as a balancer would.
            if ports.len() < 2 || !visit.is_multiple_of(1_000) {
                connection = Some((port, stream));
            }
        }
    }
}

/// A node that was killed takes connections again soon.
async fn connect(ports: &[u16], visit: u64) -> (u16, TcpStream) {
    let mut turn = usize::try_from(visit).unwrap_or(0);
    loop {
        let port = ports[turn % ports.len()];
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)).await {
            // A request is one packet.
            let _ = stream.set_nodelay(true);
            return (port, stream);
        }
        turn += 1;
        sleep(Duration::from_millis(2)).await;
    }
}

/// Whether the visitor was redirected; an error where the answer did not arrive whole.
async fn ask(
    stream: &mut TcpStream,
    port: u16,
    visit: u64,
    links: u64,
    buffer: &mut Vec<u8>,
) -> io::Result<bool> {
    let link = visit % links;
    let request = format!(
        "GET /l{link} HTTP/1.1\r\nhost: hello.localhost:{port}\r\nuser-agent: Mozilla/5.0 (X11; Linux x86_64) visitor/{}\r\n\
         referer: https://v{visit}.example/\r\n\r\n",
        visit % 1_000
    );
    stream.write_all(request.as_bytes()).await?;
    buffer.clear();
    let head = loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or_default();
    while buffer.len() < head + length {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(text.starts_with("http/1.1 302"))
}
