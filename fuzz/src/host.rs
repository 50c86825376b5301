//! Which surface a host name belongs to.

use lp_core::{Place, place};

const DOMAINS: [&str; 3] = ["localhost", "links.example", "a.b.example"];

pub fn check(data: &[u8]) {
    let Ok(host) = str::from_utf8(data) else { return };
    for domain in DOMAINS {
        judge(host, domain);
    }
}

/// Neither case, nor a port, nor the dot of the root changes the place; a label is one label of the host that was asked.
fn judge(host: &str, domain: &str) {
    let found = place(host, domain);
    assert_eq!(folded(place(&host.to_ascii_uppercase(), domain)), folded(found));
    if !host.contains(':') {
        assert_eq!(place(&format!("{host}:8080"), domain), found);
        if !host.ends_with('.') {
            assert_eq!(place(&format!("{host}."), domain), found);
        }
    }
    let name = name(host);
    let below = name.strip_suffix(domain).and_then(|labels| labels.strip_suffix('.'));
    match found {
        Place::Handle(label) | Place::Mcp(label) | Place::Preview(label) => {
            assert!(!label.is_empty() && !label.contains('.') && host.starts_with(label));
            assert!(below.is_some_and(|labels| labels.starts_with(&label.to_ascii_lowercase())));
        }
        Place::Api => {
            assert!(name == domain || is_address(&name) || matches!(below, Some("ai" | "api")), "{host}")
        }
        Place::App => assert_eq!(below, Some("app")),
        Place::Profile => assert_eq!(below, Some("profile")),
        Place::Login => assert_eq!(below, Some("login.connect")),
        Place::Elsewhere => assert!(name != domain && !is_address(&name), "{host}"),
    }
}

/// The host in lower case without its port, as RFC 9110 and 3986 write it: nothing but a port may follow.
fn name(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn is_address(name: &str) -> bool {
    let v6 = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    name.parse::<std::net::Ipv4Addr>().is_ok()
        || v6.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
}

fn folded(place: Place<'_>) -> (u8, String) {
    let (kind, label) = match place {
        Place::Api => (0, ""),
        Place::App => (1, ""),
        Place::Login => (2, ""),
        Place::Profile => (3, ""),
        Place::Mcp(label) => (4, label),
        Place::Preview(label) => (5, label),
        Place::Handle(label) => (6, label),
        Place::Elsewhere => (7, ""),
    };
    (kind, label.to_ascii_lowercase())
}
