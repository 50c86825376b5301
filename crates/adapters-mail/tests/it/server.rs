//! As much of an SMTP server as a client needs, on a port of this machine.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What it answers.
#[derive(Clone, Copy)]
pub(crate) struct Answers {
    pub(crate) recipient: &'static str,
    pub(crate) data: &'static str,
}

pub(crate) const TAKES: Answers = Answers { recipient: "250 OK", data: "250 queued" };

/// One that listens, and every line it was told.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    said: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn start(answers: Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let said = Arc::<Mutex<Vec<String>>>::default();
        let heard = said.clone();
        #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Clients come one after the other; one that goes away ends its turn.
                let _ = serve(stream, answers, &heard).await;
            }
        });
        Self { address, said }
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().expect("whole").clone()
    }
}

async fn serve(stream: TcpStream, answers: Answers, heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut in_data = false;
    write.write_all(b"220 ready\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        heard.lock().expect("whole").push(line.clone());
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            _ if in_data && line != "." => continue,
            _ if in_data => {
                in_data = false;
                answers.data
            }
            "EHLO" => "250-here\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            "RCPT" => answers.recipient,
            "AUTH" => "235 welcome",
            "DATA" => {
                in_data = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 OK",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
