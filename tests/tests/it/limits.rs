//! What the running binary takes of slow and silent connections.

use e2e::Workspace;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn connect(port: u16) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port)).await.expect("a connection")
}

#[tokio::test]
async fn silent_connections_make_way_for_visitors() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve_with(&[("LINK_PLATFORM_CONNECTIONS", "16")]).await;
    let mut silent = Vec::new();
    for turn in 0..64 {
        let mut stream = connect(server.port).await;
        if turn % 2 == 0 {
            stream.write_all(b"GET /welcome HTTP/1.1\r\nhost: hel").await.expect("it writes");
        }
        silent.push(stream);
    }
    let alive = server.api("GET", "/healthz").send().await.expect("a reply");
    assert_eq!(alive.status(), 200);
    let mut byte = [0];
    // Closed, one way or the other; the last ones may be open yet.
    assert!(!matches!(silent[0].read(&mut byte).await, Ok(1..)));
    let page = server.api("GET", "/metrics").send().await.expect("a reply").text().await.expect("a page");
    let figure =
        |name: &str| page.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
    assert!(figure("connections_shed{reason=\"total\"}").is_some_and(|shed| shed >= 48), "{page}");
    assert!(figure("connections_open").is_some_and(|open| (1..=16).contains(&open)), "{page}");
    assert_eq!(figure("connections_refused{reason=\"address\"}"), Some(0), "{page}");
}

#[tokio::test]
async fn heads_beyond_all_measure_are_refused_by_the_binary() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    for (head, status) in [
        (format!("GET /{} HTTP/1.1\r\nhost: hello.localhost\r\n\r\n", "a".repeat(20_000)), "414"),
        (
            format!("GET /welcome HTTP/1.1\r\nhost: hello.localhost\r\nx: {}\r\n\r\n", "a".repeat(40_000)),
            "431",
        ),
    ] {
        let mut stream = connect(server.port).await;
        stream.write_all(head.as_bytes()).await.expect("it writes");
        let mut reply = [0; 12];
        stream.read_exact(&mut reply).await.expect("an answer");
        assert_eq!(String::from_utf8_lossy(&reply), format!("HTTP/1.1 {status}"));
    }
}

#[tokio::test]
async fn a_server_without_good_certificates_says_so_and_does_not_start() {
    let workspace = Workspace::new();
    let files = ["--tls-cert", "/nowhere/cert.pem", "--tls-key", "/nowhere/key.pem"];
    let ended = workspace.run(&[&["serve", "--listen", "127.0.0.1:0"][..], &files].concat()).await;
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success());
    assert!(said.contains("TLS: /nowhere/cert.pem cannot be read"), "{said}");
    assert!(!workspace.data().exists(), "nothing was made");
}
