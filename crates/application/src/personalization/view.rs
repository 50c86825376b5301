//! What the operations on rules of handles answer.

#![expect(
    missing_docs,
    reason = "what is said of a field stands in the schema, and is read by models that pay for it"
)]

use lp_links::{Allocation, Title};
use lp_personalization::{Cta, HandleRules, Metadata, Personal, PersonalizationRule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::WhenView;
use crate::Error;
use crate::catalogue::View;
use crate::wire::Wire;

/// A rule of a handle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleView {
    pub rule_id: String,
    pub enabled: bool,
    pub priority: i64,
    pub when: WhenView,
    pub variant: VariantView,
    #[schemars(with = "f64")]
    pub traffic_allocation: Wire<Allocation>,
    /// Of all rules of the handle: how often they have been changed.
    pub revision: u64,
    #[serde(skip)]
    created: bool,
}

/// What those see whom a rule takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VariantView {
    pub id: String,
    pub title: Option<String>,
    pub cta: Option<String>,
    pub destination_url: Option<String>,
    pub metadata: Option<Map<String, Value>>,
}

/// The rules of a handle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleList {
    pub handle: String,
    /// How often they have been changed.
    pub revision: u64,
    /// In the order they are looked at.
    pub rules: Vec<ListedRule>,
}

/// A rule among others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedRule {
    pub rule_id: String,
    pub enabled: bool,
    pub priority: i64,
    pub when: WhenView,
    pub variant: VariantView,
    #[schemars(with = "f64")]
    pub traffic_allocation: Wire<Allocation>,
}

/// That a rule is gone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedRule {
    pub rule_id: String,
    pub deleted: bool,
    /// Of all rules of the handle, without this one.
    pub revision: u64,
}

impl View for RuleView {
    fn created(&self) -> bool {
        self.created
    }

    fn with_created(self, created: bool) -> Self {
        Self { created, ..self }
    }
}

impl View for RuleList {}

impl View for DeletedRule {}

impl ListedRule {
    fn of(rule: &PersonalizationRule) -> Result<Self, Error> {
        Ok(Self {
            rule_id: rule.id.as_str().to_owned(),
            enabled: rule.enabled,
            priority: rule.priority.number().into(),
            when: WhenView::of(&rule.when),
            variant: VariantView::of(&rule.variant)?,
            traffic_allocation: rule.allocation.into(),
        })
    }
}

impl RuleView {
    pub(super) fn of(rule: &PersonalizationRule, rules: &HandleRules) -> Result<Self, Error> {
        let ListedRule { rule_id, enabled, priority, when, variant, traffic_allocation } =
            ListedRule::of(rule)?;
        let revision = rules.revision.0;
        Ok(Self { rule_id, enabled, priority, when, variant, traffic_allocation, revision, created: false })
    }
}

impl RuleList {
    pub(super) fn of(handle: String, rules: &HandleRules) -> Result<Self, Error> {
        let listed = rules.rules().map(ListedRule::of).collect::<Result<_, _>>()?;
        Ok(Self { handle, revision: rules.revision.0, rules: listed })
    }
}

impl VariantView {
    fn of(variant: &lp_personalization::Variant) -> Result<Self, Error> {
        Ok(Self {
            id: variant.id.as_str().to_owned(),
            title: variant.title.as_ref().map(|title| Title::as_str(title).to_owned()),
            cta: variant.cta.as_ref().map(|cta| Cta::as_str(cta).to_owned()),
            destination_url: variant.destination.as_ref().map(ToString::to_string),
            metadata: object(variant.metadata.as_ref().map(Metadata::as_str))?,
        })
    }

    /// Of a rule that chose.
    pub(crate) fn chosen(personal: &Personal) -> Result<Self, Error> {
        Ok(Self {
            id: personal.variant().to_owned(),
            title: personal.title().map(ToOwned::to_owned),
            cta: personal.cta().map(ToOwned::to_owned),
            destination_url: personal.destination().map(ToOwned::to_owned),
            metadata: object(personal.metadata())?,
        })
    }
}

/// What is stored was an object when it was taken.
fn object(json: Option<&str>) -> Result<Option<Map<String, Value>>, Error> {
    json.map(serde_json::from_str).transpose().map_err(Error::internal)
}
