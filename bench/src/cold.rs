use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::closed::{answer, complain, connect, now};
use crate::{Requests, Tally, Visits};

/// A new connection for each visit, so many at a time.
pub async fn cold(address: SocketAddr, visits: Visits, at_once: u64, lasting: Duration) -> Tally {
    let began = now();
    let mut clients = JoinSet::new();
    for client in 0..at_once {
        clients.spawn(visit(address, Requests::random(visits, client), began + lasting));
    }
    Tally::merged(clients.join_all().await, began.elapsed())
}

async fn visit(address: SocketAddr, mut requests: Requests, until: Instant) -> Tally {
    let mut tally = Tally::default();
    let (mut request, mut read) = (Vec::new(), Vec::new());
    while now() < until {
        requests.write(1, &mut request);
        let asked = async {
            let mut stream = connect(address).await?;
            // Closed by a reset: a port that waits for stray packets is not free for the next connection.
            stream.set_zero_linger()?;
            answer(&mut stream, &request, &mut read, b"302").await
        };
        match asked.await {
            Ok(()) => tally.requests += 1,
            Err(error) => {
                complain(&error);
                tally.failed += 1;
            }
        }
    }
    tally
}
