//! What accounts are on, and what that lets them do and how often.

use lp_core::{Day, TimeZone, Timestamp};
use thiserror::Error;

/// What an account has, a greater one more than a lesser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plan {
    Free,
    Pro,
    Enterprise,
}

/// Something that not every account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Personal access tokens, and hosted skills.
    GrowthTools,
    /// Links and counts as files.
    Exports,
    CreatorPages,
    /// Pages that visitors pay for.
    PaidPages,
    /// Every account has it, whatever its plan, unless it was taken from it.
    OpenAnalyst,
}

/// On what terms an account is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// `None`: that with which the installation starts accounts, whatever it is by then. So are those that were there
    /// before there were plans.
    pub plan: Option<Plan>,
    /// Where its days begin.
    pub time_zone: TimeZone,
    /// Whether it has [`Feature::OpenAnalyst`].
    pub openanalyst: bool,
}

/// What is set of terms; `None` keeps what is there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TermsChange {
    pub plan: Option<Plan>,
    pub time_zone: Option<TimeZone>,
    pub openanalyst: Option<bool>,
}

/// How much an account wrote on the last day on which it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteDay {
    pub day: Day,
    pub writes: u32,
}

/// An account's terms, and what it has used of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subscription {
    pub terms: Terms,
    /// `None`: it never wrote.
    pub written: Option<WriteDay>,
}

/// What an installation decides about plans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanRules {
    /// With what accounts start.
    pub start: Plan,
    /// How often an account on the greatest plan may write a day; `None`: as often as it likes.
    pub enterprise_writes: Option<u32>,
}

/// How an account stands with its writes of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteUse {
    pub plan: Plan,
    /// So many a day; `None`: as often as it likes.
    pub most: Option<u32>,
    /// The day, and what was written on it so far.
    pub today: WriteDay,
    /// When the next day begins.
    pub ends_at: Timestamp,
}

/// The plan behind a call lacks what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{}", .required.map_or_else(
    || format!("the account may not use '{}'", .feature.as_str()),
    |plan| format!("'{}' needs the plan {} or a greater one", .feature.as_str(), plan.as_str()),
))]
pub struct Locked {
    pub feature: Feature,
    /// The least plan that has it; `None` where none makes a difference.
    pub required: Option<Plan>,
}

impl Plan {
    pub const ALL: &'static [Self] = &[Self::Free, Self::Pro, Self::Enterprise];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "FREE",
            Self::Pro => "PRO",
            Self::Enterprise => "ENTERPRISE",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|plan| plan.as_str() == text)
    }
}

impl Feature {
    pub const ALL: &'static [Self] =
        &[Self::GrowthTools, Self::Exports, Self::CreatorPages, Self::PaidPages, Self::OpenAnalyst];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::GrowthTools => "growth_tools",
            Self::Exports => "exports",
            Self::CreatorPages => "creator_pages",
            Self::PaidPages => "paid_pages",
            Self::OpenAnalyst => "openanalyst",
        }
    }

    /// The least plan that has it; `None` where it does not depend on the plan.
    pub fn plan(self) -> Option<Plan> {
        match self {
            Self::GrowthTools | Self::Exports | Self::CreatorPages => Some(Plan::Pro),
            Self::PaidPages => Some(Plan::Enterprise),
            Self::OpenAnalyst => None,
        }
    }
}

impl PlanRules {
    /// What the greatest plan is documented to allow: for whoever wants a quota on it, too.
    pub const ENTERPRISE_WRITES: u32 = 500;

    /// The plan that an account is on.
    pub fn plan(&self, terms: &Terms) -> Plan {
        terms.plan.unwrap_or(self.start)
    }

    /// The terms with which an account begins.
    pub fn begin(&self) -> Terms {
        Terms { plan: Some(self.start), ..Terms::default() }
    }

    /// How often an account on this plan may write a day; `None`: as often as it likes.
    pub fn writes_per_day(&self, plan: Plan) -> Option<u32> {
        match plan {
            Plan::Free => Some(2),
            Plan::Pro => Some(10),
            Plan::Enterprise => self.enterprise_writes,
        }
    }

    /// Whether these terms have a feature.
    pub fn unlocked(&self, terms: &Terms, feature: Feature) -> Result<(), Locked> {
        let has = match feature.plan() {
            Some(least) => self.plan(terms) >= least,
            None => terms.openanalyst,
        };
        if has { Ok(()) } else { Err(Locked { feature, required: feature.plan() }) }
    }

    /// All that these terms have.
    pub fn features(&self, terms: &Terms) -> Vec<Feature> {
        Feature::ALL.iter().copied().filter(|feature| self.unlocked(terms, *feature).is_ok()).collect()
    }

    /// How an account stands with its writes at this instant.
    pub fn write_use(&self, subscription: &Subscription, at: Timestamp) -> WriteUse {
        let Subscription { terms, written } = subscription;
        let plan = self.plan(terms);
        let today = WriteDay::counted_on(*written, terms.time_zone.day(at));
        let ends_at = terms.time_zone.end_of(today.day, at);
        WriteUse { plan, most: self.writes_per_day(plan), today, ends_at }
    }
}

impl WriteDay {
    /// The day against which a write counts, and what was written on it before. Days only go on: who moves to a zone where
    /// it is still yesterday, or asks a node whose clock is behind, goes on with the later day, so that none has its writes
    /// twice.
    #[must_use]
    pub fn counted_on(written: Option<Self>, today: Day) -> Self {
        written.filter(|written| written.day >= today).unwrap_or(Self { day: today, writes: 0 })
    }

    /// Whether there is room for one more.
    pub fn has_room(self, most: Option<u32>) -> bool {
        most.is_none_or(|most| self.writes < most)
    }

    /// With one more.
    #[must_use]
    pub fn and_one(self) -> Self {
        Self { writes: self.writes.saturating_add(1), ..self }
    }
}

impl WriteUse {
    /// Whether the account may write once more today.
    pub fn has_room(&self) -> bool {
        self.today.has_room(self.most)
    }
}

/// No plan of its own, in UTC, with all that every account has.
impl Default for Terms {
    fn default() -> Self {
        Self { plan: None, time_zone: TimeZone::UTC, openanalyst: true }
    }
}

impl Terms {
    /// The same but for what is set.
    #[must_use]
    pub fn with(self, set: TermsChange) -> Self {
        Self {
            plan: set.plan.or(self.plan),
            time_zone: set.time_zone.unwrap_or(self.time_zone),
            openanalyst: set.openanalyst.unwrap_or(self.openanalyst),
        }
    }
}

impl TermsChange {
    /// Whether anything is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The greatest plan, without a quota: who runs an installation for themselves is held back by nothing.
impl Default for PlanRules {
    fn default() -> Self {
        Self { start: Plan::Enterprise, enterprise_writes: None }
    }
}
