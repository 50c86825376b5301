//! What goes into the operations on rules of handles.

#![expect(
    missing_docs,
    reason = "what is said of a field stands in the schema, and is read by models that pay for it"
)]

use lp_core::WebUrl;
use lp_links::{Allocation, Mode, Priority, RuleId, Title};
use lp_personalization::{Cta, Metadata, RuleChange, VariantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::When;
use crate::wire::{Patch, Wire, is_default};
use crate::{Error, Fault};

/// What tools say of conditions; their schema in full is for those who do not pay by the word.
const WHEN: &str = "Whom it is for: lists sourceIn, campaignIn, countryIn, deviceIn, segmentIn; of each one value has to be \
                    met. Without conditions everybody.";

/// Which state of the rules.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListRules {
    /// As they were at this revision; as they are unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64", range(max = 9_007_199_254_740_991_u64))]
    pub revision: Option<u64>,
}

/// Which rule.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OneRule {
    pub rule_id: Wire<RuleId>,
}

/// Which rule, and what it says.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpsertRule {
    pub rule_id: Wire<RuleId>,
    /// Fields to set.
    pub payload: RuleFields,
    /// Whether absent fields are reset instead of kept.
    #[serde(default, skip_serializing_if = "is_default")]
    pub replace: bool,
}

/// Fields of a rule: absent ones are kept, `null` resets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RuleFields {
    /// A disabled rule is passed over.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub enabled: Patch<bool>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub priority: Patch<Wire<Priority>>,
    /// Whom it is for; without conditions for everybody.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schemars(extend("x-brief" = WHEN))]
    pub when: Patch<When>,
    /// What they see. A new rule needs one; given, it takes the place of the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Variant")]
    pub variant: Option<Variant>,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub traffic_allocation: Patch<Wire<Allocation>>,
}

/// What those see whom a rule takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variant {
    pub id: Wire<VariantId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Wire<Title>>,
    /// Call to action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cta: Option<Wire<Cta>>,
    /// Where links lead them instead of their own destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_url: Option<Wire<WebUrl>>,
    /// Anything, at most 4096 bytes as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String, Value>>,
}

/// An order of rules.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReorderRules {
    pub payload: RuleOrder,
}

/// Every rule once, in the order they shall be looked at.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleOrder {
    #[schemars(length(max = 1000))]
    pub rule_ids: Vec<Wire<RuleId>>,
}

impl UpsertRule {
    /// As the domain says it. Every fault at once.
    pub(super) fn said(self) -> Result<(RuleId, RuleChange, Mode), Error> {
        let mut faults = Vec::new();
        let when = match self.payload.when {
            Patch::Absent => Patch::Absent,
            Patch::Null => Patch::Null,
            Patch::Value(when) => match when.said() {
                Ok(when) => Patch::Value(when),
                Err(many) => {
                    faults.push(fault("/payload/when", "too_many", &many));
                    Patch::Absent
                }
            },
        };
        let variant = self.payload.variant.and_then(|variant| variant.said(&mut faults));
        if !faults.is_empty() {
            return Err(Error::faults(faults));
        }
        let change = RuleChange {
            enabled: self.payload.enabled.field(|enabled| enabled),
            priority: self.payload.priority.field(|priority| priority.0),
            when: when.field(|when| when),
            allocation: self.payload.traffic_allocation.field(|share| share.0),
            variant,
        };
        Ok((self.rule_id.0, change, if self.replace { Mode::Replace } else { Mode::Merge }))
    }
}

impl Variant {
    /// A variant of this name that leaves all as it is.
    pub fn named(id: VariantId) -> Self {
        Self { id: id.into(), title: None, cta: None, destination_url: None, metadata: None }
    }

    fn said(self, faults: &mut Vec<Fault>) -> Option<lp_personalization::Variant> {
        let metadata = self.metadata.map(|object| Metadata::of(&Value::Object(object).to_string()));
        let metadata = metadata.transpose().map_err(|long| {
            faults.push(fault("/payload/variant/metadata", "too_long", &long));
        });
        Some(lp_personalization::Variant {
            id: self.id.0,
            title: self.title.map(|title| title.0),
            cta: self.cta.map(|cta| cta.0),
            destination: self.destination_url.map(|url| url.0),
            metadata: metadata.ok()?,
        })
    }
}

fn fault(pointer: &str, code: &'static str, why: &impl ToString) -> Fault {
    Fault { pointer: pointer.to_owned(), code, message: why.to_string() }
}
