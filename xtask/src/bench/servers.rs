use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::store::{Store, binary};
use crate::process::Listening;

/// The processor that servers run on; the load has the next one. On a machine with one they share it.
const SERVERS: &str = "0";
pub(super) const LOAD: &str = "1";

/// The platform and the floor, both running, and then the store, which goes last.
pub(super) struct Servers {
    pub(super) platform: Server,
    pub(super) floor: Server,
    pub(super) links: u64,
    _store: Store,
}

/// A server process; ended with this.
pub(super) struct Server {
    process: Listening,
    pub(super) address: SocketAddr,
}

/// Processor time since the start of a process, in microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cpu {
    /// Of the threads that answer.
    pub(super) answering: f64,
    /// Of those behind: clicks on their way from the journal into the store, and the store itself.
    pub(super) behind: f64,
    /// Of all of them, in user mode.
    pub(super) user: f64,
}

impl Servers {
    pub(super) fn start(store: Store) -> Result<Self> {
        Self::set_up(store, &[])
    }

    /// The platform with these settings beside the usual ones.
    pub(super) fn set_up(store: Store, settings: &[(&str, &str)]) -> Result<Self> {
        let platform = Server::set_up(store.path(), &[], settings)?;
        let floor = Server::run(&mut pinned(SERVERS, &binary("bench-floor")))?;
        Ok(Self { platform, floor, links: store.links, _store: store })
    }
}

impl Server {
    /// The platform on a data folder, below another program where one is named, with these settings beside the usual ones.
    pub(super) fn set_up(folder: &Path, below: &[&str], settings: &[(&str, &str)]) -> Result<Self> {
        let mut command = match below {
            [] => pinned(SERVERS, &binary("link-platform")),
            [program, arguments @ ..] => {
                let mut command = pinned(SERVERS, Path::new(program));
                command.args(arguments).arg(binary("link-platform"));
                command
            }
        };
        Self::run(serving(&mut command, folder).envs(settings.iter().copied()))
    }

    /// The same on all processors.
    pub(super) fn platform_unpinned(folder: &Path) -> Result<Self> {
        let mut command = Command::new(binary("link-platform"));
        Self::run(serving(&mut command, folder))
    }

    /// Any server that says where it listens.
    pub(super) fn run(command: &mut Command) -> Result<Self> {
        let process = Listening::start(command)?;
        Ok(Self { address: process.address, process })
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// From the scheduler, to the nanosecond, thread by thread.
    pub(super) fn cpu(&self) -> Result<Cpu> {
        let mut cpu = Cpu::default();
        for task in fs::read_dir(format!("/proc/{}/task", self.pid()))? {
            let task = task?.path();
            // Threads end while one looks.
            let Ok(stat) = fs::read_to_string(task.join("schedstat")) else { continue };
            let name = fs::read_to_string(task.join("comm")).unwrap_or_default();
            let nanos: f64 = stat.split(' ').next().unwrap_or_default().parse().unwrap_or(0.0);
            let behind =
                ["click-drain", "sqlx", "sqlite", "journal"].iter().any(|part| name.starts_with(part));
            *(if behind { &mut cpu.behind } else { &mut cpu.answering }) += nanos / 1_000.0;
        }
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid()))?;
        let ticks = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(11));
        // A hundredth of a second each, whatever the kernel ticks at.
        cpu.user = ticks.and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0) * 10_000.0;
        Ok(cpu)
    }

    /// Resident memory that is not backed by files, in bytes.
    pub(super) fn memory(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).context("RssAnon")?;
        let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes * 1_024.0)
    }

    /// Waits until the store has counted what came, so that the next round is not measured beside it.
    pub(super) fn settle(&self) -> Result<()> {
        for _ in 0..600 {
            let page = get(self.address, "/metrics")?;
            if page.lines().any(|line| line.trim() == "click_journal_held 0") {
                return Ok(());
            }
            pause();
        }
        bail!("clicks are still not counted after two minutes")
    }
}

impl std::ops::Sub for Cpu {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            answering: self.answering - before.answering,
            behind: self.behind - before.behind,
            user: self.user - before.user,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "another process is asked again and again")]
fn pause() {
    thread::sleep(Duration::from_millis(200));
}

fn serving<'c>(command: &'c mut Command, folder: &Path) -> &'c mut Command {
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("LINK_PLATFORM_DATA_DIR", folder)
        .env("LINK_PLATFORM_LOG", "warn")
        .env("LINK_PLATFORM_RATE_LIMITS", "false")
}

/// A program that keeps to one processor, where there are two and `taskset` is there.
pub(super) fn pinned(processor: &str, program: &Path) -> Command {
    let several = thread::available_parallelism().is_ok_and(|count| count.get() > 1);
    let taskset = Path::new("/usr/bin/taskset");
    if !several || !taskset.exists() {
        return Command::new(program);
    }
    let mut command = Command::new(taskset);
    command.args(["-c", processor]).arg(program);
    command
}

fn get(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut page = String::new();
    stream.read_to_string(&mut page)?;
    Ok(page)
}
