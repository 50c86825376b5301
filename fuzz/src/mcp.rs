//! Bodies of MCP requests: the first byte says with which headers, the rest is the body.

use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt, Full};
use lp_mcp_server::{BoundHandle, McpService, Options};
use lp_testkit::Sandbox;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::stage::Stage;

struct Server {
    sandbox: Sandbox,
    service: McpService,
}

thread_local! {
    static STAGE: Stage<Server> = Stage::new(2_000, || Box::pin(async {
        let sandbox = Sandbox::new().await;
        let payload = json!({ "destinationUrl": "https://example.com/launch" });
        sandbox.call("links_upsert", json!({ "slug": "launch", "payload": payload })).await.result.expect("a link");
        let service = McpService::new(sandbox.app.clone(), Options::default());
        Server { sandbox, service }
    }));
}

pub fn check(data: &[u8]) {
    let Some((&how, body)) = data.split_first() else { return };
    STAGE.with(|stage| stage.run(async |server| server.sent(how, body).await));
}

impl Server {
    /// A request is answered once, under its own id, with a result or an error and never with a fault of ours.
    async fn sent(&self, how: u8, body: &[u8]) {
        let message: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut request = Request::new(Full::new(Bytes::copy_from_slice(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = "/mcp".parse().expect("a path");
        let token = format!("Bearer {}", self.sandbox.pat);
        let mut say = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                request.headers_mut().insert(name, value);
            }
        };
        say("content-type", "application/json");
        say("authorization", &token);
        if how % 2 == 1 {
            say("mcp-protocol-version", "2026-07-28");
            say("mcp-method", message["method"].as_str().unwrap_or_default());
            if let Some(name) = message["params"]["name"].as_str() {
                say("mcp-name", name);
            }
        }
        let bound = (how & 2 == 0).then(|| "hello".to_owned());
        request.extensions_mut().insert(BoundHandle(bound));
        let reply = self.service.clone().oneshot(request).await.expect("services do not fail");
        let (head, reply) = reply.into_parts();
        assert!(head.status.as_u16() < 500, "{}", head.status);
        let reply = reply.collect().await.expect("the body is whole").to_bytes();
        if reply.is_empty() {
            return;
        }
        let reply: Value = serde_json::from_slice(&reply).expect("every reply is JSON");
        if reply.get("jsonrpc").is_none() {
            assert!(reply["error"].is_string() && !head.status.is_success(), "{reply}");
            return;
        }
        judge(&message, &reply);
    }
}

fn judge(message: &Value, reply: &Value) {
    assert_eq!(reply["jsonrpc"], "2.0");
    let (result, error) = (reply.get("result"), reply.get("error"));
    assert!(result.is_some() != error.is_some(), "{reply}");
    match reply.get("id") {
        Some(id) => assert_eq!(Some(id), message.get("id"), "{reply}"),
        None => assert!(error.is_some(), "a result belongs to a request: {reply}"),
    }
    if let Some(error) = error {
        assert!(error["code"].is_i64() && error["message"].is_string(), "{reply}");
        assert_ne!(error["code"], -32_603, "{reply}");
    }
    let refused = result.map(|result| &result["structuredContent"]["status"]).and_then(Value::as_u64);
    assert!(refused.is_none_or(|status| status < 500), "{reply}");
}
