use lp_core::Revision;
use lp_links::RuleId;

use super::input::{ListRules, OneRule};
use super::view::{RuleList, RuleView};
use crate::cx::Cx;
use crate::{Code, Error};

/// Lists the rules in the order they are looked at.
pub(super) async fn list(cx: Cx, input: ListRules) -> Result<RuleList, Error> {
    let at = input.revision.map(Revision);
    let rules = cx.rules().rules(cx.handle()?, at).await?;
    if at.is_some_and(|at| rules.revision != at) {
        let message = format!("the rules are at revision {}", rules.revision.0);
        return Err(Error::new(Code::NOT_FOUND, message));
    }
    RuleList::of(cx.name()?.to_string(), &rules)
}

/// Gets one rule.
pub(super) async fn get(cx: Cx, input: OneRule) -> Result<RuleView, Error> {
    let rules = cx.rules().rules(cx.handle()?, None).await?;
    let rule = rules.rule(&input.rule_id.0).ok_or_else(|| missing(&input.rule_id.0))?;
    RuleView::of(rule, &rules)
}

pub(super) fn missing(id: &RuleId) -> Error {
    Error::new(Code::NOT_FOUND, format!("there is no rule '{}'", id.as_str()))
}
