//! One throw-away cluster. A shell script guards its life, so that it ends with this process however that ends.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use super::account::{self, Account};

const GUARD: &str = include_str!("guard.sh");
/// How much of the server's log a failure shows.
const SHOWN: usize = 40;
/// A free port can be taken before the server has it.
const ATTEMPTS: usize = 3;
/// The path of a socket has at most some hundred bytes.
const LONGEST_BASE: usize = 50;

/// What was asked for.
#[derive(Clone, Default, clap::Args)]
pub(crate) struct Options {
    /// Write through to the disk, as in production: for tests that kill the server, and for measuring.
    #[arg(long)]
    pub(super) durable: bool,
    /// Listen on this port instead of a free one.
    #[arg(long, value_name = "N")]
    pub(super) port: Option<u16>,
    /// Keep the data in this folder, to go on with them the next time.
    #[arg(long, value_name = "DIR")]
    pub(super) keep: Option<PathBuf>,
}

/// A server that lets clients in. It stops, and its folder goes, when this is dropped.
pub(super) struct Cluster {
    pub(super) port: u16,
    /// Its log and its socket, and its data where they are not kept.
    pub(super) run: PathBuf,
    guard: Child,
    /// The guard's words.
    words: Option<BufReader<ChildStdout>>,
}

impl Cluster {
    /// Starts the programs of this folder and waits until they serve.
    pub(super) fn start(programs: &Path, options: &Options) -> Result<Self> {
        let account = account::for_server()?;
        let data = options.keep.as_deref().map(|folder| data_folder(folder, account)).transpose()?;
        for attempt in 1.. {
            let port = options.port.map_or_else(free_port, Ok)?;
            let mut cluster = Self::launch(programs, options, account, data.as_deref(), port)?;
            if cluster.hear()? == "ready" {
                return Ok(cluster);
            }
            let log = cluster.log();
            let taken = options.port.is_none() && log.contains("could not bind");
            if !taken || attempt == ATTEMPTS {
                bail!("the PostgreSQL server of {} did not start:\n{}", programs.display(), tail(&log));
            }
        }
        unreachable!("the loop has no other end")
    }

    fn launch(
        programs: &Path,
        options: &Options,
        account: Option<Account>,
        data: Option<&Path>,
        port: u16,
    ) -> Result<Self> {
        let run = run_folder(account)?;
        let own = run.join("server");
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(&run)
            .arg(data.unwrap_or(&own.join("data")))
            .arg(programs)
            .arg(account::words(account))
            .arg(if options.durable { "" } else { "--no-sync" })
            .arg(if data.is_some() { "INT" } else { "QUIT" })
            .args(settings(options.durable, port, &own))
            .env("HOME", &own)
            .env("LC_ALL", "C")
            .env_remove("PGDATA")
            // Away from the terminal's signals: it ends when its stdin does.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut guard = match guard {
            Ok(guard) => guard,
            Err(error) => {
                let _ = fs::remove_dir_all(&run);
                return Err(error).context("cannot run sh");
            }
        };
        let words = guard.stdout.take().map(BufReader::new);
        Ok(Self { port, run, guard, words })
    }

    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Where the guard says a word when the server ends; nothing before. It is given once.
    pub(super) fn words(&mut self) -> Option<BufReader<ChildStdout>> {
        self.words.take()
    }

    pub(super) fn has_ended(&self) -> bool {
        self.run.join("ended").exists()
    }

    /// The next word of the guard; waits for it.
    fn hear(&mut self) -> Result<String> {
        let mut line = String::new();
        if let Some(words) = &mut self.words {
            words.read_line(&mut line).context("cannot hear the server's guard")?;
        }
        Ok(line.trim_end().to_owned())
    }

    fn log(&self) -> String {
        let log = fs::read(self.run.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// The end of what the server has said.
    pub(super) fn last_words(&self) -> String {
        tail(&self.log())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
        // Only where the guard was killed, or had to kill itself, is anything left.
        if self.run.exists() {
            let _ = kill_process_group(Pid::from_child(&self.guard), Signal::KILL);
            let _ = fs::remove_dir_all(&self.run);
        }
    }
}

/// The arguments of the server besides its data folder.
pub(super) fn settings(durable: bool, port: u16, socket: &Path) -> Vec<String> {
    let mut settings = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        format!("unix_socket_directories={}", socket.display()),
        "max_connections=200".to_owned(),
    ];
    let writing: &[&str] = if durable {
        &["fsync=on", "synchronous_commit=on"]
    } else {
        &["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    };
    settings.extend(writing.iter().map(|&setting| setting.to_owned()));
    settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect()
}

/// A folder for one run, in which the server has one of its own. What the guard goes by is out of the server's reach.
fn run_folder(account: Option<Account>) -> Result<PathBuf> {
    let bases = [std::env::temp_dir(), PathBuf::from("/tmp")];
    let fits = |base: &&PathBuf| {
        base.as_os_str().len() <= LONGEST_BASE && (account.is_none() || account::open_to_all(base))
    };
    let base = bases.iter().find(fits).context("no folder for temporary files that the server can use")?;
    let run = tempfile::Builder::new()
        .prefix("link-platform-pg.")
        .tempdir_in(base)
        .with_context(|| format!("cannot make a folder in {}", base.display()))?;
    let own = run.path().join("server");
    fs::create_dir(&own)?;
    fs::set_permissions(&own, fs::Permissions::from_mode(0o700))?;
    if let Some(Account { uid, gid }) = account {
        fs::set_permissions(run.path(), fs::Permissions::from_mode(0o755))?;
        chown(&own, Some(uid), Some(gid))?;
    }
    Ok(run.keep())
}

/// The kept folder as the server wants it: its own, and reachable.
fn data_folder(folder: &Path, account: Option<Account>) -> Result<PathBuf> {
    let folder = std::path::absolute(folder)?;
    let shown = folder.display();
    // The folder itself is closed once it holds data.
    if account.is_some() && !folder.parent().is_none_or(account::will_be_open) {
        bail!("{shown} is closed to the user that runs the server: keep the data elsewhere");
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {shown}"))?;
    if let Some(Account { uid, gid }) = account
        && fs::read_dir(&folder)?.next().is_none()
    {
        chown(&folder, Some(uid), Some(gid))?;
    }
    Ok(folder)
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.trim_end().lines().collect();
    lines[lines.len().saturating_sub(SHOWN)..].join("\n")
}
