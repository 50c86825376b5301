//! A PostgreSQL server for tests: one that runs already, or a throw-away cluster that ends with what uses it.

mod account;
mod cluster;
mod package;
mod servers;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::{fs, thread};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use self::cluster::Cluster;
pub(crate) use self::cluster::Options;

/// Names the server the tests use.
const URL: &str = "LINK_PLATFORM_TEST_DATABASE_URL";
/// What other programs call the same.
const COMMON_URL: &str = "DATABASE_URL";

/// A server to test against.
pub(crate) struct Server {
    url: String,
    /// `None` when it runs already.
    cluster: Option<Cluster>,
}

impl Server {
    /// The server that the environment names, or else a cluster of one's own.
    pub(crate) fn start(options: &Options) -> Result<Self> {
        let given = environment(URL).filter(|url| !url.is_empty());
        if let Some(url) = given {
            if options.durable || options.port.is_some() || options.keep.is_some() {
                bail!("{URL} names a server that runs already: unset it to start one with these options");
            }
            let url = url.into_string().ok().with_context(|| format!("{URL} is not UTF-8"))?;
            return Ok(Self { url, cluster: None });
        }
        let cluster = Cluster::start(&servers::obtain()?, options)?;
        Ok(Self { url: cluster.url(), cluster: Some(cluster) })
    }

    /// Tells a command where the server is.
    pub(crate) fn introduce(&self, command: &mut Command) {
        command.env(URL, &self.url).env(COMMON_URL, &self.url);
    }
}

/// Runs the command beside a server, or only the server until it is told to stop.
pub(crate) fn run(options: &Options, command: &[OsString]) -> Result<ExitCode> {
    let mut server = Server::start(options)?;
    match command.split_first() {
        Some((program, arguments)) => beside(&server, Command::new(program).args(arguments)),
        None => serve(&mut server),
    }
}

/// Whether there will be a server when the tests want one.
pub(crate) fn check() -> Result<()> {
    let server = Server::start(&Options::default())?;
    match server.cluster {
        Some(_) => println!("pg: a throw-away cluster starts"),
        None => println!("pg: {URL} names the server"),
    }
    Ok(())
}

/// Runs the command to its end, which it is asked to come to when this process is.
fn beside(server: &Server, command: &mut Command) -> Result<ExitCode> {
    let mut signals = Signals::new([SIGCHLD, SIGHUP, SIGINT, SIGTERM])?;
    server.introduce(command);
    let mut child =
        command.spawn().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    // A terminal has told the command already.
    let told = io::stdin().is_terminal();
    for signal in signals.forever() {
        match signal {
            SIGCHLD => {
                if let Some(status) = child.try_wait()? {
                    return Ok(code(status));
                }
            }
            SIGINT | SIGHUP if told => {}
            other => forward(&child, other),
        }
    }
    Ok(code(child.wait()?))
}

fn forward(child: &Child, signal: i32) {
    if let Some(signal) = Signal::from_named_raw(signal) {
        let _ = kill_process(Pid::from_child(child), signal);
    }
}

/// The command's own code, or the one a shell gives for the signal that ended it.
fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Serves until a signal or, where stdin is a pipe, its end.
fn serve(server: &mut Server) -> Result<ExitCode> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    if is_pipe() {
        let handle = signals.handle();
        thread::spawn(move || {
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            handle.close();
        });
    }
    if let Some(mut words) = server.cluster.as_mut().and_then(Cluster::words) {
        let handle = signals.handle();
        thread::spawn(move || {
            let _ = words.read(&mut [0]);
            handle.close();
        });
    }

    println!("{}", server.url);
    eprintln!("connect with: psql {}", server.url);
    eprintln!("test with:    {URL}={} cargo test", server.url);
    eprintln!("stop with:    Ctrl-C");
    let _ = signals.forever().next();
    match &server.cluster {
        Some(cluster) if cluster.has_ended() => bail!("the server has ended:\n{}", cluster.last_words()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Whether somebody may be at the other end of stdin. A terminal is not asked, because a job in the background may not read it.
fn is_pipe() -> bool {
    fs::metadata("/dev/stdin").is_ok_and(|stdin| stdin.file_type().is_fifo() || stdin.file_type().is_socket())
}

#[expect(clippy::disallowed_methods, reason = "a tool of the workspace has no other settings than these")]
fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
