use lp_links::{Allocation, Field, Mode, Priority, RuleId, When};

use crate::{HandleRules, PersonalizationRule, RulesRefused, RulesWrite, Variant};

/// A change of a rule, field by field. What is cleared is as a new rule has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleChange {
    pub enabled: Field<bool>,
    pub priority: Field<Priority>,
    pub when: Field<When>,
    pub allocation: Field<Allocation>,
    /// A rule is nothing without one: it stays as it is, unless another is given.
    pub variant: Option<Variant>,
}

impl HandleRules {
    /// Makes the rule of this id, or changes it: what is not mentioned stays as it is, or, where the rule is replaced, is as
    /// a new one has it.
    pub fn change(&self, id: RuleId, change: RuleChange, mode: Mode) -> Result<RulesWrite, RulesRefused> {
        let before = self.rule(&id).filter(|_| mode == Mode::Merge);
        let variant = change.variant.or_else(|| before.map(|rule| rule.variant.clone()));
        let rule = PersonalizationRule {
            id,
            enabled: set(change.enabled, before.map(|rule| rule.enabled), true),
            priority: set(change.priority, before.map(|rule| rule.priority), Priority::default()),
            when: set(change.when, before.map(|rule| rule.when.clone()), When::default()),
            allocation: set(change.allocation, before.map(|rule| rule.allocation), Allocation::default()),
            variant: variant.ok_or(RulesRefused::VariantRequired)?,
        };
        self.upsert(rule)
    }
}

fn set<T>(field: Field<T>, before: Option<T>, usual: T) -> T {
    match field {
        Field::Keep => before.unwrap_or(usual),
        Field::Clear => usual,
        Field::Set(value) => value,
    }
}
