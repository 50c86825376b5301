use lp_links::RuleId;
use lp_personalization::RulesRefused;

use super::input::{OneRule, ReorderRules, UpsertRule};
use super::read::missing;
use super::view::{DeletedRule, RuleList, RuleView};
use crate::catalogue::View;
use crate::cx::Cx;
use crate::{Error, Fault};

/// Creates the rule, or sets the given fields of the one that has the id.
pub(super) async fn upsert(cx: Cx, input: UpsertRule) -> Result<RuleView, Error> {
    let (id, change, mode) = input.said()?;
    let rules = cx.rules().rules(cx.handle()?, None).await?;
    let write = rules.change(id.clone(), change, mode).map_err(refused)?;
    let written = write.after.rule(&id).ok_or_else(|| Error::internal("the rule is not what was written"))?;
    let view = RuleView::of(written, &write.after)?.with_created(rules.rule(&id).is_none());
    let batch = cx.batch(id.as_str())?.rules(write);
    cx.finish(batch, view).await
}

/// Takes a rule away.
pub(super) async fn delete(cx: Cx, input: OneRule) -> Result<DeletedRule, Error> {
    let id = input.rule_id.0;
    let rules = cx.rules().rules(cx.handle()?, None).await?;
    let write = rules.delete(&id).map_err(|_| missing(&id))?;
    let view =
        DeletedRule { rule_id: id.as_str().to_owned(), deleted: true, revision: write.after.revision.0 };
    let batch = cx.batch(id.as_str())?.rules(write);
    cx.finish(batch, view).await
}

/// Puts all rules into an order.
pub(super) async fn reorder(cx: Cx, input: ReorderRules) -> Result<RuleList, Error> {
    let order: Vec<RuleId> = input.payload.rule_ids.into_iter().map(|id| id.0).collect();
    let rules = cx.rules().rules(cx.handle()?, None).await?;
    let write = rules.reorder(&order).map_err(|refused| {
        Error::faults(refused.into_iter().map(|refused| misplaced(&refused, &order)).collect())
    })?;
    let view = RuleList::of(cx.name()?.to_string(), &write.after)?;
    let batch = cx.batch("")?.rules(write);
    cx.finish(batch, view).await
}

/// Why the rules cannot be like this.
pub(super) fn refused(refused: RulesRefused) -> Error {
    let message = refused.to_string();
    match refused {
        RulesRefused::VariantRequired => Error::field("/payload/variant", "required", message),
        RulesRefused::TooMany => Error::field("/ruleId", "too_many", message),
        RulesRefused::TooManyValues => Error::field("/payload/when", "too_many", message),
        RulesRefused::TooMuchText => Error::field("/payload", "too_long", message),
        RulesRefused::NoSuchRule(_) | RulesRefused::NamedTwice(_) | RulesRefused::NotNamed(_) => {
            Error::internal(refused)
        }
    }
}

/// What is wrong with an order, at the last place where the rule stands in it.
fn misplaced(refused: &RulesRefused, order: &[RuleId]) -> Fault {
    let list = "/payload/ruleIds";
    let place = |id: &RuleId| {
        let at = order.iter().rposition(|other| other == id);
        at.map_or_else(|| list.to_owned(), |at| format!("{list}/{at}"))
    };
    let (pointer, code) = match refused {
        RulesRefused::NoSuchRule(id) => (place(id), "unknown_rule"),
        RulesRefused::NamedTwice(id) => (place(id), "duplicate_id"),
        RulesRefused::NotNamed(_) => (list.to_owned(), "missing_rule"),
        _ => (list.to_owned(), "too_many"),
    };
    Fault { pointer, code, message: refused.to_string() }
}
