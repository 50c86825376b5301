use std::time::Duration;

use lp_application::{Credential, Limits, Rate, Request};
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::json;

use crate::{error, value};

#[tokio::test]
async fn a_caller_above_the_rate_is_told_when_to_go_on() {
    let rate = Rate { per_second: 2, burst: 3 };
    let limits = Some(Limits { actor: rate, address: rate });
    let sandbox = Sandbox::with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    for left in [2, 1, 0] {
        let answer = sandbox.call("system_health", json!({})).await;
        assert_eq!(answer.allowance.map(|allowance| allowance.remaining), Some(left));
        value(answer);
    }
    let limited = error(sandbox.call("system_health", json!({})).await);
    assert_eq!(
        (limited.code.name(), limited.retry_after),
        ("rate_limited", Some(Duration::from_millis(500)))
    );
    assert_eq!(limited.body("r")["retryAfterMs"], json!(500));
    sandbox.clock.advance(Duration::from_millis(500));
    value(sandbox.call("system_health", json!({})).await);
    assert_eq!(error(sandbox.call("system_health", json!({})).await).code.name(), "rate_limited");
    let other = sandbox.pat_with(&["*"]).await;
    let request = sandbox.request("system_health", json!({}), Credential::Bearer(other));
    value(sandbox.app.call(request).await);
}

#[tokio::test]
async fn failed_attempts_count_against_their_address_and_nobody_else() {
    let actor = Rate { per_second: 100, burst: 1_000 };
    let limits = Some(Limits { actor, address: Rate { per_second: 1, burst: 2 } });
    let sandbox = Sandbox::with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    let from = |credential| {
        let request = sandbox.request("links_list", json!({}), credential);
        sandbox.app.call(Request { address: Some([192, 0, 2, 1].into()), ..request })
    };
    for code in ["invalid_token", "missing_bearer_token", "rate_limited"] {
        let credential =
            if code == "missing_bearer_token" { Credential::None } else { Credential::Bearer("x".into()) };
        assert_eq!(error(from(credential).await).code.name(), code);
    }
    value(from(Credential::Bearer(sandbox.pat.clone())).await);
}

#[tokio::test]
async fn a_connector_that_only_asks_for_tools_is_limited_too() {
    let rate = Rate { per_second: 1, burst: 2 };
    let limits = Some(Limits { actor: rate, address: rate });
    let sandbox = Sandbox::with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    let credential = Credential::Bearer(sandbox.pat.clone());
    let ask = async |counts| {
        let connect = lp_core::Scope::MCP_CONNECT;
        sandbox
            .app
            .admit_connector(&credential, Some("hello"), connect, None, counts)
            .await
            .map_err(|e| e.code.name())
    };
    assert_eq!((ask(true).await, ask(true).await, ask(true).await), (Ok(()), Ok(()), Err("rate_limited")));
    assert_eq!(ask(false).await, Ok(()), "a tool call is counted by its own gate");
}
