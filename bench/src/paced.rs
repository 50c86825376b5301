use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::closed::{complain, now};
use crate::{Requests, Tally, Visits, reply};

/// At a fixed rate, each visit measured from the moment it was due: a server that falls behind cannot hide it.
pub fn paced(address: SocketAddr, visits: Visits, rate: u64, clients: u64, lasting: Duration) -> Tally {
    let start = now() + Duration::from_millis(50);
    let count = rate.saturating_mul(lasting.as_secs());
    let clients: Vec<_> = (0..clients)
        .map(|client| {
            let due = (client..count)
                .step_by(usize::try_from(clients).unwrap_or(1))
                .map(move |visit| start + Duration::from_nanos(visit.saturating_mul(1_000_000_000) / rate));
            thread::spawn(move || visit(address, Requests::random(visits, client), due))
        })
        .collect();
    let tallies: Vec<Tally> = clients
        .into_iter()
        .map(|client| client.join().unwrap_or(Tally { failed: 1, ..Tally::default() }))
        .collect();
    Tally::merged(tallies, start.elapsed())
}

fn visit(address: SocketAddr, mut requests: Requests, due: impl Iterator<Item = Instant>) -> Tally {
    let mut tally = Tally::default();
    let connected = TcpStream::connect(address).and_then(|stream| {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(stream)
    });
    let Ok(mut stream) = connected else { return Tally { failed: 1, ..tally } };
    let mut request = Vec::new();
    for due in due {
        requests.write(1, &mut request);
        wait_until(due);
        if let Err(error) = ask(&mut stream, &request) {
            complain(&error);
            tally.failed += 1;
            break;
        }
        tally.requests += 1;
        tally.took.push(now().saturating_duration_since(due));
    }
    tally
}

#[expect(clippy::disallowed_methods, reason = "the moment a visit is due is what this measures by")]
fn wait_until(due: Instant) {
    thread::sleep(due.saturating_duration_since(now()));
}

fn ask(stream: &mut TcpStream, request: &[u8]) -> io::Result<()> {
    stream.write_all(request)?;
    let (mut buffer, mut read) = ([0; 4_096], 0);
    while reply::end(&buffer[..read], b"302")?.is_none() {
        let more = stream.read(&mut buffer[read..])?;
        if more == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        read += more;
    }
    Ok(())
}
