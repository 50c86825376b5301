use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::load::{Kind, send};
use super::servers::{Server, pinned};
use super::store::{Store, binary};

/// A redirect may take so many times the user instructions of bare hyper.
const BOUND: f64 = 2.0;
const LINKS: u64 = 1_000;
const WARM: u64 = 3_000;
const VISITS: u64 = 10_000;

/// Whether valgrind is on this machine.
pub(crate) fn is_possible() -> bool {
    let found = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// Fails where a redirect takes more instructions than it may.
pub(crate) fn gate() -> Result<()> {
    super::build()?;
    let (floor, platform) = count()?;
    let ratio = platform / floor;
    println!(
        "instructions a redirect: bare hyper {floor:.0}, Link Platform {platform:.0}, ratio {ratio:.2} (bound {BOUND})"
    );
    ensure!(
        ratio <= BOUND,
        "a redirect takes {ratio:.2} times the instructions of bare hyper; the bound is {BOUND}"
    );
    Ok(())
}

pub(super) fn table() -> Result<String> {
    let (floor, platform) = count()?;
    Ok(format!(
        "User instructions a redirect (callgrind, the thread that answers, click recorded, {LINKS} links):\n\n\
         | bare hyper | Link Platform | ratio |\n|---|---|---|\n| {floor:.0} | {platform:.0} | {:.2} |\n",
        platform / floor
    ))
}

/// Of the floor and of the platform.
fn count() -> Result<(f64, f64)> {
    ensure!(is_possible(), "valgrind is not installed");
    let store = Store::filled(LINKS)?;
    Ok((of_floor(0)?, of_platform(&store, &[], 0)?))
}

/// Of the floor; visitors come from so many addresses, as a proxy tells it, where that is not 0.
pub(super) fn of_floor(addresses: u64) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("floor");
    let mut command = pinned("0", Path::new("valgrind"));
    command.args(valgrind(&out)).arg(binary("bench-floor")).stderr(Stdio::null());
    instructions(&Server::run(&mut command)?, folder.path(), "floor", addresses, LINKS, false)
}

/// Of the platform with these settings.
pub(super) fn of_platform(store: &Store, settings: &[(&str, &str)], addresses: u64) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("platform");
    let below: Vec<String> = std::iter::once("valgrind".to_owned()).chain(valgrind(&out)).collect();
    let below: Vec<&str> = below.iter().map(String::as_str).collect();
    let server = Server::set_up(store.path(), &below, settings)?;
    instructions(&server, folder.path(), "platform", addresses, store.links, true)
}

/// The threads are told apart: what counts clicks into the store is not part of the answer.
fn valgrind(out: &Path) -> Vec<String> {
    vec![
        "--tool=callgrind".to_owned(),
        "--separate-threads=yes".to_owned(),
        format!("--callgrind-out-file={}", out.display()),
    ]
}

/// Those of the thread that spent the most on the visits. It is the only one that answers: the server is bound to one
/// processor.
#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
fn instructions(
    server: &Server,
    folder: &Path,
    name: &str,
    addresses: u64,
    links: u64,
    settles: bool,
) -> Result<f64> {
    let visits = |count| if addresses > 0 { Kind::CountFrom(count, addresses) } else { Kind::Count(count) };
    send(server.address, links, Duration::ZERO, &visits(WARM.max(links)))?;
    if settles {
        server.settle()?;
    }
    control(server, "--zero")?;
    send(server.address, links, Duration::ZERO, &visits(VISITS))?;
    control(server, "--dump")?;
    let answering = format!("{name}.1-02");
    let dump = fs::read_to_string(folder.join(&answering)).with_context(|| format!("no dump {answering}"))?;
    let total =
        dump.lines().find_map(|line| line.strip_prefix("totals: ")).context("a dump without totals")?;
    Ok(total.trim().parse::<f64>()? / VISITS as f64)
}

fn control(server: &Server, what: &str) -> Result<()> {
    let done = Command::new("callgrind_control")
        .args([what, &server.pid().to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("cannot run callgrind_control")?;
    ensure!(done.success(), "callgrind_control {what} failed");
    Ok(())
}
