//! What an owner decides for all links and pages of a handle: what its rules may say, and how they may change.

use lp_core::Revision;
use lp_links::{Allocation, Fact, Priority, RuleId, When};
use thiserror::Error;

use crate::{Origin, Variant};

/// A rule of a handle: whom it is for, and what they see instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalizationRule {
    pub id: RuleId,
    /// A disabled rule is looked at as if it were not there.
    pub enabled: bool,
    pub priority: Priority,
    pub when: When,
    pub variant: Variant,
    pub allocation: Allocation,
}

/// What destinations and pages are told of visitors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contexts {
    /// Pages of other sites that may ask for a visitor's context.
    origins: Vec<Origin>,
    /// Whether redirects carry a context token, where the link does not say.
    pub append: bool,
}

/// What is decided for a whole handle, and how often that has changed: 0 where never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandleRules {
    pub revision: Revision,
    /// In the order they are looked at.
    rules: Vec<PersonalizationRule>,
    pub contexts: Contexts,
}

/// One thing that is kept of them, as it is from a revision on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RulesItem {
    /// This rule is made or changed.
    Rule(PersonalizationRule),
    /// The rule of this id is no more.
    RuleGone(RuleId),
    Contexts(Contexts),
}

/// A change that was decided: what there is afterwards, and the items that are not as they were; none where all stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesWrite {
    pub before: Revision,
    pub after: HandleRules,
    pub items: Vec<RulesItem>,
}

/// Why a change of rules is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RulesRefused {
    #[error("a handle has at most {} rules", HandleRules::MAX)]
    TooMany,
    #[error("the rules of a handle name at most {} values together", HandleRules::MOST_VALUES)]
    TooManyValues,
    #[error("the rules of a handle carry at most {} bytes of text together", HandleRules::MOST_TEXT)]
    TooMuchText,
    #[error("a new rule needs a variant")]
    VariantRequired,
    #[error("there is no rule '{}'", .0.as_str())]
    NoSuchRule(RuleId),
    /// Of an order: each rule has to stand in it once.
    #[error("the rule '{}' is named twice", .0.as_str())]
    NamedTwice(RuleId),
    #[error("the rule '{}' is not named", .0.as_str())]
    NotNamed(RuleId),
}

/// More origins than a handle lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a handle lets in at most {} origins", Contexts::MAX)]
pub struct TooManyOrigins;

/// Nobody from outside, and redirects carry tokens.
impl Default for Contexts {
    fn default() -> Self {
        Self { origins: Vec::new(), append: true }
    }
}

impl PersonalizationRule {
    /// How many bytes of text it carries.
    fn text_len(&self) -> usize {
        let values = Fact::ALL.into_iter().flat_map(|fact| self.when.values(fact)).map(str::len);
        self.id.as_str().len() + values.sum::<usize>() + self.variant.text_len()
    }
}

impl Contexts {
    pub const MAX: usize = 100;

    /// Each origin once, in the order given.
    pub fn of(origins: impl IntoIterator<Item = Origin>, append: bool) -> Result<Self, TooManyOrigins> {
        let mut kept = Vec::new();
        for origin in origins {
            if !kept.contains(&origin) {
                kept.push(origin);
            }
        }
        if kept.len() > Self::MAX { Err(TooManyOrigins) } else { Ok(Self { origins: kept, append }) }
    }

    pub fn origins(&self) -> impl ExactSizeIterator<Item = &Origin> {
        self.origins.iter()
    }

    /// Whether a page from there may ask; `origin` is what its browser says.
    pub fn lets_in(&self, origin: &str) -> bool {
        self.origins.iter().any(|own| own.as_str() == origin)
    }
}

/// Those of a handle for which nothing was ever decided.
impl Default for HandleRules {
    fn default() -> Self {
        Self { revision: Revision(0), rules: Vec::new(), contexts: Contexts::default() }
    }
}

impl HandleRules {
    pub const MAX: usize = 1_000;
    /// Of all rules together, so that a handle cannot take megabytes of every node.
    pub const MOST_VALUES: usize = 10_000;

    /// Likewise, of conditions and variants together.
    pub const MOST_TEXT: usize = 1024 * 1024;

    /// What was kept, put together again. Of rules with one id the last counts.
    pub fn restore(revision: Revision, items: impl IntoIterator<Item = RulesItem>) -> Self {
        let mut rules = Self { revision, ..Self::default() };
        for item in items {
            rules.put(item);
        }
        rules.sort();
        rules
    }

    /// In the order they are looked at.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &PersonalizationRule> {
        self.rules.iter()
    }

    pub fn rule(&self, id: &RuleId) -> Option<&PersonalizationRule> {
        self.rules.iter().find(|rule| rule.id == *id)
    }

    /// Makes the rule, or puts it into the place of the one that has its id.
    pub fn upsert(&self, rule: PersonalizationRule) -> Result<RulesWrite, RulesRefused> {
        let same = self.rule(&rule.id) == Some(&rule);
        let write = self.write(if same { Vec::new() } else { vec![RulesItem::Rule(rule)] });
        if write.after.rules.len() > Self::MAX {
            return Err(RulesRefused::TooMany);
        }
        if write.after.rules.iter().map(|rule| rule.when.value_count()).sum::<usize>() > Self::MOST_VALUES {
            return Err(RulesRefused::TooManyValues);
        }
        if write.after.rules.iter().map(PersonalizationRule::text_len).sum::<usize>() > Self::MOST_TEXT {
            return Err(RulesRefused::TooMuchText);
        }
        Ok(write)
    }

    /// Takes a rule away.
    pub fn delete(&self, id: &RuleId) -> Result<RulesWrite, RulesRefused> {
        if self.rule(id).is_none() {
            return Err(RulesRefused::NoSuchRule(id.clone()));
        }
        Ok(self.write(vec![RulesItem::RuleGone(id.clone())]))
    }

    /// Looks at the rules in this order from now on, in which each of them stands once: they get priorities 10, 20, 30 and
    /// so on. Names every fault.
    pub fn reorder(&self, order: &[RuleId]) -> Result<RulesWrite, Vec<RulesRefused>> {
        // Names are compared with each other: not more of them than there can be rules.
        if order.len() > Self::MAX {
            return Err(vec![RulesRefused::TooMany]);
        }
        let mut faults = Vec::new();
        for (at, id) in order.iter().enumerate() {
            if order[..at].contains(id) {
                faults.push(RulesRefused::NamedTwice(id.clone()));
            } else if self.rule(id).is_none() {
                faults.push(RulesRefused::NoSuchRule(id.clone()));
            }
        }
        let left_out = self.rules.iter().filter(|rule| !order.contains(&rule.id));
        faults.extend(left_out.map(|rule| RulesRefused::NotNamed(rule.id.clone())));
        if !faults.is_empty() {
            return Err(faults);
        }
        let steps = (1_i32..).map(|step| step.saturating_mul(10)).filter_map(Priority::of);
        let moved = order.iter().zip(steps).filter_map(|(id, priority)| {
            let rule = self.rule(id).filter(|rule| rule.priority != priority)?;
            Some(RulesItem::Rule(PersonalizationRule { priority, ..rule.clone() }))
        });
        Ok(self.write(moved.collect()))
    }

    /// Says anew who may ask for contexts, and whether redirects carry them.
    pub fn set_contexts(&self, contexts: Contexts) -> RulesWrite {
        let same = self.contexts == contexts;
        self.write(if same { Vec::new() } else { vec![RulesItem::Contexts(contexts)] })
    }

    fn write(&self, items: Vec<RulesItem>) -> RulesWrite {
        let mut after = self.clone();
        if !items.is_empty() {
            after.revision = self.revision.next();
            items.iter().cloned().for_each(|item| after.put(item));
            after.sort();
        }
        RulesWrite { before: self.revision, after, items }
    }

    fn put(&mut self, item: RulesItem) {
        match item {
            RulesItem::Rule(rule) => {
                self.rules.retain(|other| other.id != rule.id);
                self.rules.push(rule);
            }
            RulesItem::RuleGone(id) => self.rules.retain(|rule| rule.id != id),
            RulesItem::Contexts(contexts) => self.contexts = contexts,
        }
    }

    fn sort(&mut self) {
        self.rules.sort_by(|one, other| (one.priority, &one.id).cmp(&(other.priority, &other.id)));
    }
}
