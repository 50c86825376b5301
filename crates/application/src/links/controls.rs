//! What an owner decides about a link beside where it leads, on the wire.

#![expect(
    missing_docs,
    reason = "what is said of a field stands in the schema, and is read by models that pay for it"
)]

use lp_core::{Country, Device, WebUrl};
use lp_links::{
    Allocation, Fact, Field, Priority, RoutingRules, RuleId, RulesFault, Term, TooMany, TrackingValue, Utm,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::wire::{Patch, Wire, is_default};
use crate::{Error, Fault};

/// Parameters that destinations get.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Tracking {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_source: Option<Wire<TrackingValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_medium: Option<Wire<TrackingValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_campaign: Option<Wire<TrackingValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_term: Option<Wire<TrackingValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_content: Option<Wire<TrackingValue>>,
}

/// A rule that sends some visitors elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoutingRule {
    pub id: Wire<RuleId>,
    /// A disabled rule is passed over.
    #[serde(default = "yes")]
    pub enabled: bool,
    #[serde(default = "usual")]
    pub priority: Wire<Priority>,
    /// Whom it is for; without conditions for everybody.
    #[serde(default)]
    pub when: When,
    pub destination_url: Wire<WebUrl>,
    #[serde(default = "everybody")]
    pub traffic_allocation: Wire<Allocation>,
}

/// Conditions, all of which must be met; each by one of its values, whatever the case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct When {
    /// Parameter utm_source, source or ref; else direct, search, social, email or referral, by the referrer.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(length(min = 1, max = 250))]
    pub source_in: Option<Vec<Wire<Term>>>,
    /// Parameter utm_campaign, else the link's campaignId.
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(length(min = 1, max = 250))]
    pub campaign_in: Option<Vec<Wire<Term>>>,
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(length(min = 1, max = 250))]
    pub country_in: Option<Vec<Wire<Country>>>,
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(length(min = 1, max = 250))]
    pub device_in: Option<Vec<Wire<Device>>>,
    #[serde(skip_serializing_if = "is_default")]
    #[schemars(length(min = 1, max = 250))]
    pub segment_in: Option<Vec<Wire<Term>>>,
}

/// Parameters that destinations get.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrackingView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_medium: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_campaign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_term: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_content: Option<String>,
}

/// A rule of a link, in the form that sets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoutingRuleView {
    pub id: String,
    pub enabled: bool,
    pub priority: i64,
    pub when: WhenView,
    pub destination_url: String,
    #[schemars(with = "f64")]
    pub traffic_allocation: Wire<Allocation>,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WhenView {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_in: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub campaign_in: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub country_in: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub device_in: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub segment_in: Vec<String>,
}

fn yes() -> bool {
    true
}

fn usual() -> Wire<Priority> {
    Wire(Priority::default())
}

fn everybody() -> Wire<Allocation> {
    Wire(Allocation::default())
}

impl Tracking {
    pub(super) fn said(self) -> lp_links::Tracking {
        let given = [
            (Utm::Source, self.utm_source),
            (Utm::Medium, self.utm_medium),
            (Utm::Campaign, self.utm_campaign),
            (Utm::Term, self.utm_term),
            (Utm::Content, self.utm_content),
        ];
        let given = given.into_iter().filter_map(|(utm, value)| Some((utm, value?.0)));
        given.fold(lp_links::Tracking::default(), |tracking, (utm, value)| tracking.with(utm, value))
    }
}

impl TrackingView {
    /// `None` where nothing is said.
    pub(super) fn of(tracking: &lp_links::Tracking) -> Option<Self> {
        let value = |utm| tracking.get(utm).map(ToOwned::to_owned);
        let view = Self {
            utm_source: value(Utm::Source),
            utm_medium: value(Utm::Medium),
            utm_campaign: value(Utm::Campaign),
            utm_term: value(Utm::Term),
            utm_content: value(Utm::Content),
        };
        (view != Self::default()).then_some(view)
    }
}

impl When {
    pub(crate) fn said(self) -> Result<lp_links::When, TooMany> {
        fn plain<T>(list: Option<Vec<Wire<T>>>) -> impl Iterator<Item = T> {
            list.into_iter().flatten().map(|value| value.0)
        }
        lp_links::When::default()
            .sources(plain(self.source_in))?
            .campaigns(plain(self.campaign_in))?
            .countries(plain(self.country_in))?
            .devices(plain(self.device_in))?
            .segments(plain(self.segment_in))
    }
}

impl RoutingRule {
    /// Sends everybody there whom no rule before it takes.
    pub fn to(id: RuleId, destination: WebUrl) -> Self {
        Self {
            id: id.into(),
            enabled: yes(),
            priority: usual(),
            when: When::default(),
            destination_url: destination.into(),
            traffic_allocation: everybody(),
        }
    }
}

impl WhenView {
    pub(crate) fn of(when: &lp_links::When) -> Self {
        let list = |fact| when.values(fact).into_iter().map(ToOwned::to_owned).collect();
        Self {
            source_in: list(Fact::Source),
            campaign_in: list(Fact::Campaign),
            country_in: list(Fact::Country),
            device_in: list(Fact::Device),
            segment_in: list(Fact::Segment),
        }
    }
}

impl RoutingRuleView {
    pub(super) fn of(rule: &lp_links::RoutingRule) -> Self {
        Self {
            id: rule.id.as_str().to_owned(),
            enabled: rule.enabled,
            priority: rule.priority.number().into(),
            when: WhenView::of(&rule.when),
            destination_url: rule.destination.to_string(),
            traffic_allocation: rule.allocation.into(),
        }
    }
}

/// As the domain says it; `pointer` is where the rules stand in the arguments.
pub(super) fn rules(patch: Patch<Vec<RoutingRule>>, pointer: &str) -> Result<Field<RoutingRules>, Error> {
    let list = match patch {
        Patch::Absent => return Ok(Field::Keep),
        Patch::Null => return Ok(Field::Clear),
        Patch::Value(list) => list,
    };
    let mut faults = Vec::new();
    let mut rules = Vec::with_capacity(list.len());
    for (at, rule) in list.into_iter().enumerate() {
        let when = rule.when.said().unwrap_or_else(|many| {
            let pointer = format!("{pointer}/{at}/when");
            faults.push(Fault { pointer, code: "too_many", message: many.to_string() });
            lp_links::When::default()
        });
        rules.push(lp_links::RoutingRule {
            id: rule.id.0,
            enabled: rule.enabled,
            priority: rule.priority.0,
            when,
            destination: rule.destination_url.0,
            allocation: rule.traffic_allocation.0,
        });
    }
    match RoutingRules::of(rules) {
        Ok(rules) if faults.is_empty() => Ok(Field::Set(rules)),
        Ok(_) => Err(Error::faults(faults)),
        Err(more) => {
            faults.extend(more.into_iter().map(|fault| fault_of(fault, pointer)));
            Err(Error::faults(faults))
        }
    }
}

fn fault_of(fault: RulesFault, pointer: &str) -> Fault {
    let message = fault.to_string();
    match fault {
        RulesFault::TooMany | RulesFault::TooManyValues => {
            Fault { pointer: pointer.to_owned(), code: "too_many", message }
        }
        RulesFault::SameId { at } => {
            Fault { pointer: format!("{pointer}/{at}/id"), code: "duplicate_id", message }
        }
    }
}
