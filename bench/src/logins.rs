use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Tally;
use crate::closed::{connect, exchange, now};

/// What came of a storm of logins.
#[derive(Debug, Default)]
pub struct Storm {
    /// Whose password was looked at.
    pub judged: Tally,
    /// Who was told to come later.
    pub refused: Tally,
}

/// Attempts to sign in, by so many clients at once, each as soon as the one before is answered.
pub async fn logins(address: SocketAddr, clients: u64, lasting: Duration) -> Storm {
    let began = now();
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        tasks.spawn(attempt(address, began + lasting));
    }
    let (judged, refused): (Vec<_>, Vec<_>) =
        tasks.join_all().await.into_iter().map(|storm| (storm.judged, storm.refused)).unzip();
    let took = began.elapsed();
    Storm { judged: Tally::merged(judged, took), refused: Tally::merged(refused, took) }
}

async fn attempt(address: SocketAddr, until: Instant) -> Storm {
    let mut storm = Storm::default();
    let body = r#"{"email":"bench@example.com","password":"not the right one"}"#;
    let request = format!(
        "POST /v2/auth/login HTTP/1.1\r\nhost: localhost:{}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        address.port(),
        body.len(),
    );
    let Ok(mut stream) = connect(address).await else {
        storm.judged.failed += 1;
        return storm;
    };
    let mut read = Vec::with_capacity(4_096);
    while now() < until {
        let asked = now();
        let told = match exchange(&mut stream, request.as_bytes(), &mut read).await.as_ref() {
            Ok(b"401" | b"200") => &mut storm.judged,
            Ok(b"429") => &mut storm.refused,
            _ => {
                storm.judged.failed += 1;
                break;
            }
        };
        told.requests += 1;
        told.took.push(asked.elapsed());
    }
    storm
}

/// One line of JSON, for whoever started the load.
impl fmt::Display for Storm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\"judged\":{},\"refused\":{}}}", self.judged, self.refused)
    }
}
