use std::fmt;

/// What a member of a handle may do there; a greater role may all that a lesser one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Links, campaigns, analytics, pages, deployments.
    Creator,
    /// Also webhooks, tokens, function bindings, approvals.
    Operator,
    /// Also collaborators, ownership, site mode, domains.
    Owner,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creator => "CREATOR",
            Self::Operator => "OPERATOR",
            Self::Owner => "OWNER",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Creator, Self::Operator, Self::Owner].into_iter().find(|role| role.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
