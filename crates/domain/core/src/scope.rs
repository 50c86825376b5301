use std::fmt;

use thiserror::Error;

/// One thing a token may be allowed to do, by its documented name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(&'static str);

macro_rules! scopes {
    ($($name:ident = $text:literal),+ $(,)?) => {
        impl Scope {
            $(pub const $name: Self = Self($text);)+

            /// Every scope there is, in documented order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
        }
    };
}

scopes! {
    MCP_CONNECT = "mcp.connect",
    SKILLS_READ = "skills.read",
    LINKS_READ = "links.read",
    LINKS_WRITE = "links.write",
    PAGES_READ = "pages.read",
    PAGES_WRITE = "pages.write",
    SITE_DEPLOYMENTS_READ = "site.deployments.read",
    SITE_DEPLOYMENTS_WRITE = "site.deployments.write",
    ANALYTICS_READ = "analytics.read",
    WEBHOOKS_READ = "webhooks.read",
    WEBHOOKS_WRITE = "webhooks.write",
    TRACKING_TEMPLATES_READ = "tracking.templates.read",
    TRACKING_TEMPLATES_WRITE = "tracking.templates.write",
    TRACKING_PERSONALIZATION_READ = "tracking.personalization.read",
    TRACKING_PERSONALIZATION_WRITE = "tracking.personalization.write",
    ROUTING_CONTEXT_ORIGINS_READ = "routing.context_origins.read",
    ROUTING_CONTEXT_ORIGINS_WRITE = "routing.context_origins.write",
    SYSTEM_USAGE_READ = "system.usage.read",
    SYSTEM_AUDIT_READ = "system.audit.read",
    AGENT_STRATEGY_READ = "agent.strategy.read",
}

/// Other spellings found in the documentation, and what is stored for them.
const ALIASES: &[(&str, &str)] = &[
    ("personalization.*", "tracking.personalization.*"),
    ("personalization.read", "tracking.personalization.read"),
    ("personalization.write", "tracking.personalization.write"),
    ("usage.read", "system.usage.read"),
    ("audit.read", "system.audit.read"),
];

/// One entry of a token's scope list: a scope, a family (`links.*`) or everything (`*`), in canonical spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopePattern(Box<str>);

/// Why a text is not a scope pattern.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is not a scope, nor a family of scopes such as 'links.*', nor '*'")]
pub struct ScopeFault(pub String);

/// The scope list of a token or grant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes(Vec<ScopePattern>);

impl Scope {
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl ScopePattern {
    pub fn parse(text: &str) -> Result<Self, ScopeFault> {
        let canonical = ALIASES.iter().find(|(alias, _)| *alias == text).map_or(text, |(_, name)| name);
        let known = match canonical.strip_suffix('*') {
            Some("") => true,
            Some(family) => {
                family.ends_with('.') && Scope::ALL.iter().any(|scope| scope.0.starts_with(family))
            }
            None => Scope::ALL.iter().any(|scope| scope.0 == canonical),
        };
        if known { Ok(Self(canonical.into())) } else { Err(ScopeFault(text.to_owned())) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn covers(&self, scope: Scope) -> bool {
        match self.0.strip_suffix('*') {
            Some(family) => scope.0.starts_with(family),
            None => *self.0 == *scope.0,
        }
    }
}

impl Scopes {
    /// Everything, as the token of a first start has it.
    pub fn all() -> Self {
        Self(vec![ScopePattern("*".into())])
    }

    pub fn of(patterns: impl IntoIterator<Item = ScopePattern>) -> Self {
        let mut patterns: Vec<_> = patterns.into_iter().collect();
        patterns.sort();
        patterns.dedup();
        Self(patterns)
    }

    /// Reads a list of patterns; the first that is none is the fault.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, ScopeFault> {
        texts.into_iter().map(ScopePattern::parse).collect::<Result<Vec<_>, _>>().map(Self::of)
    }

    pub fn allow(&self, scope: Scope) -> bool {
        self.0.iter().any(|pattern| pattern.covers(scope))
    }

    pub fn patterns(&self) -> &[ScopePattern] {
        &self.0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
