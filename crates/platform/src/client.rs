//! Who really asks, where proxies stand in between.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;

/// The other end of the connection; the listener puts it into each request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The proxies whose `X-Forwarded-*` headers are believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustedProxies(pub(crate) Vec<IpNet>);

impl TrustedProxies {
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }

    /// The address of the client: the last one in `X-Forwarded-For` that no trusted proxy wrote down for another.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = forwarded.flat_map(|line| line.split(',')).map(str::trim).collect();
        for hop in hops.iter().rev() {
            if !self.trusts(client) {
                break;
            }
            match hop.parse::<IpAddr>() {
                Ok(address) => client = address.to_canonical(),
                Err(_) => break,
            }
        }
        client
    }

    /// The host that the client asked for: what a trusted proxy says, else the header of the request itself.
    pub(crate) fn host<'h>(
        &self,
        peer: IpAddr,
        headers: &'h HeaderMap,
        authority: Option<&'h str>,
    ) -> &'h str {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let forwarded = if self.0.is_empty() || !self.trusts(peer) { None } else { text("x-forwarded-host") };
        forwarded.or(authority).or_else(|| text("host")).unwrap_or("")
    }
}
