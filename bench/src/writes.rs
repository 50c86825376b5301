use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Tally;
use crate::closed::{answer, connect, now, reconnect};

/// Links put by REST, a new one each time, by so many clients at once.
pub async fn writes(
    address: SocketAddr,
    token: &str,
    handle: &str,
    clients: u64,
    lasting: Duration,
) -> Tally {
    let began = now();
    let run = format!("{:x}", std::process::id());
    let mut tasks = JoinSet::new();
    for client in 0..clients {
        let head = format!("/v2/public/handles/{handle}/links/w{run}-{client}-");
        tasks.spawn(put(address, head, token.to_owned(), began + lasting));
    }
    Tally::merged(tasks.join_all().await, began.elapsed())
}

async fn put(address: SocketAddr, head: String, token: String, until: Instant) -> Tally {
    let mut tally = Tally::default();
    let Ok(mut stream) = connect(address).await else { return Tally { failed: 1, ..tally } };
    let mut read = Vec::with_capacity(4_096);
    while now() < until {
        let number = tally.requests + tally.failed;
        let body = format!("{{\"destinationUrl\":\"https://example.com/offers/{number}?from=bench\"}}");
        let request = format!(
            "PUT {head}{number} HTTP/1.1\r\nhost: localhost:{}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            address.port(),
            body.len(),
        );
        let asked = now();
        match answer(&mut stream, request.as_bytes(), &mut read, b"20").await {
            Ok(()) => {
                tally.requests += 1;
                tally.took.push(asked.elapsed());
            }
            Err(error) => {
                tally.failed += 1;
                if !reconnect(address, &mut stream, &error).await {
                    break;
                }
            }
        }
    }
    tally
}
