//! A connection to a server that can be cut.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Passes connections on to a server, until it is cut.
pub struct Wire {
    /// Where to connect instead.
    pub address: SocketAddr,
    whole: Arc<watch::Sender<bool>>,
    _passing: JoinSet<()>,
}

impl Wire {
    /// One to this server.
    pub async fn to(server: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let whole = Arc::new(watch::Sender::new(true));
        let mut passing = JoinSet::new();
        passing.spawn(pass(listener, server, whole.clone()));
        Self { address, whole, _passing: passing }
    }

    /// Breaks every connection, and takes no further ones until it is mended.
    pub fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Passes connections on again.
    pub fn mend(&self) {
        self.whole.send_replace(true);
    }
}

async fn pass(listener: TcpListener, server: String, whole: Arc<watch::Sender<bool>>) {
    let mut connections = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        let mut state = whole.subscribe();
        if !*state.borrow_and_update() {
            continue;
        }
        let server = server.clone();
        connections.spawn(async move {
            let Ok(mut far) = TcpStream::connect(server).await else { return };
            tokio::select! {
                // Whichever side ends it, both are closed.
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = state.wait_for(|whole| !whole) => {}
            }
        });
    }
}
