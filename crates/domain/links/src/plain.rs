//! Controls as plain values, for stores: whatever a store writes them as, it reads these back, and they are checked
//! again.

use lp_core::{Country, Device, Timestamp, WebUrl};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    Allocation, CampaignId, ClickLimit, Controls, Description, Fact, LinkPassword, Priority, RoutingRule,
    RoutingRules, RuleId, Schedule, SocialPreview, Term, Title, Tracking, TrackingValue, Utm, When,
};

/// [`Controls`] laid open. What is absent is left out, so that a later field does not touch what is stored; one that is
/// unknown is refused, because leaving it out would change the link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct PlainControls {
    /// Instants in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<String>,
    /// In the order of [`Utm::ALL`].
    #[serde(skip_serializing_if = "nothing")]
    tracking: [Option<String>; Utm::ALL.len()],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<PlainRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    social: Option<PlainSocial>,
    #[serde(skip_serializing_if = "Option::is_none")]
    append_context: Option<bool>,
}

/// [`When`] laid open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct PlainWhen {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    campaigns: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    countries: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    devices: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    segments: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainSocial {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainRule {
    id: String,
    enabled: bool,
    priority: i32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sources: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    campaigns: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    countries: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    devices: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    segments: Vec<String>,
    destination: String,
    allocation: f64,
}

/// Stored controls that no link can have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}: {why}")]
pub struct PlainFault {
    field: &'static str,
    why: String,
}

impl Controls {
    /// What a store keeps; `None` where there is nothing to keep.
    pub fn plain(&self) -> Option<PlainControls> {
        (*self != Self::default()).then(|| PlainControls {
            start: self.schedule.start.map(Timestamp::micros),
            end: self.schedule.end.map(Timestamp::micros),
            expiry: self.schedule.expiry.map(Timestamp::micros),
            fallback: self.fallback.as_ref().map(ToString::to_string),
            campaign: self.campaign.as_ref().map(|id| id.as_str().to_owned()),
            tracking: Utm::ALL.map(|utm| self.tracking.get(utm).map(ToOwned::to_owned)),
            rules: self.rules.iter().map(plain_rule).collect(),
            limit: self.limit.map(ClickLimit::number),
            password: self.password.as_ref().map(|hash| hash.phc().to_owned()),
            social: self.social.plain(),
            append_context: self.append_context,
        })
    }
}

impl PlainControls {
    /// What was kept.
    pub fn controls(self) -> Result<Controls, PlainFault> {
        let instant = |micros: Option<i64>| {
            let exact = |micros| {
                let at = Timestamp::from_micros(micros);
                if at.micros() == micros { Ok(at) } else { Err("is not of whole milliseconds") }
            };
            micros.map(exact).transpose()
        };
        let schedule = Schedule {
            start: said("start", instant(self.start))?,
            end: said("end", instant(self.end))?,
            expiry: said("expiry", instant(self.expiry))?,
        };
        said("schedule", schedule.check())?;
        let mut tracking = Tracking::default();
        for (utm, value) in Utm::ALL.into_iter().zip(self.tracking) {
            if let Some(value) = value {
                tracking = tracking.with(utm, said("tracking", TrackingValue::parse(&value))?);
            }
        }
        let rules = self.rules.into_iter().map(rule).collect::<Result<Vec<_>, _>>()?;
        let rules = RoutingRules::of(rules)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        Ok(Controls {
            schedule,
            fallback: said("fallback", self.fallback.as_deref().map(WebUrl::parse).transpose())?,
            campaign: said("campaign", self.campaign.as_deref().map(CampaignId::parse).transpose())?,
            tracking,
            rules: said("rules", rules)?,
            limit: self
                .limit
                .map(|most| said("limit", ClickLimit::of(most).ok_or("is out of bounds")))
                .transpose()?,
            password: said("password", self.password.as_deref().map(LinkPassword::stored).transpose())?,
            social: self.social.map(PlainSocial::social).transpose()?.unwrap_or_default(),
            append_context: self.append_context,
        })
    }
}

impl SocialPreview {
    fn plain(&self) -> Option<PlainSocial> {
        (*self != Self::default()).then(|| PlainSocial {
            title: self.title.as_ref().map(|title| title.as_str().to_owned()),
            description: self.description.as_ref().map(|text| text.as_str().to_owned()),
            image: self.image.as_ref().map(ToString::to_string),
        })
    }
}

impl PlainSocial {
    fn social(self) -> Result<SocialPreview, PlainFault> {
        Ok(SocialPreview {
            title: said("social", self.title.as_deref().map(Title::parse).transpose())?,
            description: said("social", self.description.as_deref().map(Description::parse).transpose())?,
            image: said("social", self.image.as_deref().map(WebUrl::parse).transpose())?,
        })
    }
}

impl When {
    /// What a store keeps.
    pub fn plain(&self) -> PlainWhen {
        let list = |fact| self.values(fact).into_iter().map(ToOwned::to_owned).collect();
        PlainWhen {
            sources: list(Fact::Source),
            campaigns: list(Fact::Campaign),
            countries: list(Fact::Country),
            devices: list(Fact::Device),
            segments: list(Fact::Segment),
        }
    }
}

impl PlainWhen {
    /// What was kept.
    pub fn when(&self) -> Result<When, PlainFault> {
        let terms = |texts: &[String]| {
            let terms = texts.iter().map(|text| Term::parse(text)).collect::<Result<Vec<_>, _>>();
            said("condition", terms)
        };
        let countries = self.countries.iter().map(|text| Country::parse(text)).collect::<Result<Vec<_>, _>>();
        let device = |text: &String| Device::parse(text).ok_or("is no device");
        let devices = self.devices.iter().map(device).collect::<Result<Vec<_>, _>>();
        let when = said("condition", When::default().sources(terms(&self.sources)?))?;
        let when = said("condition", when.campaigns(terms(&self.campaigns)?))?;
        let when = said("condition", when.countries(said("condition", countries)?))?;
        let when = said("condition", when.devices(said("condition", devices)?))?;
        said("condition", when.segments(terms(&self.segments)?))
    }
}

fn plain_rule(rule: &RoutingRule) -> PlainRule {
    let PlainWhen { sources, campaigns, countries, devices, segments } = rule.when.plain();
    PlainRule {
        id: rule.id.as_str().to_owned(),
        enabled: rule.enabled,
        priority: rule.priority.number(),
        sources,
        campaigns,
        countries,
        devices,
        segments,
        destination: rule.destination.to_string(),
        allocation: rule.allocation.share(),
    }
}

fn rule(plain: PlainRule) -> Result<RoutingRule, PlainFault> {
    let PlainRule { sources, campaigns, countries, devices, segments, .. } = plain;
    Ok(RoutingRule {
        id: said("id", RuleId::parse(&plain.id))?,
        enabled: plain.enabled,
        priority: said("priority", Priority::of(plain.priority).ok_or("is out of bounds"))?,
        when: PlainWhen { sources, campaigns, countries, devices, segments }.when()?,
        destination: said("destination", WebUrl::parse(&plain.destination))?,
        allocation: said("allocation", Allocation::of(plain.allocation).ok_or("is no part of a whole"))?,
    })
}

fn said<T, E: ToString>(field: &'static str, read: Result<T, E>) -> Result<T, PlainFault> {
    read.map_err(|fault| PlainFault { field, why: fault.to_string() })
}

fn nothing(tracking: &[Option<String>; Utm::ALL.len()]) -> bool {
    tracking.iter().all(Option::is_none)
}
