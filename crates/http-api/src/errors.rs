use std::fmt::Write as _;

use lp_application::Code;

const INTRO: &str = "\
# Errors

<!-- Written from the table of codes by `cargo xtask surface`; edit `crates/application/src/code.rs` instead. -->

Every refusal is one flat JSON object, the same on REST, MCP and the command line. On REST its status is that of the
code; on MCP it stands in `structuredContent.body` of a result with `isError`.

```json
{
  \"error\": \"validation_error\",
  \"message\": \"2 arguments are faulty; see fields\",
  \"requestId\": \"06dq5ry9v5qk1h3m\",
  \"fields\": [
    { \"pointer\": \"/destinationUrl\", \"code\": \"required\", \"message\": \"is missing\" },
    { \"pointer\": \"/titel\", \"code\": \"unknown_field\", \"message\": \"is not a field of this operation\" }
  ]
}
```

- `error` is one of the codes below and stays the same for good. Programs decide by it, never by `message`.
- `message` is for people and may change.
- `requestId` is also the header `x-request-id`. Logs and the audit carry it.
- `fields` names every faulty argument at once: `pointer` is a JSON pointer (RFC 6901) into what was sent, `code` a
  stable word. A single fault with a code of its own (such as `invalid_slug`) gives the reply that code.
- `requiredScope` and `requiredRole` stand beside `insufficient_scope` and `insufficient_role`.
- `feature` and `requiredPlan` stand beside `feature_locked`; `plan`, `limits` and `usage` beside `rate_limited` where an
  account has no writes left today ([plans](plans.md)).
- Endpoints that clients of OAuth call by themselves write `error_description` in place of `message` and use only OAuth's
  words for `error` (RFC 6749, 5.2): what is wrong with a request as such is `invalid_request` there, `rate_limited` and
  `service_unavailable` are `temporarily_unavailable`, and `internal_error` is `server_error`. The status stays as it is.
- `retryAfterMs` says when trying again makes sense; on REST the header `Retry-After` says it in seconds.

*Retry* in the table means that the same call may succeed later without a change. Send an `Idempotency-Key` with
writes, and a repeat never does a thing twice.

| Code | Status | Retry | Meaning |
|---|---|---|---|
";

/// The page about error codes, from their table.
pub fn errors_markdown() -> String {
    let mut page = INTRO.to_owned();
    for code in Code::ALL {
        let retry = if code.retryable() { "yes" } else { "no" };
        let meaning = code.meaning().replace('|', "\\|");
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{}` | {} | {retry} | {meaning} |", code.name(), code.status());
    }
    page
}
