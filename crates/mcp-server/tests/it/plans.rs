use http::{Method, StatusCode};
use lp_application::{Limits, Plan, PlanRules, Rate};
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::json;

use crate::client::Client;

#[tokio::test]
async fn a_locked_feature_stands_in_the_envelope_like_on_rest() {
    let plans = PlanRules { start: Plan::Free, ..PlanRules::default() };
    let sandbox = Sandbox::with(SandboxOptions { plans, ..SandboxOptions::default() }).await;
    let answer = Client::new(&sandbox).call("links_export", json!({})).await;
    let (status, body) = answer.refused();
    assert_eq!((answer.status, status, &body["error"]), (StatusCode::OK, 403, &json!("feature_locked")));
    assert_eq!((&body["feature"], &body["requiredPlan"]), (&json!("exports"), &json!("PRO")));
}

#[tokio::test]
async fn a_connector_above_its_rate_is_told_in_headers_too() {
    let rate = Rate { per_second: 1, burst: 2 };
    let limits = Some(Limits { actor: rate, address: rate });
    let sandbox = Sandbox::with(SandboxOptions { limits, ..SandboxOptions::default() }).await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    for _ in 0..2 {
        assert_eq!(Client::new(&sandbox).send(Method::POST, list.clone()).await.status, StatusCode::OK);
    }
    let answer = Client::new(&sandbox).send(Method::POST, list).await;
    assert_eq!(
        (answer.status, &answer.json["error"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("rate_limited"))
    );
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=2;w=2");
    assert_eq!(answer.header("ratelimit"), "\"default\";r=0;t=2");
}
