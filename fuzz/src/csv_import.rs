//! Rows of an import. The first byte says how they are written, how they are cut on their way, and whether they are only
//! tried out; the rest are the rows.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use lp_application::{ByteStream, Credential, Error, Request};
use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::stage::Stage;

/// More rows than this are tried out but not written: what is written has to be taken away again.
const MOST_WRITTEN: u64 = 20;

thread_local! {
    static STAGE: Stage<Sandbox> = Stage::new(3_000, || Box::pin(Sandbox::new()));
}

pub fn check(data: &[u8]) {
    let Some((&how, rows)) = data.split_first() else { return };
    let content_type = if how % 2 == 0 { "text/csv" } else { "application/x-ndjson" };
    let (piece, writes) = (usize::from(how % 128 / 2).max(1), how >= 128);
    STAGE.with(|stage| {
        stage.run(async |sandbox| {
            let tried = import(sandbox, content_type, rows, rows.len().max(1), true).await;
            let in_pieces = import(sandbox, content_type, rows, piece, true).await;
            assert_eq!(tried, in_pieces, "how bytes are cut on their way means nothing");
            let Some(lines) = tried else { return };
            let summary = told(&lines);
            if writes && (1..=MOST_WRITTEN).contains(&summary.created) {
                written(sandbox, content_type, rows, &summary).await;
            }
        });
    });
}

/// What a summary counts.
#[derive(Debug, PartialEq)]
struct Summary {
    created: u64,
    updated: u64,
    unchanged: u64,
    failed: u64,
}

/// Every row is told once, in order, and the summary adds up.
fn told(lines: &[Value]) -> Summary {
    let (summary, rows) = lines.split_last().expect("a summary");
    let summary = &summary["summary"];
    let number = |key: &str| summary[key].as_u64().unwrap_or_else(|| panic!("{key} is missing: {summary}"));
    let of = |status: &str| rows.iter().filter(|row| row["status"] == status).count() as u64;
    let told = Summary {
        created: number("created"),
        updated: number("updated"),
        unchanged: number("unchanged"),
        failed: number("failed"),
    };
    let counted = Summary {
        created: of("created"),
        updated: of("updated"),
        unchanged: of("unchanged"),
        failed: of("failed"),
    };
    assert_eq!(told, counted);
    assert_eq!(number("rows"), rows.len() as u64);
    let numbers: Vec<u64> = rows.iter().map(|row| row["row"].as_u64().expect("a number")).collect();
    assert!(numbers.is_sorted() && numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    for row in rows.iter().filter(|row| row["status"] == "failed") {
        assert!(row["error"].is_string() && row["error"] != "internal_error", "{row}");
    }
    told
}

/// What a dry run promises is what is done; what was imported is exported so that it can be imported again as it is.
async fn written(sandbox: &Sandbox, content_type: &str, rows: &[u8], promised: &Summary) {
    let done = import(sandbox, content_type, rows, rows.len(), false).await.expect("as before");
    assert_eq!(&told(&done), promised);
    for (format, content_type) in [("csv", "text/csv"), ("ndjson", "application/x-ndjson")] {
        let export = sandbox.request("links_export", json!({ "format": format }), bearer(sandbox));
        let exported = stream(sandbox, export, Bytes::new(), 1).await.expect("an export");
        let again = import(sandbox, content_type, &exported, 4_096, false).await.expect("an export is taken");
        let again = told(&again);
        let same = Summary { created: 0, updated: 0, unchanged: promised.created, failed: 0 };
        assert_eq!(again, same, "{}", String::from_utf8_lossy(&exported));
    }
    let list = sandbox.call("links_list", json!({})).await.result.expect("a list").value;
    for link in list["links"].as_array().expect("links") {
        sandbox.call("links_delete", json!({ "slug": link["slug"] })).await.result.expect("it was there");
    }
}

/// The lines of the reply; `None` where the whole body is refused.
async fn import(
    sandbox: &Sandbox,
    content_type: &str,
    rows: &[u8],
    piece: usize,
    dry_run: bool,
) -> Option<Vec<Value>> {
    let arguments = json!({ "contentType": content_type, "dryRun": dry_run });
    let request = sandbox.request("links_import", arguments, bearer(sandbox));
    match stream(sandbox, request, Bytes::copy_from_slice(rows), piece).await {
        Ok(reply) => {
            let lines = reply.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            Some(lines.map(|line| serde_json::from_slice(line).expect("a line of JSON")).collect())
        }
        Err(error) => {
            assert_eq!(error.code.status(), 400, "{error:?}");
            None
        }
    }
}

async fn stream(sandbox: &Sandbox, request: Request, body: Bytes, piece: usize) -> Result<Vec<u8>, Error> {
    let pieces: Vec<_> = body.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let body: ByteStream = Box::pin(stream::iter(pieces));
    let mut reply = sandbox.app.stream(request, body).await.result?.body;
    let mut bytes = Vec::new();
    while let Some(piece) = reply.next().await {
        bytes.extend(piece?);
    }
    Ok(bytes)
}

fn bearer(sandbox: &Sandbox) -> Credential {
    Credential::Bearer(sandbox.pat.clone())
}
