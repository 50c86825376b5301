use std::fmt;

use lp_core::text::{self, TextFault};
use lp_core::{Timestamp, WebUrl};
use thiserror::Error;

use crate::{Description, RoutingRules, Title};

/// What an owner decides about a link beside its own destination: when it leads anywhere, whom it leads elsewhere, and
/// what its visitors are told to be. Most links have none of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Controls {
    pub schedule: Schedule,
    /// Where visitors go once the link has ended.
    pub fallback: Option<WebUrl>,
    /// What its visitors belong to who name no campaign of their own.
    pub campaign: Option<CampaignId>,
    pub tracking: Tracking,
    pub rules: RoutingRules,
    /// How many visits it is for.
    pub limit: Option<ClickLimit>,
    /// What visitors have to say before they are sent anywhere.
    pub password: Option<LinkPassword>,
    pub social: SocialPreview,
    /// Whether destinations are given a context token; `None`: as the handle has it.
    pub append_context: Option<bool>,
}

/// How often a link may be visited: 1 to 1,000,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClickLimit(u32);

/// The hash of a link's password, as a PHC string. What was said is never kept.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkPassword(Box<str>);

/// A text that is no hash of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is no PHC string")]
pub struct NoPasswordHash;

/// What programs are shown that draw a card of the link, where it is posted: of what is absent they find out themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SocialPreview {
    pub title: Option<Title>,
    pub description: Option<Description>,
    pub image: Option<WebUrl>,
}

/// When a link leads anywhere: from its start, and before its end and its expiry. What is absent does not bound it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Schedule {
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    /// As the end; an owner may want to say both.
    pub expiry: Option<Timestamp>,
}

/// A schedule that ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is not after scheduledStartAt, so the link would never lead anywhere")]
pub struct NeverOpen {
    /// Whether it is the expiry that comes too early, and not the end.
    pub by_expiry: bool,
}

/// A campaign: 3 to 64 characters of `a-z`, `0-9`, `_` and `-`, the first a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignId(Box<str>);

/// A text that cannot be a campaign's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a campaign has 3 to 64 characters of a-z, 0-9, '_' and '-', and begins with a letter or digit")]
pub struct CampaignIdFault;

/// What a link says of itself to whoever measures at its destinations, in the parameters that most understand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tracking {
    values: [Option<TrackingValue>; Utm::ALL.len()],
}

/// The parameters, in the order they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Utm {
    Source,
    Medium,
    Campaign,
    Term,
    Content,
}

/// One line of 1 to 100 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingValue(Box<str>);

impl Schedule {
    /// Refuses what would never be open. Instants of the past are as good as others.
    pub fn check(self) -> Result<(), NeverOpen> {
        let Some(start) = self.start else { return Ok(()) };
        if self.end.is_some_and(|end| end <= start) {
            return Err(NeverOpen { by_expiry: false });
        }
        if self.expiry.is_some_and(|expiry| expiry <= start) {
            return Err(NeverOpen { by_expiry: true });
        }
        Ok(())
    }
}

impl ClickLimit {
    pub const MAX: u32 = 1_000_000_000;

    /// `None` for zero and above the bound.
    pub fn of(number: u32) -> Option<Self> {
        (1..=Self::MAX).contains(&number).then_some(Self(number))
    }

    pub fn number(self) -> u32 {
        self.0
    }
}

impl LinkPassword {
    /// What a visitor may be asked for, in characters.
    pub const MAX: usize = 128;

    /// Takes the PHC string that hashing gave.
    pub fn stored(phc: &str) -> Result<Self, NoPasswordHash> {
        let fits =
            phc.starts_with('$') && phc.len() <= 512 && phc.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(phc.into())) } else { Err(NoPasswordHash) }
    }

    pub fn phc(&self) -> &str {
        &self.0
    }
}

/// A hash can be tried out against guesses, so it stands in no log.
impl fmt::Debug for LinkPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkPassword")
    }
}

impl CampaignId {
    pub fn parse(text: &str) -> Result<Self, CampaignIdFault> {
        if crate::is_key(text, 3) { Ok(Self(text.into())) } else { Err(CampaignIdFault) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Tracking {
    /// Says this of itself.
    #[must_use]
    pub fn with(mut self, utm: Utm, value: TrackingValue) -> Self {
        if let Some(place) = self.values.get_mut(utm as usize) {
            *place = Some(value);
        }
        self
    }

    pub fn get(&self, utm: Utm) -> Option<&str> {
        self.values.get(utm as usize)?.as_ref().map(TrackingValue::as_str)
    }

    /// What is said, each with the name of its parameter.
    pub fn iter(&self) -> impl Iterator<Item = (Utm, &str)> {
        Utm::ALL.into_iter().filter_map(|utm| Some((utm, self.get(utm)?)))
    }
}

impl Utm {
    pub const ALL: [Self; 5] = [Self::Source, Self::Medium, Self::Campaign, Self::Term, Self::Content];

    /// The name of the parameter.
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Source => "utm_source",
            Self::Medium => "utm_medium",
            Self::Campaign => "utm_campaign",
            Self::Term => "utm_term",
            Self::Content => "utm_content",
        }
    }
}

impl TrackingValue {
    pub const MAX: usize = 100;

    pub fn parse(text: &str) -> Result<Self, TextFault> {
        text::line(text, Self::MAX).map(|()| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
