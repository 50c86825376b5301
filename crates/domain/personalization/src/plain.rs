//! What is kept of a handle's rules as plain values, for stores: whatever a store writes them as, it reads these back,
//! and they are checked again.

use lp_core::WebUrl;
use lp_links::{Allocation, PlainWhen, Priority, RuleId, Title};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Contexts, Cta, Metadata, Origin, PersonalizationRule, RulesItem, Variant, VariantId};

/// [`RulesItem`] laid open. A store keeps every one that was ever written, by name and revision; the newest of a name
/// counts.
#[derive(Debug, Clone, PartialEq)]
pub struct PlainItem {
    pub name: String,
    /// `None` where it is gone.
    pub body: Option<PlainBody>,
}

/// What is kept under a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PlainBody {
    Rule(Box<PlainRule>),
    Contexts(PlainContexts),
}

/// [`PersonalizationRule`] laid open. One with a field that is unknown is refused, because leaving it out would change
/// where visitors go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainRule {
    id: String,
    enabled: bool,
    priority: i32,
    when: PlainWhen,
    allocation: f64,
    variant: PlainVariant,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainVariant {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cta: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destination: Option<String>,
    /// The text of a JSON object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
}

/// [`Contexts`] laid open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlainContexts {
    origins: Vec<String>,
    append: bool,
}

/// Something stored that no handle can have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}: {why}")]
pub struct PlainRuleFault {
    field: &'static str,
    why: String,
}

/// The name of [`RulesItem::Contexts`].
const CONTEXTS: &str = "contexts";
/// Begins the names of rules; the id follows.
const RULE: &str = "rule:";

impl RulesItem {
    /// What a store keeps.
    pub fn plain(&self) -> PlainItem {
        let rule = |id: &RuleId| format!("{RULE}{}", id.as_str());
        match self {
            Self::Rule(known) => {
                PlainItem { name: rule(&known.id), body: Some(PlainBody::Rule(Box::new(known.plain()))) }
            }
            Self::RuleGone(id) => PlainItem { name: rule(id), body: None },
            Self::Contexts(contexts) => {
                PlainItem { name: CONTEXTS.to_owned(), body: Some(PlainBody::Contexts(contexts.plain())) }
            }
        }
    }
}

impl PlainItem {
    /// What was kept.
    pub fn item(self) -> Result<RulesItem, PlainRuleFault> {
        let id = self.name.strip_prefix(RULE).map(RuleId::parse);
        let id = said("name", id.transpose())?;
        match (self.body, id) {
            (Some(PlainBody::Rule(rule)), Some(id)) if rule.id == id.as_str() => {
                Ok(RulesItem::Rule(rule.rule()?))
            }
            (None, Some(id)) => Ok(RulesItem::RuleGone(id)),
            (Some(PlainBody::Contexts(contexts)), None) if self.name == CONTEXTS => {
                Ok(RulesItem::Contexts(contexts.contexts()?))
            }
            _ => said("name", Err("is not that of the item")),
        }
    }
}

impl PersonalizationRule {
    /// What a store keeps.
    pub fn plain(&self) -> PlainRule {
        let variant = &self.variant;
        PlainRule {
            id: self.id.as_str().to_owned(),
            enabled: self.enabled,
            priority: self.priority.number(),
            when: self.when.plain(),
            allocation: self.allocation.share(),
            variant: PlainVariant {
                id: variant.id.as_str().to_owned(),
                title: variant.title.as_ref().map(|title| title.as_str().to_owned()),
                cta: variant.cta.as_ref().map(|cta| cta.as_str().to_owned()),
                destination: variant.destination.as_ref().map(ToString::to_string),
                metadata: variant.metadata.as_ref().map(|json| json.as_str().to_owned()),
            },
        }
    }
}

impl PlainRule {
    /// What was kept.
    pub fn rule(self) -> Result<PersonalizationRule, PlainRuleFault> {
        let variant = self.variant;
        Ok(PersonalizationRule {
            id: said("id", RuleId::parse(&self.id))?,
            enabled: self.enabled,
            priority: said("priority", Priority::of(self.priority).ok_or("is out of bounds"))?,
            when: said("when", self.when.when())?,
            allocation: said("allocation", Allocation::of(self.allocation).ok_or("is no part of a whole"))?,
            variant: Variant {
                id: said("variant", VariantId::parse(&variant.id))?,
                title: said("title", variant.title.as_deref().map(Title::parse).transpose())?,
                cta: said("cta", variant.cta.as_deref().map(Cta::parse).transpose())?,
                destination: said(
                    "destination",
                    variant.destination.as_deref().map(WebUrl::parse).transpose(),
                )?,
                metadata: said("metadata", variant.metadata.as_deref().map(Metadata::of).transpose())?,
            },
        })
    }
}

impl Contexts {
    /// What a store keeps.
    pub fn plain(&self) -> PlainContexts {
        let origins = self.origins().map(ToString::to_string).collect();
        PlainContexts { origins, append: self.append }
    }
}

impl PlainContexts {
    /// What was kept.
    pub fn contexts(self) -> Result<Contexts, PlainRuleFault> {
        let origins = self.origins.iter().map(|text| Origin::parse(text)).collect::<Result<Vec<_>, _>>();
        said("origins", Contexts::of(said("origins", origins)?, self.append))
    }
}

fn said<T, E: ToString>(field: &'static str, read: Result<T, E>) -> Result<T, PlainRuleFault> {
    read.map_err(|fault| PlainRuleFault { field, why: fault.to_string() })
}
