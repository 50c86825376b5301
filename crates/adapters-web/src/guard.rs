//! Who may be asked: the check that every outbound request passes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use url::{Host, Url};

use crate::address::is_public;
use crate::lookup::{Lookup, SystemLookup};

/// What the operator allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// Loopback and private addresses, local names and any port: for tests and closed networks.
    pub allow_private: bool,
}

/// Why a request is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    #[error("only http and https are spoken")]
    Scheme,
    #[error("the address carries a user name or password")]
    Credentials,
    #[error("the port belongs to another protocol")]
    Port,
    #[error("the name is local")]
    Name,
    #[error("an address of the host is not public")]
    Address,
    #[error("the name does not resolve")]
    Unresolved,
    #[error("the name took too long to resolve")]
    Slow,
}

/// Checks hosts and resolves names; a request goes only where it has said yes.
#[derive(Clone)]
pub struct Guard {
    /// Whether names and ports are judged as well.
    strict: bool,
    allowed: fn(IpAddr) -> bool,
    lookup: Arc<dyn Lookup>,
    budget: Duration,
}

/// Names of networks that nobody outside of them can mean.
const LOCAL: &[&str] = &["localhost", "internal", "local"];

/// How long a name may take.
const BUDGET: Duration = Duration::from_secs(5);

impl Guard {
    pub fn new(policy: Policy) -> Self {
        Self {
            strict: !policy.allow_private,
            allowed: if policy.allow_private { |_| true } else { is_public },
            lookup: Arc::new(SystemLookup),
            budget: BUDGET,
        }
    }

    /// The same guard with another judgement of addresses; a test lets one loopback address in and no other.
    #[must_use]
    pub fn with_addresses(self, allowed: fn(IpAddr) -> bool) -> Self {
        Self { allowed, ..self }
    }

    /// The same guard with another source of addresses and its time budget.
    #[must_use]
    pub fn with_lookup(self, lookup: Arc<dyn Lookup>, budget: Duration) -> Self {
        Self { lookup, budget, ..self }
    }

    /// Says everything about the address that can be said without asking for a name; sends nothing.
    ///
    /// An IP literal is judged here and only here: an HTTP client resolves names alone.
    pub fn admit(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        if self.strict && !url.port_or_known_default().is_some_and(is_web_port) {
            return Err(Refused::Port);
        }
        match url.host() {
            Some(Host::Ipv4(ip)) => self.judge(ip.into()),
            Some(Host::Ipv6(ip)) => self.judge(ip.into()),
            Some(Host::Domain(name)) => self.admit_name(name),
            None => Err(Refused::Name),
        }
    }

    /// All addresses of the name, each of them allowed; one that is not condemns the name.
    pub async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, Refused> {
        self.admit_name(name)?;
        let found = tokio::time::timeout(self.budget, self.lookup.lookup(name))
            .await
            .map_err(|_| Refused::Slow)?
            .map_err(|_| Refused::Unresolved)?;
        if found.is_empty() {
            return Err(Refused::Unresolved);
        }
        found.iter().try_for_each(|ip| self.judge(*ip))?;
        Ok(found)
    }

    /// Where a connection for this address may go; resolves at most once.
    pub async fn vet(&self, url: &Url) -> Result<Vec<SocketAddr>, Refused> {
        self.admit(url)?;
        let port = url.port_or_known_default().ok_or(Refused::Port)?;
        let addresses = match url.host() {
            Some(Host::Ipv4(ip)) => vec![ip.into()],
            Some(Host::Ipv6(ip)) => vec![ip.into()],
            Some(Host::Domain(name)) => self.resolve(name).await?,
            None => return Err(Refused::Name),
        };
        Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    fn admit_name(&self, name: &str) -> Result<(), Refused> {
        // The parser has made literals of everything that reads as an address; this holds if it ever misses one.
        if let Some(ip) = literal(name) {
            return self.judge(ip);
        }
        if self.strict && is_local(name) { Err(Refused::Name) } else { Ok(()) }
    }

    fn judge(&self, ip: IpAddr) -> Result<(), Refused> {
        if (self.allowed)(ip) { Ok(()) } else { Err(Refused::Address) }
    }
}

fn literal(name: &str) -> Option<IpAddr> {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<Ipv4Addr>().map(IpAddr::V4).or_else(|_| bare.parse::<Ipv6Addr>().map(IpAddr::V6)).ok()
}

/// Single labels and trailing dots are included: both escape or use the machine's own search list.
fn is_local(name: &str) -> bool {
    name.rsplit_once('.')
        .is_none_or(|(_, last)| last.is_empty() || LOCAL.iter().any(|local| last.eq_ignore_ascii_case(local)))
}

/// The ports of the web and those that no system service owns; `HEAD / HTTP/1.1` is no greeting for a mail server.
fn is_web_port(port: u16) -> bool {
    matches!(port, 80 | 443) || port >= 1_024
}
