//! The judgement of addresses and of everything that a link may write for one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::Ipv6Net;
use lp_adapters_web::{Guard, Policy, Refused, is_public};
use lp_core::WebUrl;
use proptest::prelude::*;
use url::{Host, Url};

/// Hosts that a parser turns into an address which is not public.
const CLOSED: &[&str] = &[
    // Loopback: plain, decimal, hexadecimal, octal, short, mixed, full-width, escaped, with a dot behind it.
    "127.0.0.1",
    "127.0.0.1.",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7F.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "0x7f.1",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.01",
    "00000177.0.0.1",
    "127.1",
    "127.0.1",
    "127.0x1",
    "127.00.00.01",
    "127.0.0.0x",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127．0．0．1",
    "１２７.0.0.1",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "%31%32%37%2e1",
    // This network.
    "0",
    "0.0.0.0",
    "0x0",
    "00",
    "0.1",
    "0.255.255.255",
    // Private.
    "10.0.0.1",
    "10.1",
    "167772161",
    "0xa000001",
    "012.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "2886729729",
    "192.168.0.1",
    "192.168.1",
    "0xc0a80001",
    "3232235521",
    "0300.0250.0.1",
    // Link-local and cloud metadata.
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "0xa9.254.0251.0xfe",
    "169.16689662",
    "①⑥⑨.②⑤④.①⑥⑨.②⑤④",
    "169.254.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    // Carrier-grade NAT, protocol assignments, documentation, benchmarks, relays.
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.9",
    "198.18.0.1",
    "198.19.255.255",
    "192.88.99.1",
    // Multicast, reserved, broadcast.
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "4294967295",
    "0xffffffff",
    // IPv6: unspecified, loopback, IPv4 in all its wrappings.
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:8.8.8.8]",
    "[::8.8.8.8]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b::10.0.0.1]",
    "[64:ff9b:1::8.8.8.8]",
    "[64:ff9b:0:1::808:808]",
    "[2002:7f00:1::]",
    "[2002:808:808::]",
    "[2001::1]",
    "[2001:0:7f00:1::]",
    "[2001:1::1]",
    "[2001:1ff:ffff::]",
    // IPv6: private, link-local, multicast, documentation, everything not handed out.
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fdff:ffff::1]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[ff0e::1]",
    "[100::1]",
    "[100:0:0:1::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[3fff:fff::1]",
    "[5f00::1]",
    "[4000::1]",
    "[1fff::1]",
    "[8000::1]",
    "[200::1]",
];

/// Hosts that no parser of web addresses takes.
const UNREADABLE: &[&str] = &[
    "0o177.0.0.1",
    "127.0.0.1.1",
    "256.0.0.1",
    "127.0.0.256",
    "4294967296",
    "0x100000000",
    "1.2.3.08",
    "[::1%25lo]",
    "[fe80::1%25eth0]",
    "[::ffff:127.0.0.256]",
    "[::1",
    "[1::2::3]",
    "[127.0.0.1]",
    "0x7f.0.0.1.0",
    "%00127.0.0.1",
    "127.0.0.1%23",
    "[::FFFF:0x7f00:1]",
];

const OPEN: &[&str] = &[
    "8.8.8.8",
    "134744072",
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.1",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "128.0.0.1",
    "126.255.255.255",
    "169.253.255.255",
    "169.255.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "191.255.255.255",
    "192.0.1.1",
    "192.0.3.1",
    "192.167.255.255",
    "192.169.0.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "[2606:4700:4700::1111]",
    "[2001:4860:4860::8888]",
    "[2001:200::1]",
    "[2003::1]",
    "[2a00::1]",
    "[3ffe::1]",
    "[2000::1]",
    "[3fff:1000::1]",
    "[64:ff9b::8.8.8.8]",
    "[2620:fe::fe]",
];

/// The address, read as a link's destination is read.
fn parsed(host: &str) -> Option<Url> {
    let url = WebUrl::parse(&format!("http://{host}/")).ok()?;
    Some(Url::parse(url.as_str()).expect("what is kept reads again"))
}

fn ip(url: &Url) -> IpAddr {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.into(),
        Some(Host::Ipv6(ip)) => ip.into(),
        other => panic!("{url} has the host {other:?}"),
    }
}

#[test]
fn no_spelling_of_a_closed_address_is_let_through() {
    let guard = Guard::new(Policy::default());
    for host in CLOSED {
        let url = parsed(host).unwrap_or_else(|| panic!("{host} does not read"));
        assert!(!is_public(ip(&url)), "{host} is {}", ip(&url));
        assert_eq!(guard.admit(&url), Err(Refused::Address), "{host}");
    }
}

#[test]
fn what_is_no_address_for_the_parser_is_no_destination() {
    for host in UNREADABLE {
        assert_eq!(parsed(host), None, "{host}");
    }
}

#[test]
fn neighbours_of_closed_networks_are_public() {
    let guard = Guard::new(Policy::default());
    for host in OPEN {
        let url = parsed(host).unwrap_or_else(|| panic!("{host} does not read"));
        assert!(is_public(ip(&url)), "{host}");
        assert_eq!(guard.admit(&url), Ok(()), "{host}");
    }
}

proptest! {
    #[test]
    fn a_nat64_address_has_the_verdict_of_the_address_in_it(bits: u32) {
        let inner = Ipv4Addr::from_bits(bits);
        let outer = Ipv6Addr::from_bits((0x0064_ff9b_u128 << 96) | u128::from(bits));
        prop_assert_eq!(is_public(outer.into()), is_public(inner.into()));
    }

    #[test]
    fn no_address_that_maps_or_embeds_ipv4_elsewhere_is_public(bits: u32) {
        let inner = Ipv4Addr::from_bits(bits);
        prop_assert!(!is_public(inner.to_ipv6_mapped().into()));
        prop_assert!(!is_public(inner.to_ipv6_compatible().into()));
        prop_assert!(!is_public(Ipv6Addr::from_bits((0x2002 << 112) | (u128::from(bits) << 80)).into()));
    }

    #[test]
    fn nothing_below_these_prefixes_is_public(rest: u128) {
        for net in [
            "::/8", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
            "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        ] {
            let net: Ipv6Net = net.parse().expect("a network");
            let ip = Ipv6Addr::from_bits(net.network().to_bits() | (rest & net.hostmask().to_bits()));
            prop_assert!(!is_public(ip.into()), "{ip}");
        }
    }

    #[test]
    fn a_public_ipv6_address_is_global_unicast_or_nat64(bits: u128) {
        let ip = Ipv6Addr::from_bits(bits);
        prop_assert!(!is_public(ip.into()) || bits >> 125 == 1 || bits >> 32 == 0x0064_ff9b << 64);
    }

    #[test]
    fn the_special_predicates_of_the_standard_library_agree(bits: u32) {
        let ip = Ipv4Addr::from_bits(bits);
        let special = ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_broadcast()
            || ip.is_documentation() || ip.is_multicast() || ip.is_unspecified();
        prop_assert!(!(special && is_public(ip.into())), "{ip}");
    }

    #[test]
    fn spelling_does_not_change_the_verdict(bits: u32) {
        let ip = Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = ip.octets();
        let (low, tail) = (bits & 0xff_ffff, bits & 0xffff);
        for host in [
            format!("{bits}"), format!("0x{bits:x}"), format!("0{bits:o}"), format!("{a}.{low}"), format!("{a}.{b}.{tail}"),
            format!("0x{a:x}.0{b:o}.{c}.{d}"), format!("{ip}."),
        ] {
            let url = parsed(&host).expect("a spelling");
            prop_assert_eq!(self::ip(&url), IpAddr::from(ip));
            let admitted = Guard::new(Policy::default()).admit(&url).is_ok();
            prop_assert_eq!(admitted, is_public(ip.into()));
        }
    }
}
