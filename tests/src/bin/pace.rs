//! Visits at a fixed rate, each measured from the moment it was due: a server that falls behind cannot hide it.
//!
//! `pace --port N [--rate 5000] [--seconds 10] [--links 100] [--clients 16]` visits `hello.localhost/l0` and so on, as
//! the ledger sets them up, and prints percentiles in microseconds.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool answers on its streams")]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy)]
struct Pace {
    port: u16,
    rate: u64,
    seconds: u64,
    links: u64,
    clients: u64,
}

fn main() -> ExitCode {
    let mut pace = Pace { port: 8080, rate: 5_000, seconds: 10, links: 100, clients: 16 };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for pair in arguments.chunks(2) {
        let number = pair.get(1).and_then(|text| text.parse::<u64>().ok());
        match (pair[0].as_str(), number) {
            ("--port", Some(number)) => pace.port = u16::try_from(number).unwrap_or(0),
            ("--rate", Some(number)) => pace.rate = number.max(1),
            ("--seconds", Some(number)) => pace.seconds = number,
            ("--links", Some(number)) => pace.links = number.max(1),
            ("--clients", Some(number)) => pace.clients = number.max(1),
            (name, _) => {
                eprintln!("error: what is {name}? see the first lines of tests/src/bin/pace.rs");
                return ExitCode::FAILURE;
            }
        }
    }
    let start = now() + Duration::from_millis(50);
    let clients: Vec<_> =
        (0..pace.clients).map(|client| thread::spawn(move || visit(pace, client, start))).collect();
    let (mut took, mut failed) = (Vec::new(), 0);
    for client in clients {
        match client.join() {
            Ok(Ok(own)) => took.extend(own),
            Ok(Err(error)) => {
                eprintln!("error: {error}");
                failed += 1;
            }
            Err(_) => failed += 1,
        }
    }
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 10_000).map_or(0, Duration::as_micros);
    println!(
        "visits {} failed clients {failed} p50 {} p90 {} p99 {} p99.9 {} max {}",
        took.len(),
        at(5_000),
        at(9_000),
        at(9_900),
        at(9_990),
        took.last().map_or(0, Duration::as_micros),
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One client's share of the visits, on its own connection.
fn visit(pace: Pace, client: u64, start: Instant) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(("127.0.0.1", pace.port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut took = Vec::new();
    let mut buffer = [0; 4_096];
    for visit in (client..pace.rate * pace.seconds).step_by(usize::try_from(pace.clients).unwrap_or(1)) {
        let due = start + Duration::from_nanos(visit * 1_000_000_000 / pace.rate);
        wait_until(due);
        let request = format!(
            "GET /l{} HTTP/1.1\r\nhost: hello.localhost:{}\r\nuser-agent: Mozilla/5.0 (X11; Linux x86_64) visitor/{}\r\n\r\n",
            visit % pace.links,
            pace.port,
            visit % 1_000
        );
        stream.write_all(request.as_bytes())?;
        let mut read = 0;
        // A redirect is one small packet without a body.
        while !buffer[..read].windows(4).any(|window| window == b"\r\n\r\n") {
            let more = stream.read(&mut buffer[read..])?;
            if more == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            read += more;
        }
        if !buffer.starts_with(b"HTTP/1.1 302") {
            return Err(io::Error::other(String::from_utf8_lossy(&buffer[..read]).into_owned()));
        }
        took.push(now().saturating_duration_since(due));
    }
    Ok(took)
}

#[expect(clippy::disallowed_methods, reason = "the moment a visit is due is what this measures by")]
fn wait_until(due: Instant) {
    let left = due.saturating_duration_since(now());
    if !left.is_zero() {
        thread::sleep(left);
    }
}

#[expect(clippy::disallowed_methods, reason = "a measured duration")]
fn now() -> Instant {
    Instant::now()
}
