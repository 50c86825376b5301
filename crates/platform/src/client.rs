//! Who really asks, where proxies stand in between.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::header::{HOST, HeaderName};
use http::uri::Authority;
use http::{Extensions, HeaderMap, Request};
use ipnet::IpNet;
#[cfg(feature = "edge")]
use lp_edge::Client;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The other end of the connection; the listener puts it into each request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Whom a request's extensions name as the other end, else the unspecified address.
pub(crate) fn peer_in(extensions: &Extensions) -> IpAddr {
    extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip())
}

/// The other end of a connection, and whether it is a proxy that is believed: that is the same for all its requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OtherEnd {
    address: IpAddr,
    trusted: bool,
}

/// The proxies whose `X-Forwarded-*` headers are believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustedProxies(pub(crate) Vec<IpNet>);

impl OtherEnd {
    /// The host that the client asked for: what a trusted proxy says, else what the request itself says.
    pub(crate) fn host_of<B>(self, request: &Request<B>) -> &str {
        let text = |name: &HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
        let forwarded = if self.trusted { text(&X_FORWARDED_HOST) } else { None };
        let authority = || request.uri().authority().map(Authority::as_str);
        forwarded.or_else(authority).or_else(|| text(&HOST)).unwrap_or("")
    }
}

impl TrustedProxies {
    pub(crate) fn other_end(&self, address: IpAddr) -> OtherEnd {
        let address = address.to_canonical();
        OtherEnd { address, trusted: self.trusts(address) }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }

    /// Who visits, and whether a trusted proxy says so.
    #[cfg(feature = "edge")]
    pub(crate) fn visitor(&self, end: OtherEnd, headers: &HeaderMap) -> Client {
        Client { address: self.client(end, headers), vouched: end.trusted }
    }

    /// The address of the client: the last one in `X-Forwarded-For` that no trusted proxy wrote down for another.
    pub(crate) fn client(&self, end: OtherEnd, headers: &HeaderMap) -> IpAddr {
        let mut client = end.address;
        if !end.trusted {
            return client;
        }
        let lines = headers.get_all(X_FORWARDED_FOR).iter().rev().filter_map(|value| value.to_str().ok());
        for line in lines {
            for hop in line.rsplit(',') {
                let Some(address) = address_of(hop.trim()) else { return client };
                client = address.to_canonical();
                if !self.trusts(client) {
                    return client;
                }
            }
        }
        client
    }

    /// Whether a request comes from the machine itself or a trusted network, and not through something that stands there
    /// for others: a proxy on the same machine that nobody named as trusted makes all the world look local.
    pub(crate) fn is_inside(&self, end: OtherEnd, client: IpAddr, headers: &HeaderMap) -> bool {
        let inside = |address: IpAddr| address.is_loopback() || self.trusts(address);
        let forwarded = ["x-forwarded-for", "forwarded", "x-real-ip", "via"]
            .iter()
            .any(|name| headers.contains_key(*name));
        inside(client) && inside(end.address) && (!forwarded || (end.trusted && client != end.address))
    }
}

/// What a proxy writes down of whoever asked it; some gateways write the port as well.
fn address_of(hop: &str) -> Option<IpAddr> {
    hop.parse().or_else(|_| hop.parse().map(|socket: SocketAddr| socket.ip())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies() -> TrustedProxies {
        TrustedProxies(vec!["10.0.0.0/8".parse().expect("a network")])
    }

    fn headers(forwarded: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if !forwarded.is_empty() {
            headers.insert("x-forwarded-for", forwarded.parse().expect("a header"));
        }
        headers
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_client_is_the_last_hop_that_nobody_trusted_wrote() {
        for (peer, forwarded, client) in [
            ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
            ("10.0.0.1", "203.0.113.7:51234", "203.0.113.7"),
            ("10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
            ("10.0.0.1", "192.0.2.1, 203.0.113.7, 10.0.0.9", "203.0.113.7"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"),
            ("203.0.113.9", "192.0.2.1", "203.0.113.9"),
        ] {
            let end = proxies().other_end(address(peer));
            assert_eq!(proxies().client(end, &headers(forwarded)), address(client), "{peer} {forwarded}");
        }
    }

    #[test]
    fn only_the_machine_and_trusted_networks_are_inside_and_only_for_themselves() {
        for (peer, forwarded, inside) in [
            ("127.0.0.1", "", true),
            ("10.0.0.1", "", true),
            ("127.0.0.1", "203.0.113.7", false),
            ("10.0.0.1", "203.0.113.7", false),
            ("10.0.0.1", "10.0.0.7", true),
            ("10.0.0.1", "nonsense", false),
            ("203.0.113.9", "", false),
        ] {
            let (end, headers) = (proxies().other_end(address(peer)), headers(forwarded));
            let client = proxies().client(end, &headers);
            assert_eq!(proxies().is_inside(end, client, &headers), inside, "{peer} {forwarded}");
        }
    }
}
