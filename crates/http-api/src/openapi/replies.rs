use std::collections::BTreeMap;

use lp_application::{Auth, Code, Kind, Method, Mount, Operation};
use serde_json::{Map, Value, json};

use super::components::Components;
use super::operation::{bytes, reads_fields};

/// Every reply of a mount: success first, then refusals by status.
pub(super) fn describe(row: &Operation, mount: &Mount, components: &mut Components) -> Value {
    let mut replies = Map::new();
    let content = match row.kind {
        Kind::Json => {
            let schema = components.schema(&format!("{}_reply", row.name), row.output.clone());
            json!({ "application/json": { "schema": schema } })
        }
        Kind::Stream(stream) => {
            stream.produces.iter().map(|kind| ((*kind).to_owned(), bytes(kind))).collect::<Map<_, _>>().into()
        }
    };
    let done = |description: &str| json!({ "description": description, "headers": headers(row), "content": content });
    if row.accepted {
        replies.insert("202".to_owned(), done("Taken on; it is done behind the answer."));
    } else {
        replies.insert("200".to_owned(), done("Done."));
    }
    let makes = row.kind == Kind::Json
        && !row.accepted
        && !row.effect.read_only
        && matches!(mount.method, Method::Post | Method::Put);
    if makes {
        replies.insert("201".to_owned(), done("Done, and something was made that was not there."));
    }
    for (status, codes) in by_status(row, mount) {
        replies.insert(status.to_string(), components.refusal(row.dialect, status, &codes));
    }
    Value::Object(replies)
}

/// The codes of the row, and those of this front's own reading of the mount.
fn by_status(row: &Operation, mount: &Mount) -> BTreeMap<u16, Vec<Code>> {
    let of_row = row.all_codes();
    let mut codes = of_row.clone();
    if reads_fields(mount) {
        codes.extend([Code::REQUEST_TIMEOUT, Code::PAYLOAD_TOO_LARGE, Code::UNSUPPORTED_MEDIA_TYPE]);
    }
    if mount.auth == Auth::Public {
        // No credential is asked for; what else is refused with 401 the row says itself.
        codes.retain(|code| code.status() != 401 || row.codes.contains(code));
    }
    let mut grouped: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL.iter().filter(|code| codes.contains(code)) {
        // The status is the code's own, whatever the row calls it.
        let called = grouped.entry(code.status()).or_default();
        called.push(row.called(*code));
    }
    for codes in grouped.values_mut() {
        codes.sort_by_key(|code| Code::ALL.iter().position(|known| known == code));
        codes.dedup();
    }
    grouped
}

fn headers(row: &Operation) -> Value {
    let mut headers = common_headers();
    if !row.effect.read_only {
        headers.insert("idempotency-replayed".to_owned(), header("IdempotencyReplayed"));
    }
    if matches!(row.kind, Kind::Stream(stream) if !stream.produces.is_empty()) {
        headers.insert("content-disposition".to_owned(), header("ContentDisposition"));
    }
    Value::Object(headers)
}

/// What every reply carries.
pub(super) fn common_headers() -> Map<String, Value> {
    let names =
        [("x-request-id", "RequestId"), ("ratelimit-policy", "RateLimitPolicy"), ("ratelimit", "RateLimit")];
    names.into_iter().map(|(name, component)| (name.to_owned(), header(component))).collect()
}

pub(super) fn header(component: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{component}") })
}
