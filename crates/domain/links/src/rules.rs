//! Rules that send some visitors elsewhere: what they may say. Who meets them is decided by `lp-personalization`.

use lp_core::text::{self, TextFault};
use lp_core::{Country, Device, WebUrl};
use thiserror::Error;

use crate::TooMany;

/// What a rule is called: 2 to 64 characters of `a-z`, `0-9`, `_` and `-`, the first a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(Box<str>);

/// A text that cannot be a rule's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a rule's id has 2 to 64 characters of a-z, 0-9, '_' and '-', and begins with a letter or digit")]
pub struct RuleIdFault;

/// In which order rules are looked at: lower numbers first, ties by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(i32);

/// The part of the visitors that a rule takes of those who meet it: 0 to 1.
#[derive(Debug, Clone, Copy)]
pub struct Allocation(f64);

/// A source, campaign or segment that a rule names: one line of 1 to 100 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term(Box<str>);

/// What is known of a visitor, as far as rules ask for it; in the order in which rules are explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    Source,
    Campaign,
    Country,
    Device,
    Segment,
}

/// Whom a rule is for. A list that is empty asks for nothing; of others a visitor must have one entry each. Case is
/// ignored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct When {
    sources: Vec<Term>,
    campaigns: Vec<Term>,
    countries: Vec<Country>,
    devices: Vec<Device>,
    segments: Vec<Term>,
}

/// A rule of a link: whom it is for, and where they go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutingRule {
    pub id: RuleId,
    /// A disabled rule is looked at as if it were not there.
    pub enabled: bool,
    pub priority: Priority,
    pub when: When,
    pub destination: WebUrl,
    pub allocation: Allocation,
}

/// The rules of a link, in the order given, which means nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoutingRules(Vec<RoutingRule>);

/// Why rules cannot stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RulesFault {
    #[error("a link carries at most {} rules", RoutingRules::MAX)]
    TooMany,
    #[error("the rules of a link name at most {} values together", RoutingRules::MOST_VALUES)]
    TooManyValues,
    /// Of the second one.
    #[error("another rule of the link has this id")]
    SameId { at: usize },
}

/// Whether a text is a key as rules and campaigns have them, of at least so many characters.
pub(crate) fn is_key(text: &str, least: usize) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (least..=64).contains(&text.len())
        && text.bytes().next().is_some_and(letter)
        && text.bytes().all(|byte| letter(byte) || matches!(byte, b'_' | b'-'))
}

impl RuleId {
    pub fn parse(text: &str) -> Result<Self, RuleIdFault> {
        if is_key(text, 2) { Ok(Self(text.into())) } else { Err(RuleIdFault) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Priority {
    pub const MAX: i32 = 1_000_000_000;
    pub const MIN: i32 = -Self::MAX;

    /// `None` beyond the bounds.
    pub fn of(number: i32) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&number).then_some(Self(number))
    }

    pub fn number(self) -> i32 {
        self.0
    }
}

/// What a rule has of which nothing is said.
impl Default for Priority {
    fn default() -> Self {
        Self(100)
    }
}

impl Allocation {
    /// `None` for what is no part of a whole.
    pub fn of(share: f64) -> Option<Self> {
        // Zero has two signs.
        (0.0..=1.0).contains(&share).then_some(Self(share + 0.0))
    }

    pub fn share(self) -> f64 {
        self.0
    }
}

/// Everybody.
impl Default for Allocation {
    fn default() -> Self {
        Self(1.0)
    }
}

impl PartialEq for Allocation {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Allocation {}

impl Term {
    pub const MAX: usize = 100;

    pub fn parse(text: &str) -> Result<Self, TextFault> {
        text::line(text, Self::MAX).map(|()| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Fact {
    pub const ALL: [Self; 5] = [Self::Source, Self::Campaign, Self::Country, Self::Device, Self::Segment];

    /// The name of the condition that asks for it.
    pub fn condition(self) -> &'static str {
        match self {
            Self::Source => "sourceIn",
            Self::Campaign => "campaignIn",
            Self::Country => "countryIn",
            Self::Device => "deviceIn",
            Self::Segment => "segmentIn",
        }
    }
}

impl When {
    /// A list names at most so many values: all countries fit.
    pub const MAX: usize = Country::COUNT;

    pub fn sources(self, values: impl IntoIterator<Item = Term>) -> Result<Self, TooMany> {
        Ok(Self { sources: few(values)?, ..self })
    }

    pub fn campaigns(self, values: impl IntoIterator<Item = Term>) -> Result<Self, TooMany> {
        Ok(Self { campaigns: few(values)?, ..self })
    }

    pub fn countries(self, values: impl IntoIterator<Item = Country>) -> Result<Self, TooMany> {
        Ok(Self { countries: few(values)?, ..self })
    }

    pub fn devices(self, values: impl IntoIterator<Item = Device>) -> Result<Self, TooMany> {
        Ok(Self { devices: few(values)?, ..self })
    }

    pub fn segments(self, values: impl IntoIterator<Item = Term>) -> Result<Self, TooMany> {
        Ok(Self { segments: few(values)?, ..self })
    }

    /// What a visitor has to have one of; nothing where that is not asked for.
    pub fn values(&self, fact: Fact) -> Vec<&str> {
        fn words(terms: &[Term]) -> Vec<&str> {
            terms.iter().map(Term::as_str).collect()
        }
        match fact {
            Fact::Source => words(&self.sources),
            Fact::Campaign => words(&self.campaigns),
            Fact::Country => self.countries.iter().map(Country::as_str).collect(),
            Fact::Device => self.devices.iter().map(|device| device.as_str()).collect(),
            Fact::Segment => words(&self.segments),
        }
    }

    /// How many values it names.
    pub fn value_count(&self) -> usize {
        self.sources.len()
            + self.campaigns.len()
            + self.countries.len()
            + self.devices.len()
            + self.segments.len()
    }
}

impl RoutingRules {
    pub const MAX: usize = 50;
    /// Of all rules together, so that a link cannot take megabytes of every node.
    pub const MOST_VALUES: usize = 2_000;

    /// Refuses what no link can carry, and every id that stands there already.
    pub fn of(rules: Vec<RoutingRule>) -> Result<Self, Vec<RulesFault>> {
        let mut faults = Vec::new();
        if rules.len() > Self::MAX {
            faults.push(RulesFault::TooMany);
        }
        if rules.iter().map(|rule| rule.when.value_count()).sum::<usize>() > Self::MOST_VALUES {
            faults.push(RulesFault::TooManyValues);
        }
        let again = |at: &usize| rules[..*at].iter().any(|other| other.id == rules[*at].id);
        faults.extend((0..rules.len().min(Self::MAX)).filter(again).map(|at| RulesFault::SameId { at }));
        if faults.is_empty() { Ok(Self(rules)) } else { Err(faults) }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &RoutingRule> {
        self.0.iter()
    }
}

/// Each value once.
fn few<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Result<Vec<T>, TooMany> {
    let mut kept = Vec::new();
    for value in values {
        if kept.len() > When::MAX {
            break;
        }
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    if kept.len() > When::MAX { Err(TooMany { max: When::MAX }) } else { Ok(kept) }
}
