//! The audit of a handle: who did what, and what was refused.

use lp_access::{AuditFilter, AuditOutcome, AuditRecord, Need};
use lp_core::{Role, Scope, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::catalogue::{Method, Op, Operation, Query, View};
use crate::cursor;
use crate::cx::Cx;
use crate::wire::{CursorText, Wire, Word, is_default};

/// Lists what was done in a handle.
pub const LIST: Op<ListAudit, AuditList> = Op::named("system_audit_events");

/// How many entries a page has where nothing is said.
const PAGE: u32 = 100;

/// Which entries are wanted.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListAudit {
    /// Filters, and where to go on.
    #[serde(default, skip_serializing_if = "is_default")]
    pub payload: AuditQuery,
}

/// Filters of entries; each that is given narrows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuditQuery {
    /// How many at most.
    #[serde(default)]
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<u32>,
    /// Where to go on.
    pub cursor: Option<Wire<CursorText>>,
    /// Who acted, as the entries write it.
    pub actor: Option<Wire<Word>>,
    /// Where the call came in: rest, mcp, web, cli, embedded or worker.
    pub surface: Option<Wire<Word>>,
    /// Which operation, by its name.
    pub operation: Option<Wire<Word>>,
    /// What was acted on: a slug, an id.
    pub target: Option<Wire<Word>>,
    /// The request's id.
    pub request_id: Option<Wire<Word>>,
    /// Only what was done, or only what was refused.
    pub outcome: Option<Outcome>,
    /// Not before this instant.
    pub from: Option<Wire<Timestamp>>,
    /// Before this instant.
    pub to: Option<Wire<Timestamp>>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

/// A page of the audit, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct AuditList {
    pub handle: String,
    pub events: Vec<AuditView>,
    /// Null on the last page.
    pub next_cursor: Option<String>,
}

/// One thing that was done, or refusals of a minute.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "what is said of a field stands in the schema")]
#[serde(rename_all = "camelCase")]
pub struct AuditView {
    /// Its number in the handle, from 1 without gaps.
    pub seq: u64,
    pub at: String,
    /// A token, an app, an account, or the operator of the machine.
    pub actor: String,
    /// Where the call came in.
    pub surface: String,
    pub operation: String,
    /// What was acted on; null where the operation says all.
    pub target: Option<String>,
    /// Null for refusals, which are summed up by the minute.
    pub request_id: Option<String>,
    pub outcome: Outcome,
    /// Why it was refused; null where it was done.
    pub code: Option<String>,
    /// How many times: 1 where it was done.
    pub times: u32,
    /// SHA-256 over the entry and the one before it, as 64 hexadecimal digits.
    pub hash: String,
}

impl View for AuditList {}

pub(crate) fn operations() -> Vec<Operation> {
    // Who acts in a handle is the business of those who manage it.
    let need = Need::Member { role: Role::Operator, scope: Scope::SYSTEM_AUDIT_READ };
    vec![
        Operation::read(LIST, need, list)
            .about(
                "List audit events",
                "List what was done in a handle and what was refused there, newest first: who, where from, which \
                 operation, on what. Refusals are summed up by the minute and show within one. Filters narrow; an \
                 entry never changes.",
            )
            .at(Method::Get, "audit-events")
            .query(Query::Under("payload")),
    ]
}

async fn list(cx: Cx, input: ListAudit) -> Result<AuditList, Error> {
    let (handle, query) = (cx.handle()?, input.payload);
    let before = query.cursor.as_ref().map(|text| cursor::to_audit(text.0.as_str(), "/payload/cursor"));
    let (before, limit) = (before.transpose()?, query.limit.unwrap_or(PAGE));
    // One more than asked for says whether there is more.
    let mut found = cx.audit().audit_found(handle, &query.filter(), before, limit + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    Ok(AuditList {
        handle: cx.name()?.to_string(),
        next_cursor: found.last().filter(|_| more).map(|last| cursor::of_audit(last.seq)),
        events: found.into_iter().map(AuditView::of).collect(),
    })
}

impl AuditQuery {
    fn filter(self) -> AuditFilter {
        let text = |word: Option<Wire<Word>>| word.map(|word| word.0.as_str().to_owned());
        AuditFilter {
            actor: text(self.actor),
            surface: text(self.surface),
            operation: text(self.operation),
            subject: text(self.target),
            request_id: text(self.request_id),
            refused: self.outcome.map(|outcome| outcome == Outcome::Refused),
            from: self.from.map(|at| at.0),
            until: self.to.map(|at| at.0),
        }
    }
}

impl AuditView {
    fn of(record: AuditRecord) -> Self {
        let some = |text: String| (!text.is_empty()).then_some(text);
        let entry = record.entry;
        let (outcome, code, times) = match entry.outcome {
            AuditOutcome::Done => (Outcome::Done, None, 1),
            AuditOutcome::Refused { code, times } => (Outcome::Refused, Some(code), times),
        };
        Self {
            seq: record.seq,
            at: entry.at.to_string(),
            actor: entry.actor,
            surface: entry.surface,
            operation: entry.operation,
            target: some(entry.subject),
            request_id: some(entry.request_id),
            outcome,
            code,
            times,
            hash: record.hash.hex(),
        }
    }
}
