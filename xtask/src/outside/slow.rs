//! Slow clients, many at once: how soon the server is rid of them, and whether others are served meanwhile.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};
use serde_json::Value;

use super::server::{HANDLE, Server, binary};
use super::{Options, emptied, must};

/// A connection that has nothing to say is gone by then.
const SHED_WITHIN: Duration = Duration::from_secs(15);
/// A few stragglers are those whose turn it is.
const LEFT_AT_MOST: usize = 20;
/// How many slow clients connect each second.
const PER_SECOND: u32 = 500;
/// How long the slow ones are watched.
const WATCHED: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Nobody else waits longer than this.
const OTHERS_WAIT_AT_MOST: Duration = Duration::from_secs(1);

const SLOW_BODY: &str = "slow body";

/// A way to be slow, as slowhttptest takes it.
const WAYS: [(&str, &[&str]); 3] = [
    ("slow headers", &["-H", "-t", "GET", "-i", "5", "-x", "24"]),
    (SLOW_BODY, &["-B", "-t", "POST", "-i", "5", "-x", "24", "-s", "8192", "-f", "text/csv"]),
    ("slow read", &["-X", "-t", "GET", "-w", "16", "-y", "64", "-n", "5", "-z", "16", "-k", "3"]),
];

/// What was seen of one way.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Most slow connections at one time.
    pub(super) most: usize,
    /// From the moment at which all had connected until nearly none was left; `None` where that did not happen.
    pub(super) shed: Option<Duration>,
    /// How long others waited, each.
    pub(super) waits: Vec<Duration>,
    /// Others who were not served.
    pub(super) failed: usize,
}

pub(super) fn run(options: &Options) -> Result<()> {
    installed()?;
    raise_open_files(u64::from(options.connections) * 2 + 1_000)?;
    let reports = emptied("slow")?;
    let binary = binary(options.binary.as_deref())?;
    let mut failed = Vec::new();
    println!(
        "{:<14} {:>6} {:>10} {:>8} {:>9} {:>9} {:>7}",
        "way", "most", "shed s", "others", "p50 ms", "max ms", "failed"
    );
    for (way, arguments) in WAYS {
        let quiet = [("LINK_PLATFORM_LOG", "warn")];
        let log = reports.join(format!("{}.server.log", way.replace(' ', "-")));
        // On both families, so that others come from another address than the slow ones.
        let mut server = Server::start(&binary, "[::]:0", &quiet, &log)?;
        let seen = watch(&server, way, arguments, options.connections)?;
        println!("{}", line(way, &seen));
        failed.extend(faults(&seen).into_iter().map(|fault| format!("{way}: {fault}")));
        if !server.lives() {
            failed.push(format!("{way}: the server has ended"));
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("; ")) }
}

/// Installs slowhttptest where this may be done, else says how.
fn installed() -> Result<()> {
    let there = Command::new("slowhttptest").arg("-h").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if there.is_ok() {
        return Ok(());
    }
    if !geteuid().is_root() {
        bail!("slowhttptest is not installed: apt-get install slowhttptest");
    }
    must(Command::new("apt-get").args(["install", "--yes", "--quiet", "slowhttptest"]))
}

/// Lets this process and its children have so many files open, as far as the system does.
fn raise_open_files(wanted: u64) -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.map_or(wanted, |most| most.min(wanted));
    if limit.current.is_some_and(|current| current < most) {
        let raised = Rlimit { current: Some(most), maximum: limit.maximum };
        setrlimit(Resource::Nofile, raised).context("cannot raise the limit of open files")?;
    }
    if most < wanted {
        bail!("{wanted} open files are needed and {most} allowed: raise `ulimit -n`");
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "durations are what is measured here")]
fn watch(server: &Server, way: &str, arguments: &[&str], connections: u32) -> Result<Seen> {
    let port = server.address.port();
    let others = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port);
    let path = if way == SLOW_BODY { import(server)? } else { "/v2/openapi.json".to_owned() };
    let (stop, stopped) = mpsc::channel();
    let poller = thread::spawn(move || poll(others, &stopped));
    let mut slow = start(arguments, &format!("http://127.0.0.1:{port}{path}"), connections)?;
    let begun = Instant::now();
    let ramp = Duration::from_secs(1) * connections / PER_SECOND;
    let (mut seen, mut all_there) = (Seen::default(), None);
    let (_never, never) = mpsc::channel::<()>();
    while begun.elapsed() < WATCHED {
        let _ = never.recv_timeout(LOOK_EVERY);
        let open = open_connections(port)?;
        seen.most = seen.most.max(open);
        if begun.elapsed() >= ramp {
            let all_there = *all_there.get_or_insert_with(Instant::now);
            if open <= LEFT_AT_MOST {
                seen.shed = Some(all_there.elapsed());
                break;
            }
        }
    }
    stop.send(()).ok();
    slow.kill().ok();
    slow.wait().ok();
    let (waits, failed) = poller.join().map_err(|_| anyhow::anyhow!("the poller has panicked"))?;
    Ok(Seen { waits, failed, ..seen })
}

fn start(arguments: &[&str], url: &str, connections: u32) -> Result<Child> {
    let (connections, rate) = (connections.to_string(), PER_SECOND.to_string());
    Command::new("slowhttptest")
        .args(arguments)
        .args(["-c", &connections, "-r", &rate, "-l", &WATCHED.as_secs().to_string(), "-u", url])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot run slowhttptest")
}

/// How many connections from 127.0.0.1 the server holds, as the system sees it.
fn open_connections(port: u16) -> Result<usize> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    let mut open = 0;
    for table in tables {
        open += held(&table.context("cannot see the system's connections")?, port);
    }
    Ok(open)
}

/// Of a table of the system: connections that stand, are at this port, and come from 127.0.0.1.
pub(super) fn held(table: &str, port: u16) -> usize {
    const ESTABLISHED: &str = "01";
    let local = format!(":{port:04X}");
    let stands = |line: &&str| {
        let mut fields = line.split_whitespace().skip(1);
        let (own, other, state) = (fields.next(), fields.next(), fields.next());
        let from_v4 =
            other.and_then(|other| other.split_once(':')).is_some_and(|(host, _)| host.ends_with("0100007F"));
        own.is_some_and(|own| own.ends_with(&local)) && from_v4 && state == Some(ESTABLISHED)
    };
    table.lines().filter(stands).count()
}

/// Asks as somebody else would, again and again; gives how long each answer took and how many there were none of.
#[expect(clippy::disallowed_methods, reason = "durations are what is measured here")]
fn poll(address: SocketAddr, stopped: &Receiver<()>) -> (Vec<Duration>, usize) {
    let (mut waits, mut failed) = (Vec::new(), 0);
    while matches!(stopped.recv_timeout(LOOK_EVERY), Err(RecvTimeoutError::Timeout)) {
        let asked = Instant::now();
        match ask(address) {
            Ok(()) => waits.push(asked.elapsed()),
            Err(_) => failed += 1,
        }
    }
    (waits, failed)
}

fn ask(address: SocketAddr) -> Result<()> {
    send(address, "GET /v2/system/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .map(|_| ())
}

/// The body of the reply, which must be a good one.
fn send(address: SocketAddr, request: &str) -> Result<String> {
    let patience = Duration::from_secs(5);
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(request.as_bytes())?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    let (head, body) = reply.split_once("\r\n\r\n").context("no whole reply")?;
    if head.starts_with("HTTP/1.1 200 ") { Ok(body.to_owned()) } else { bail!("another reply: {head}") }
}

/// Where a body is read from whoever comes: a signed address for an import, because slowhttptest sends no credentials.
fn import(server: &Server) -> Result<String> {
    let call =
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"links_import","arguments":{}}}"#;
    let head = format!(
        "POST /mcp/{HANDLE}/mcp HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         authorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
        server.token,
        call.len()
    );
    let local = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), server.address.port());
    let reply: Value = serde_json::from_str(&send(local, &(head + call))?).context("another reply")?;
    let url = reply.pointer("/result/structuredContent/url").and_then(Value::as_str);
    let url = url.with_context(|| format!("no address to send rows to: {reply}"))?;
    let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
    path.context("no path in the address")
}

/// What of it must not be.
pub(super) fn faults(seen: &Seen) -> Vec<String> {
    let mut faults = Vec::new();
    match seen.shed {
        Some(shed) if shed <= SHED_WITHIN => {}
        Some(shed) => faults.push(format!("the slow ones were held for {:.1} s", shed.as_secs_f64())),
        None => faults.push("the slow ones were never let go".to_owned()),
    }
    let longest = seen.waits.iter().max().copied().unwrap_or_default();
    if longest > OTHERS_WAIT_AT_MOST {
        faults.push(format!("somebody else waited for {:.1} s", longest.as_secs_f64()));
    }
    if seen.failed > 0 || seen.waits.is_empty() {
        faults.push(format!("{} others were not served", seen.failed));
    }
    faults
}

fn line(way: &str, seen: &Seen) -> String {
    let mut waits = seen.waits.clone();
    waits.sort_unstable();
    let ms = |wait: Option<&Duration>| wait.map_or(0.0, |wait| wait.as_secs_f64() * 1_000.0);
    let (middle, longest) = (ms(waits.get(waits.len() / 2)), ms(waits.last()));
    let shed = seen.shed.map_or("never".to_owned(), |shed| format!("{:.1}", shed.as_secs_f64()));
    let mut line = format!("{way:<14} {:>6} {shed:>10} {:>8} ", seen.most, waits.len());
    let _ = write!(line, "{middle:>9.1} {longest:>9.1} {:>7}", seen.failed);
    line
}
