use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::{Requests, Tally, Visits, reply};

/// As fast as answers come, over connections that are kept: each waits for its answer before it asks again.
///
/// Ends after `lasting`, or after `count` requests where that is given; then the links come in turn.
pub async fn closed(
    address: SocketAddr,
    visits: Visits,
    connections: u64,
    lasting: Duration,
    count: Option<u64>,
) -> Tally {
    let began = now();
    let mut clients = JoinSet::new();
    for client in 0..connections {
        let own =
            count.map(|count| (client..count).step_by(usize::try_from(connections).unwrap_or(1)).count());
        let requests = if count.is_some() {
            Requests::in_turn(visits, client)
        } else {
            Requests::random(visits, client)
        };
        clients.spawn(visit(address, requests, connections, began + lasting, own));
    }
    Tally::merged(clients.join_all().await, began.elapsed())
}

async fn visit(
    address: SocketAddr,
    mut requests: Requests,
    step: u64,
    until: Instant,
    count: Option<usize>,
) -> Tally {
    let mut tally = Tally::default();
    let Ok(mut stream) = connect(address).await else { return Tally { failed: 1, ..tally } };
    let (mut request, mut read) = (Vec::new(), Vec::with_capacity(4_096));
    let mut left = count.unwrap_or(usize::MAX);
    while left > 0 {
        // Looking at the clock costs as much as a good part of a request.
        if count.is_none() && tally.requests % 16 == 0 && now() >= until {
            break;
        }
        requests.write(step, &mut request);
        match answer(&mut stream, &request, &mut read, b"302").await {
            Ok(()) => tally.requests += 1,
            Err(error) => {
                tally.failed += 1;
                if !reconnect(address, &mut stream, &error).await {
                    break;
                }
            }
        }
        left -= 1;
    }
    tally
}

pub(crate) async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Goes on over a new connection after a fault; whether there is one.
pub(crate) async fn reconnect(address: SocketAddr, stream: &mut TcpStream, error: &io::Error) -> bool {
    complain(error);
    match connect(address).await {
        Ok(fresh) => {
            *stream = fresh;
            true
        }
        Err(_) => false,
    }
}

pub(crate) async fn answer(
    stream: &mut TcpStream,
    request: &[u8],
    read: &mut Vec<u8>,
    status: &[u8],
) -> io::Result<()> {
    stream.write_all(request).await?;
    read.clear();
    loop {
        if stream.read_buf(read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if reply::end(read, status)?.is_some() {
            return Ok(());
        }
    }
}

/// The first few only: a server that is gone would fill the screen.
#[expect(clippy::print_stderr, reason = "a command-line tool answers on its streams")]
pub(crate) fn complain(error: &io::Error) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static SAID: AtomicU32 = AtomicU32::new(0);
    if SAID.fetch_add(1, Ordering::Relaxed) < 5 {
        eprintln!("error: {error}");
    }
}

#[expect(clippy::disallowed_methods, reason = "a measured duration")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// One request; the status of its answer, whatever it is.
pub(crate) async fn exchange(
    stream: &mut TcpStream,
    request: &[u8],
    read: &mut Vec<u8>,
) -> io::Result<[u8; 3]> {
    answer(stream, request, read, b"").await?;
    read.get(9..12).and_then(|status| status.try_into().ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}
