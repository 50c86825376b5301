//! Visits by the hundred thousand against nodes that are killed, and a book of which were answered: every answered one
//! must be counted, and none twice.

mod book;
mod visitor;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

use crate::{Server, Workspace};
use book::Book;
use visitor::visit;

pub use book::Balance;

/// How many links are visited.
const LINKS: u64 = 100;

/// What is done to whom.
#[derive(Debug, Clone)]
pub struct Ordeal {
    /// How many visits.
    pub visits: u64,
    /// How many of them are under way at once.
    pub visitors: u64,
    /// How often a node is killed.
    pub kills: u64,
    /// How many nodes there are; more than one need a database that they share.
    pub nodes: usize,
    /// The database that they share; the embedded one of the single node where there is none.
    pub database: Option<String>,
    /// What makes a database go away and come back, as a shell command; run between the kills.
    pub outage: Option<String>,
    /// Where the kills fall; the same seed, the same places.
    pub seed: u64,
}

/// One node, which may be another process after each kill.
struct Node {
    workspace: Workspace,
    port: u16,
    server: Mutex<Option<Server>>,
}

/// Visits, kills, restarts; then waits until everything is counted, and balances the book against the store.
pub async fn run(ordeal: &Ordeal) -> Balance {
    let nodes = Arc::new(start(ordeal).await);
    let book = Arc::new(Book::new(ordeal.visits));
    let (next, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let mut visitors = JoinSet::new();
    for _ in 0..ordeal.visitors {
        let (nodes, book, next) = (nodes.clone(), book.clone(), next.clone());
        visitors.spawn(async move {
            let ports: Vec<u16> = nodes.iter().map(|node| node.port).collect();
            visit(&ports, &next, &book, LINKS).await;
        });
    }
    let killer = JoinSet::from_iter([kill(ordeal.clone(), nodes.clone(), next, done.clone())]);
    visitors.join_all().await;
    done.store(true, Ordering::SeqCst);
    let kills = killer.join_all().await.into_iter().sum();
    for node in nodes.iter() {
        let server = node.server.lock().await.take().expect("it runs again");
        drained(&server).await;
        assert!(server.terminate().await.0, "it ends well");
    }
    let database = ordeal.database.clone();
    let file = nodes[0].workspace.data().join("link-platform.db");
    let counted = match &database {
        Some(url) => book::counted_in_postgres(url).await,
        None => book::counted_in_sqlite(&file).await,
    };
    let verified = nodes[0].workspace.run(&["verify-counts"]).await;
    book.balance(kills, &counted, &String::from_utf8_lossy(&verified.stdout))
}

async fn start(ordeal: &Ordeal) -> Vec<Node> {
    let mut nodes: Vec<Workspace> = (0..ordeal.nodes).map(|_| Workspace::new()).collect();
    if let Some(url) = &ordeal.database {
        let secret = nodes[0].secret();
        nodes = nodes.into_iter().map(|node| node.on(url).sharing(&secret)).collect();
    }
    if ordeal.database.is_some() {
        let migrated = nodes[0].run(&["migrate"]).await;
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    }
    nodes[0].bootstrap("hello").await;
    let lines = (0..LINKS).map(|link| format!("l{link},https://example.com/{link}"));
    let csv: Vec<String> = std::iter::once("slug,destinationUrl".to_owned()).chain(lines).collect();
    let csv = csv.join("\n");
    let made = nodes[0].feed(&["call", "links_import", "--handle", "hello"], &csv).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut running = Vec::new();
    for workspace in nodes {
        let server = workspace.serve().await;
        running.push(Node { workspace, port: server.port, server: Mutex::new(Some(server)) });
    }
    running
}

/// Kills a node at random moments, and starts it again on the same folder and port; says how often.
async fn kill(ordeal: Ordeal, nodes: Arc<Vec<Node>>, next: Arc<AtomicU64>, done: Arc<AtomicBool>) -> u64 {
    let mut random = ordeal.seed | 1;
    let mut draw = |below: u64| {
        // Xorshift (Marsaglia 2003): any spread will do.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below.max(1)
    };
    let step = ordeal.visits / (ordeal.kills + 1).max(1);
    let mut killed = 0;
    for number in 0..ordeal.kills {
        let moment = number * step + step / 2 + draw(step);
        while next.load(Ordering::Relaxed) < moment && !done.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if let Some(outage) = ordeal.outage.as_ref().filter(|_| number % 4 == 1) {
            let gone = Command::new("sh").args(["-c", outage]).status().await.expect("a shell");
            assert!(gone.success(), "the outage failed");
        }
        let node = &nodes[usize::try_from(number).unwrap_or(0) % nodes.len()];
        let mut server = node.server.lock().await;
        server.take().expect("it runs").kill().await;
        *server = Some(node.workspace.serve_at(node.port).await);
        killed += 1;
    }
    killed
}

/// Waits until the node's journal holds nothing any more.
async fn drained(server: &Server) {
    for _ in 0..600 {
        let page = server.api("GET", "/metrics").send().await.expect("a reply").text().await.expect("text");
        if page.lines().any(|line| line == "click_journal_held 0") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("the journal was not drained within five minutes");
}
