//! The lines of an import's reply.

use lp_links::LinkWrite;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Error;

/// Of one row's faults no more are told.
const MOST_FAULTS: usize = 10;
/// Of so many failed rows the fields are told.
const MOST_DETAILED: usize = 1_000;

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowResult {
    /// Its number from 1; the header of a CSV is not one.
    row: u64,
    slug: Option<String>,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    message: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    fields: Vec<RowFault>,
}

/// One faulty field of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct RowFault {
    pointer: String,
    code: String,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Created,
    Updated,
    Unchanged,
    Failed,
}

/// All results so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    results: Vec<RowResult>,
    failures: usize,
}

impl RowResult {
    pub(super) fn of(row: u64, write: &LinkWrite) -> Self {
        let status = match &write.event {
            None => Status::Unchanged,
            Some(_) if write.created() => Status::Created,
            Some(_) => Status::Updated,
        };
        let slug = Some(write.link().parts().slug.to_string());
        Self { row, slug, status, error: None, message: None, fields: Vec::new() }
    }

    /// Faults of the link's fields lose the pointer of the arguments they were put into: a row has only fields.
    pub(super) fn failed(row: u64, slug: Option<String>, error: &Error) -> Self {
        let fields = error.fields.iter().take(MOST_FAULTS).map(|fault| RowFault {
            pointer: fault.pointer.strip_prefix("/payload").unwrap_or(&fault.pointer).to_owned(),
            code: fault.code.to_owned(),
            message: fault.message.clone(),
        });
        Self {
            row,
            slug,
            status: Status::Failed,
            error: Some(error.code.name().to_owned()),
            message: Some(error.message.replace("/payload/", "/")),
            fields: fields.collect(),
        }
    }
}

impl Tally {
    pub(super) fn add(&mut self, result: RowResult) {
        self.results.push(result);
    }

    /// Adds a failure. After a thousand their fields are left out: whoever sends that many knows by then, and a hostile
    /// import must not fill the memory with them.
    pub(super) fn fail(&mut self, row: u64, slug: Option<String>, error: &Error) {
        self.failures += 1;
        let mut failed = RowResult::failed(row, slug, error);
        if self.failures > MOST_DETAILED {
            failed.fields = Vec::new();
        }
        self.add(failed);
    }

    /// A line per row in the order of the rows, and a summary.
    pub(super) fn lines(mut self, dry_run: bool) -> Vec<u8> {
        self.results.sort_by_key(|result| result.row);
        let count = |status| self.results.iter().filter(|result| result.status == status).count();
        let summary = json!({ "summary": {
            "rows": self.results.len(),
            "created": count(Status::Created),
            "updated": count(Status::Updated),
            "unchanged": count(Status::Unchanged),
            "failed": count(Status::Failed),
            "dryRun": dry_run,
        }});
        let mut lines = Vec::new();
        for result in &self.results {
            lines.extend(serde_json::to_vec(result).unwrap_or_default());
            lines.push(b'\n');
        }
        lines.extend(summary.to_string().into_bytes());
        lines.push(b'\n');
        lines
    }
}
