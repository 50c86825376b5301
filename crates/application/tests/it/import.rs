use bytes::Bytes;
use futures_util::{StreamExt, stream};
use lp_application::{ByteStream, Credential, Request};
use lp_core::Handle;
use lp_ports::AuditReader;
use lp_testkit::Sandbox;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::value;

/// The lines of an import's reply.
async fn import(
    sandbox: &Sandbox,
    arguments: Value,
    text: impl Into<Bytes>,
    key: Option<&str>,
) -> Vec<Value> {
    let text: Bytes = text.into();
    // In pieces of seven bytes, as a slow network would bring them.
    let pieces: Vec<_> = text.chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let body: ByteStream = Box::pin(stream::iter(pieces));
    let request = sandbox.request("links_import", arguments, Credential::Bearer(sandbox.pat.clone()));
    let request = Request { idempotency_key: key.map(ToOwned::to_owned), ..request };
    let reply = sandbox.app.stream(request, body).await.result.expect("an import");
    lines(&collect(reply.body).await)
}

async fn export(sandbox: &Sandbox, format: &str) -> String {
    let request =
        sandbox.request("links_export", json!({ "format": format }), Credential::Bearer(sandbox.pat.clone()));
    let reply = sandbox.app.stream(request, Box::pin(stream::empty())).await.result.expect("an export");
    collect(reply.body).await
}

async fn collect(mut body: ByteStream) -> String {
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        bytes.extend(piece.expect("bytes"));
    }
    String::from_utf8(bytes).expect("text")
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn statuses(lines: &[Value]) -> Vec<String> {
    lines.iter().filter_map(|line| Some(line["status"].as_str()?.to_owned())).collect()
}

#[tokio::test]
async fn a_dry_run_gives_new_links_the_positions_that_they_would_get() {
    let sandbox = Sandbox::new().await;
    let payload = json!({ "destinationUrl": "https://example.com", "position": 4 });
    value(sandbox.call("links_upsert", json!({ "slug": "there", "payload": payload })).await);
    let rows = "slug,destinationUrl,position\na,https://example.com,\nb,https://example.com,\nb,,6\nb,,1\n";
    let promised = import(&sandbox, json!({ "dryRun": true }), rows, None).await;
    assert_eq!(statuses(&promised), ["created", "created", "unchanged", "updated"]);
    let done = import(&sandbox, json!({}), rows, None).await;
    assert_eq!(statuses(&done), statuses(&promised));
}

#[tokio::test]
async fn each_row_of_a_csv_gets_its_own_result() {
    let sandbox = Sandbox::new().await;
    let csv = "\u{feff}slug,destinationUrl,title,tags,enabled,position\r\n\
               a,https://example.com/a,\"Title, with \"\"quotes\"\"\nand a break\",x;y,true,5\r\n\
               b,javascript:alert(1),,,,\r\n\
               \r\n\
               c,https://example.com/c,,,maybe,\r\n\
               A,https://example.com/a2,,,,\r\n\
               d,https://example.com/d\r\n\
               _no,https://example.com/no,,,,";
    let reply = import(&sandbox, json!({ "contentType": "text/csv" }), csv, None).await;
    assert_eq!(statuses(&reply), ["failed", "failed", "failed", "created", "failed", "failed"]);
}

#[tokio::test]
async fn a_title_of_one_line_comes_through_a_csv_with_its_quotes() {
    let sandbox = Sandbox::new().await;
    let csv = "slug,destinationUrl,title,tags,enabled,position\n\
               a,https://example.com/a,\"Title, with \"\"quotes\"\"\",x;y,true,5\n\
               b,javascript:alert(1),,,,\n\
               c,https://example.com/c,,,maybe,\n";
    let reply = import(&sandbox, json!({}), csv, None).await;
    assert_eq!(statuses(&reply), ["created", "failed", "failed"]);
    assert_eq!(
        (&reply[1]["error"], &reply[1]["fields"][0]["pointer"]),
        (&json!("invalid_destination_url"), &json!("/destinationUrl"))
    );
    assert_eq!(
        reply[2]["fields"][0],
        json!({ "pointer": "/enabled", "code": "wrong_type", "message": "must be of type boolean or null" })
    );
    let summary =
        json!({ "rows": 3, "created": 1, "updated": 0, "unchanged": 0, "failed": 2, "dryRun": false });
    assert_eq!(reply[3]["summary"], summary);
    let link = value(sandbox.call("links_get", json!({ "slug": "a" })).await);
    assert_eq!(
        (&link["title"], &link["tags"], &link["position"]),
        (&json!("Title, with \"quotes\""), &json!(["x", "y"]), &json!(5))
    );
}

#[tokio::test]
async fn a_csv_with_unknown_columns_is_refused_whole() {
    let sandbox = Sandbox::new().await;
    let body: ByteStream =
        Box::pin(stream::once(async { Ok(Bytes::from_static(b"destinationUrl,colour,colour\n")) }));
    let request = sandbox.request("links_import", json!({}), Credential::Bearer(sandbox.pat.clone()));
    let refused = sandbox.app.stream(request, body).await.result.err().expect("refused");
    assert_eq!(crate::faults(&refused), ["/colour unknown_field", "/colour unknown_field", "/slug required"]);
}

#[tokio::test]
async fn json_lines_are_imported_in_chunks_with_one_audit_entry_each() {
    let sandbox = Sandbox::new().await;
    let handle = Handle::parse("hello").expect("a handle");
    let before = sandbox.store.audit(&handle, 0, 1_000).await.expect("the audit").len();
    let row = |n| json!({ "slug": format!("s{n}"), "destinationUrl": format!("https://example.com/{n}") });
    let mut text: String = (0..1_200).flat_map(|n| [row(n).to_string(), "\n".to_owned()]).collect();
    text += "{\"slug\":\"twice\",\"slug\":\"twice\"}\n[]\n{\"slug\":\"s0\",\"destinationUrl\":\"https://example.com/0\"}\n";
    let reply = import(&sandbox, json!({ "contentType": "application/x-ndjson" }), text, None).await;
    let summary = &reply.last().expect("a summary")["summary"];
    assert_eq!(
        (&summary["created"], &summary["failed"], &summary["unchanged"]),
        (&json!(1_200), &json!(2), &json!(1))
    );
    assert_eq!(reply[1_200]["error"], "invalid_payload");
    let audit = sandbox.store.audit(&handle, 0, 1_000).await.expect("the audit");
    let subjects: Vec<_> = audit[before..].iter().map(|record| record.entry.subject.as_str()).collect();
    assert_eq!(subjects, ["rows 1-500", "rows 501-1000", "rows 1001-1203"]);
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_the_same() {
    let sandbox = Sandbox::new().await;
    let csv = "slug,destinationUrl\na,https://example.com\nb,nowhere\n";
    let dry = import(&sandbox, json!({ "dryRun": true }), csv, None).await;
    assert_eq!(value(sandbox.call("system_health", json!({})).await)["links"], json!(0));
    let wet = import(&sandbox, json!({}), csv, None).await;
    assert_eq!(dry[..2], wet[..2]);
}

#[tokio::test]
async fn a_repeated_import_with_the_same_key_is_answered_from_memory() {
    let sandbox = Sandbox::new().await;
    let csv = "slug,destinationUrl\na,https://example.com\nb,https://example.com\n";
    let first = import(&sandbox, json!({}), csv, Some("k")).await;
    let again = import(&sandbox, json!({}), csv, Some("k")).await;
    assert_eq!((&first, statuses(&again)), (&again, vec!["created".to_owned(), "created".to_owned()]));
    let other = import(&sandbox, json!({}), "slug,destinationUrl\nc,https://example.com\n", Some("k")).await;
    assert_eq!(other[0]["error"], "idempotency_conflict");
}

#[tokio::test]
async fn a_repeat_with_one_changed_row_does_that_chunk_and_only_says_what_it_did() {
    let sandbox = Sandbox::new().await;
    let rows = |changed: &str| -> String {
        let row = |n| {
            let url = if n == 500 { changed.to_owned() } else { format!("https://example.com/{n}") };
            format!("s{n},{url}\n")
        };
        format!("slug,destinationUrl\n{}", (0..600).map(row).collect::<String>())
    };
    import(&sandbox, json!({}), rows("https://example.com/old"), Some("k")).await;
    let again = import(&sandbox, json!({}), rows("https://example.com/new"), Some("k")).await;
    assert_eq!(
        (&again[499]["status"], &again[500]["error"]),
        (&json!("created"), &json!("idempotency_conflict"))
    );
    let link = value(sandbox.call("links_get", json!({ "slug": "s500" })).await);
    assert_eq!(link["destinationUrl"], "https://example.com/old");
}

#[tokio::test]
async fn the_same_key_and_rows_for_another_handle_are_another_import() {
    let sandbox = Sandbox::new().await;
    sandbox.other("shop").await;
    for handle in ["hello", "shop"] {
        let text = "slug,destinationUrl\na,https://example.com\n";
        let body: ByteStream = Box::pin(stream::once(async move { Ok(Bytes::from(text)) }));
        let request =
            sandbox.request("links_import", json!({}), Credential::Known(lp_access::Actor::Operator));
        let request =
            Request { bound: Some(handle.to_owned()), idempotency_key: Some("k".to_owned()), ..request };
        let reply = sandbox.app.stream(request, body).await.result.expect("an import");
        let told = lines(&collect(reply.body).await);
        let expected = if handle == "hello" { json!(null) } else { json!("idempotency_conflict") };
        assert_eq!(told[0]["error"], expected, "{handle}");
    }
}

#[tokio::test]
async fn an_import_without_a_body_is_refused() {
    let sandbox = Sandbox::new().await;
    let request = sandbox.request("links_import", json!({}), Credential::Bearer(sandbox.pat.clone()));
    let refused = sandbox.app.stream(request, Box::pin(stream::empty())).await.result.err().expect("refused");
    assert_eq!(refused.code.name(), "invalid_payload");
}

#[tokio::test]
async fn a_csv_from_a_spreadsheet_is_understood() {
    let sandbox = Sandbox::new().await;
    let csv = "Slug,DestinationURL,Enabled\r\na,https://example.com,TRUE\r\nb,https://example.com,False\r\n";
    assert_eq!(statuses(&import(&sandbox, json!({}), csv, None).await), ["created", "created"]);
    let old = import(
        &sandbox,
        json!({}),
        "slug,destinationUrl\nc,https://example.com\rd,https://example.com\n",
        None,
    )
    .await;
    assert_eq!(statuses(&old), ["failed"]);
}

#[tokio::test]
async fn a_dry_run_knows_what_its_earlier_rows_would_have_made() {
    let sandbox = Sandbox::new().await;
    let csv = "slug,destinationUrl,title\na,https://example.com,\na,,Title\n";
    let dry = import(&sandbox, json!({ "dryRun": true }), csv, None).await;
    assert_eq!(statuses(&dry), ["created", "updated"]);
    assert_eq!(statuses(&import(&sandbox, json!({}), csv, None).await), ["created", "updated"]);
}

#[tokio::test]
async fn a_hostile_import_is_told_about_in_bounds() {
    let sandbox = Sandbox::new().await;
    let row = |n: usize| {
        let unknown = (0..60).map(|field| (format!("u{field}"), json!(1)));
        Value::Object(unknown.chain([("slug".to_owned(), json!(format!("s{n}")))]).collect()).to_string()
    };
    let text = (0..1_500).map(row).collect::<Vec<_>>().join("\n");
    let reply = import(&sandbox, json!({ "contentType": "application/x-ndjson" }), text, None).await;
    let told = |row: usize| reply[row]["fields"].as_array().map_or(0, Vec::len);
    assert_eq!((told(0), told(1_400), reply.len()), (10, 0, 1_501));
}

#[tokio::test]
async fn an_overlong_row_ends_the_import_and_says_so() {
    let sandbox = Sandbox::new().await;
    let text = format!(
        "{}\n{}",
        json!({ "slug": "a", "destinationUrl": "https://example.com" }),
        "x".repeat(70_000)
    );
    let reply = import(&sandbox, json!({ "contentType": "application/x-ndjson" }), text, None).await;
    assert_eq!(statuses(&reply), ["created", "failed"]);
    assert_eq!(reply[1]["fields"][0]["code"], "too_long");
}

#[tokio::test]
async fn what_is_exported_can_be_imported() {
    for (format, content_type) in [("csv", "text/csv"), ("ndjson", "application/x-ndjson")] {
        let sandbox = Sandbox::new().await;
        let payload = json!({
            "destinationUrl": "https://example.com/a?b=\"c\"", "title": "a, \"b\"", "description": "two\nlines",
            "tags": ["semi;colon", "plain"], "enabled": false, "position": 9, "redirectStatus": 308, "queryPassThrough": "off",
            "scheduledStartAt": "2026-01-01T00:00:00Z", "scheduledEndAt": "2026-02-01T00:00:00Z",
            "expiresAt": "2027-01-01T00:00:00Z", "fallbackUrl": "https://example.com/over", "campaignId": "cmp_launch",
            "tracking": { "utmSource": "größer, \"&\"" },
            "routingRules": [
                { "id": "mobile-us", "when": { "countryIn": ["us"], "deviceIn": ["mobile"] }, "destinationUrl": "https://example.com/m" },
                { "id": "half", "enabled": false, "priority": -1, "destinationUrl": "https://example.com/h", "trafficAllocation": 0.5 },
            ]
        });
        value(sandbox.call("links_upsert", json!({ "slug": "Full", "payload": payload })).await);
        value(
            sandbox
                .call(
                    "links_upsert",
                    json!({ "slug": "bare", "payload": { "destinationUrl": "https://example.com" } }),
                )
                .await,
        );
        let text = export(&sandbox, format).await;
        let fresh = Sandbox::new().await;
        let reply = import(&fresh, json!({ "contentType": content_type }), text.clone(), None).await;
        assert_eq!(statuses(&reply), ["created", "created"], "{format}");
        assert_eq!(export(&fresh, format).await, text, "{format}");
        let again = import(&fresh, json!({ "contentType": content_type }), text, None).await;
        assert_eq!(statuses(&again), ["unchanged", "unchanged"], "{format}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_bytes_break_an_import(bytes in prop::collection::vec(any::<u8>(), 1..300), csv: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let lines = runtime.block_on(async {
            let sandbox = Sandbox::new().await;
            let (header, kind) = if csv { ("slug,destinationUrl\n", "text/csv") } else { ("", "application/x-ndjson") };
            let text = [header.as_bytes(), &bytes].concat();
            import(&sandbox, json!({ "contentType": kind }), text, None).await
        });
        prop_assert!(lines.last().is_some_and(|line| line["summary"].is_object()));
    }
}
