//! Which scopes apps can be given, and what they mean in words.

use lp_access::Need;
use lp_core::{Role, Scope, ScopePattern, Scopes};

use crate::tokens::texts;
use crate::{Catalogue, Operation};

/// What a scope lets an app do at worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Risk {
    /// Nothing but be there.
    Connect,
    /// See what most people would show.
    Read,
    /// See what is nobody else's business.
    Private,
    /// Change what visitors see, or what happens.
    Write,
}

/// What most assistants need, for the metadata of the MCP servers: clients ask for these where a challenge names none.
const BASE: &[Scope] = &[
    Scope::MCP_CONNECT,
    Scope::SKILLS_READ,
    Scope::LINKS_READ,
    Scope::LINKS_WRITE,
    Scope::ANALYTICS_READ,
    Scope::SYSTEM_USAGE_READ,
];

/// Every scope that some tool needs, and those of connecting and of listing tools.
pub fn offered_scopes(catalogue: &Catalogue) -> Vec<Scope> {
    reachable(catalogue, Role::Owner)
}

/// Of those, what most assistants need.
pub fn base_scopes(catalogue: &Catalogue) -> Vec<Scope> {
    offered_scopes(catalogue).into_iter().filter(|scope| BASE.contains(scope)).collect()
}

/// The scopes that a member with this role can use.
pub(super) fn reachable(catalogue: &Catalogue, role: Role) -> Vec<Scope> {
    let needs = |row: &Operation, wanted: Scope| matches!(row.need, Need::Member { role: least, scope } if row.tool && least <= role && scope == wanted);
    let connects = |scope| scope == Scope::MCP_CONNECT || scope == Scope::SKILLS_READ;
    let used = |scope: Scope| catalogue.operations().iter().any(|row| needs(row, scope));
    Scope::ALL.iter().copied().filter(|scope| connects(*scope) || used(*scope)).collect()
}

/// A list of scopes as it is kept.
pub(super) fn list(scopes: &[Scope]) -> Scopes {
    Scopes::of(scopes.iter().filter_map(|scope| ScopePattern::parse(scope.as_str()).ok()))
}

/// A list of scopes as OAuth writes it (RFC 6749, 3.3).
pub(super) fn text(scopes: &Scopes) -> String {
    texts(scopes).join(" ")
}

impl Risk {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::Read => "READ",
            Self::Private => "PRIVATE",
            Self::Write => "WRITE",
        }
    }
}

/// What the scope of this name means to whoever allows it, and what it lets an app do at worst: as
/// [`ScopeChoice`](super::ScopeChoice) says it. `None` where there is no such scope.
pub fn scope_in_words(name: &str) -> Option<(&'static str, &'static str)> {
    let scope = Scope::ALL.iter().find(|scope| scope.as_str() == name)?;
    let (title, risk) = words(*scope);
    Some((title, risk.as_str()))
}

/// What a scope means to whoever allows it. One that has no words of its own yet is told by its name, as the worst.
pub(super) fn words(scope: Scope) -> (&'static str, Risk) {
    match scope {
        Scope::MCP_CONNECT => ("Connect to the handle", Risk::Connect),
        Scope::SKILLS_READ => ("See which tools there are", Risk::Connect),
        Scope::LINKS_READ => ("See links, their history and where they lead", Risk::Read),
        Scope::LINKS_WRITE => ("Create, change and delete links", Risk::Write),
        Scope::PAGES_READ => ("See pages", Risk::Read),
        Scope::PAGES_WRITE => ("Create, change and delete pages", Risk::Write),
        Scope::SITE_DEPLOYMENTS_READ => ("See what is published on the site", Risk::Read),
        Scope::SITE_DEPLOYMENTS_WRITE => ("Publish on the site", Risk::Write),
        Scope::ANALYTICS_READ => ("See how often links are visited, and from where", Risk::Private),
        Scope::WEBHOOKS_READ => ("See which systems are told of changes", Risk::Private),
        Scope::WEBHOOKS_WRITE => ("Decide which systems are told of changes", Risk::Write),
        Scope::TRACKING_TEMPLATES_READ => ("See what is measured", Risk::Read),
        Scope::TRACKING_TEMPLATES_WRITE => ("Decide what is measured", Risk::Write),
        Scope::TRACKING_PERSONALIZATION_READ => ("See the rules by which visitors are led", Risk::Read),
        Scope::TRACKING_PERSONALIZATION_WRITE => ("Change the rules by which visitors are led", Risk::Write),
        Scope::ROUTING_CONTEXT_ORIGINS_READ => ("See which sites may ask about visitors", Risk::Read),
        Scope::ROUTING_CONTEXT_ORIGINS_WRITE => ("Decide which sites may ask about visitors", Risk::Write),
        Scope::SYSTEM_USAGE_READ => ("See how much of the plan is used", Risk::Private),
        Scope::SYSTEM_AUDIT_READ => ("See who changed what", Risk::Private),
        Scope::AGENT_STRATEGY_READ => ("See strategies", Risk::Private),
        other => (other.as_str(), Risk::Write),
    }
}
