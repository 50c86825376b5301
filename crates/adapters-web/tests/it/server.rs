//! Servers on loopback that say exactly what a test wants, and name servers that lie.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use lp_adapters_web::Lookup;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The address that tests treat as the internet, and the one they treat as forbidden.
pub(crate) const INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(crate) const FORBIDDEN: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// What to do with a request.
pub(crate) enum Reply {
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// These bytes, then an open connection that invites the next request.
    KeepOpen(Vec<u8>),
    /// Nothing, for ever.
    Silence,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    /// Ends with the server.
    _accepting: JoinSet<()>,
}

impl Server {
    /// `reply` is given the first line of each request, such as `HEAD /a HTTP/1.1`.
    pub(crate) async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        Self::at(SocketAddr::new(INSIDE, 0), reply).await
    }

    pub(crate) async fn at(
        address: SocketAddr,
        reply: impl Fn(&str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut accepting = JoinSet::new();
        let log = Arc::clone(&seen);
        accepting.spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                // Noted before anything is read: a mere connection counts.
                let index = {
                    let mut log = log.lock().expect("the log");
                    log.push(String::new());
                    log.len() - 1
                };
                let head = head(&mut stream).await;
                let line = head.lines().next().unwrap_or_default().to_owned();
                log.lock().expect("the log")[index] = head;
                match reply(&line) {
                    Reply::Bytes(bytes) => {
                        // The client may have what it wanted before the end.
                        let _ = stream.write_all(&bytes).await;
                        let _ = stream.shutdown().await;
                    }
                    Reply::KeepOpen(bytes) => {
                        let _ = stream.write_all(&bytes).await;
                        open.push(stream);
                    }
                    Reply::Silence => open.push(stream),
                }
            }
        });
        Self { address, seen, _accepting: accepting }
    }

    /// Watches the address and would answer 200.
    pub(crate) async fn canary(address: SocketAddr) -> Self {
        Self::at(address, |_| status(200)).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The heads of the requests so far; an empty one for a connection that sent none.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("the log").clone()
    }

    /// Their first lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.seen().iter().map(|head| head.lines().next().unwrap_or_default().to_owned()).collect()
    }
}

async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut chunk = [0; 1_024];
    loop {
        match stream.read(&mut chunk).await {
            Ok(read) if read > 0 => head.extend_from_slice(&chunk[..read]),
            _ => break,
        }
        // A TLS greeting never has an empty line; its first bytes are answer enough.
        if head.windows(4).any(|window| window == b"\r\n\r\n") || head.first() == Some(&0x16) {
            break;
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

pub(crate) fn text(reply: &str) -> Reply {
    Reply::Bytes(reply.as_bytes().to_vec())
}

pub(crate) fn status(code: u16) -> Reply {
    text(&format!("HTTP/1.1 {code} Whatever\r\ncontent-length: 0\r\n\r\n"))
}

pub(crate) fn redirect(code: u16, location: &str) -> Reply {
    text(&format!("HTTP/1.1 {code} Go\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"))
}

/// Answers every name with the next of its answers, the last one again and again.
pub(crate) struct Scripted {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    pub(crate) fn new(answers: impl IntoIterator<Item = Vec<IpAddr>>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() })
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("the log").clone()
    }
}

#[async_trait]
impl Lookup for Scripted {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().expect("the log").push(name.to_owned());
        let mut answers = self.answers.lock().expect("the answers");
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        next.ok_or_else(|| io::Error::other("no such name"))
    }
}

/// Never answers.
pub(crate) struct Mute;

#[async_trait]
impl Lookup for Mute {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        std::future::pending().await
    }
}
