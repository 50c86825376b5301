//! What connections may cost, and for how long.

use std::time::Duration;

use ipnet::IpNet;

/// Handles that stay free for files, the database and outbound requests.
const RESERVE: usize = 256;
/// More connections than this are never taken by themselves: each costs memory here and in the kernel.
const MOST: usize = 100_000;
/// Where the system does not say how many handles there may be.
const ASSUMED: usize = 1_024;

/// The limits of one listener. Times are kept to within one `tick`.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Connections in all.
    pub(crate) connections: usize,
    /// Connections of one address, or of one /64 network of IPv6; `None` for any number.
    pub(crate) per_address: Option<usize>,
    /// Networks whose connections are not counted by address.
    pub(crate) exempt: Vec<IpNet>,
    /// From the connection, or the first byte of a further request, until its head is there. A TLS handshake is part of it.
    pub(crate) head: Duration,
    /// Between two requests.
    pub(crate) idle: Duration,
    /// How long a client may take nothing of an answer that is there for it.
    pub(crate) stall: Duration,
    /// How long a connection without a request may take to end once it is told to.
    pub(crate) farewell: Duration,
    /// How slowly a request's body may come.
    pub(crate) body: Pace,
    /// How often connections are looked at.
    pub(crate) tick: Duration,
    /// How long requests may take to end once the process is told to; it must be gone within ten seconds.
    pub(crate) drain: Duration,
}

/// A sender that is waited for brings so many bytes in so much time, or is given up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) window: Duration,
    pub(crate) bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: ASSUMED - RESERVE,
            per_address: Some(Self::PER_ADDRESS),
            exempt: Vec::new(),
            head: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            stall: Duration::from_secs(10),
            farewell: Duration::from_secs(2),
            body: Pace { window: Duration::from_secs(10), bytes: 10_000 },
            tick: Duration::from_secs(1),
            drain: Duration::from_secs(7),
        }
    }
}

impl Limits {
    /// A large office behind one address fits into it, mostly with connections that rest and may be closed for others.
    pub(crate) const PER_ADDRESS: usize = 256;

    /// How many connections `handles` are enough for.
    pub(crate) fn connections_for(handles: usize) -> usize {
        handles.saturating_sub(RESERVE).max(handles / 2).clamp(16, MOST)
    }
}

/// Lets the process have as many handles as it may; gives how many that is.
pub(crate) fn raise_handles() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let current = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    // Without a bound there are as many as anybody needs.
    current.map_or(usize::MAX, |handles| usize::try_from(handles).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_handles_are_for_connections_and_some_stay_free() {
        for (handles, connections) in
            [(20_000, 19_744), (1_024, 768), (300, 150), (10, 16), (usize::MAX, MOST)]
        {
            assert_eq!(Limits::connections_for(handles), connections, "{handles}");
        }
    }

    #[test]
    fn the_process_may_have_at_least_the_usual_number_of_handles() {
        assert!(raise_handles() >= 256);
    }
}
