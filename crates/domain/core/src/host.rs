//! Which surface a host name belongs to.

use std::net::{Ipv4Addr, Ipv6Addr};

/// What is served under a host name. Labels are as the visitor wrote them: case is not folded, handles not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'h> {
    /// REST, OAuth, the shared MCP paths, `/_edge`, documents.
    Api,
    /// The operator console.
    App,
    /// Sign-in and consent pages.
    Login,
    /// Public profiles.
    Profile,
    /// The MCP server of one handle.
    Mcp(&'h str),
    /// Private previews of one handle's deployments.
    Preview(&'h str),
    /// Public traffic of one handle.
    Handle(&'h str),
    /// Not a host of this installation.
    Elsewhere,
}

/// Whether a text is a host's name below which others can stand: lower-case labels with dots between them, and no address.
pub fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(known)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let address = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    text.len() <= 253 && text.split('.').all(label) && !address
}

/// Sorts a `Host` header (a port is ignored, as is case) by the public domain of the installation.
///
/// Pure and allocation-free: every request passes through here.
pub fn place<'h>(host: &'h str, domain: &str) -> Place<'h> {
    let name = without_port(host);
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.eq_ignore_ascii_case(domain) || is_address(name) {
        return Place::Api;
    }
    let Some(labels) = before_domain(name, domain) else { return Place::Elsewhere };
    match labels.rsplit_once('.') {
        Some((handle, suffix)) if suffix.eq_ignore_ascii_case("mcp") && one_label(handle) => {
            Place::Mcp(handle)
        }
        Some((first, second))
            if first.eq_ignore_ascii_case("login") && second.eq_ignore_ascii_case("connect") =>
        {
            Place::Login
        }
        Some(_) => Place::Elsewhere,
        None if labels.eq_ignore_ascii_case("ai") || labels.eq_ignore_ascii_case("api") => Place::Api,
        None if labels.eq_ignore_ascii_case("app") => Place::App,
        None if labels.eq_ignore_ascii_case("profile") => Place::Profile,
        None => preview_of(labels).map_or(Place::Handle(labels), Place::Preview),
    }
}

/// The labels in front of `.domain`, if the name is below the domain.
fn before_domain<'h>(name: &'h str, domain: &str) -> Option<&'h str> {
    let cut = name.len().checked_sub(domain.len() + 1)?;
    let (labels, rest) = (name.get(..cut)?, name.get(cut..)?);
    let below = rest.starts_with('.') && rest.get(1..)?.eq_ignore_ascii_case(domain);
    (below && !labels.is_empty()).then_some(labels)
}

fn preview_of(label: &str) -> Option<&str> {
    let cut = label.len().checked_sub("--preview".len())?;
    (label.get(cut..)?.eq_ignore_ascii_case("--preview") && cut > 0).then(|| &label[..cut])
}

fn one_label(text: &str) -> bool {
    !text.is_empty() && !text.contains('.')
}

fn without_port(host: &str) -> &str {
    // Of an address in brackets the last colon is one of its own, unless something stands behind the bracket.
    host.trim_end_matches(|letter: char| letter.is_ascii_digit()).strip_suffix(':').unwrap_or(host)
}

fn is_address(name: &str) -> bool {
    name.parse::<Ipv4Addr>().is_ok()
        || name
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok())
}
