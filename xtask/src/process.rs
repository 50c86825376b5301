//! A server as a process of its own, from the line that says where it listens until it is no longer needed.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How long a server may take to listen, be it below valgrind.
const PATIENCE: Duration = Duration::from_mins(2);

/// A server that listens. Dropping it tells it to end and waits for that.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    process: Process,
}

/// Ends with this, whatever became of it.
struct Process(Child);

impl Listening {
    /// Starts any server that says `listening on http://` and its address on a line of its own.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let child = command.stdout(Stdio::piped()).spawn().context("cannot start the server")?;
        let mut process = Process(child);
        let output = process.0.stdout.take().context("the server has no output")?;
        let (tell, told) = mpsc::channel();
        // It reads to the end, or the server would wait for it one day.
        thread::spawn(move || {
            let mut tell = Some(tell);
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(address) = line.strip_prefix("listening on http://")
                    && let Some(tell) = tell.take()
                {
                    tell.send(address.trim_end_matches('/').to_owned()).ok();
                }
            }
        });
        let address = match told.recv_timeout(PATIENCE) {
            Ok(address) => address,
            Err(RecvTimeoutError::Disconnected) => bail!("the server ended before it listened"),
            Err(RecvTimeoutError::Timeout) => bail!("the server does not listen"),
        };
        let address = address.parse().with_context(|| format!("{address} is no address"))?;
        Ok(Self { address, process })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// Whether it still runs.
    pub(crate) fn lives(&mut self) -> bool {
        matches!(self.process.0.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if kill_process(Pid::from_child(&self.0), Signal::TERM).is_err() {
            self.0.kill().ok();
        }
        self.0.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Listening> {
        Listening::start(Command::new("sh").args(["-c", script]))
    }

    #[test]
    fn a_server_is_there_once_it_says_where_and_gone_with_its_guard() {
        let script = "echo hello; echo listening on http://127.0.0.1:4711/; echo more; exec sleep 600";
        let mut server = shell(script).expect("it listens");
        assert_eq!(server.address, SocketAddr::from(([127, 0, 0, 1], 4711)));
        assert!(server.lives());
        let pid = i32::try_from(server.pid()).ok().and_then(Pid::from_raw).expect("a process");
        drop(server);
        assert!(rustix::process::test_kill_process(pid).is_err(), "it has ended and was waited for");
    }

    #[test]
    fn a_server_that_ends_before_it_listens_is_not_waited_for() {
        let said = shell("echo no; exit 1").err().expect("it ended").to_string();
        assert_eq!(said, "the server ended before it listened");
        let said = shell("echo listening on http://nowhere; exec sleep 600").err().expect("no address");
        assert_eq!(said.to_string(), "nowhere is no address");
    }
}
