//! What stands beside a handle's MCP server on its own host.

use axum::response::Response;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use lp_http_api::McpHosts;
use lp_testkit::Sandbox;
use serde_json::Value;

use crate::api::Api;

struct Host {
    sandbox: Sandbox,
    hosts: McpHosts,
}

impl Host {
    async fn new() -> Self {
        let sandbox = Sandbox::new().await;
        Self { hosts: McpHosts::new(sandbox.app.clone()), sandbox }
    }

    fn ask(&self, label: &str, method: &str, path: &str) -> Response {
        let request = Request::builder().method(method).uri(path).body(()).expect("a request");
        let reply = self.hosts.answer(label, &request);
        assert_eq!(reply.headers()["access-control-allow-origin"], "*", "{method} {path}");
        assert!(reply.headers().contains_key("x-request-id"));
        reply
    }

    fn get(&self, path: &str) -> Response {
        self.ask("hello", "GET", path)
    }
}

async fn bytes(reply: Response) -> Vec<u8> {
    reply.into_body().collect().await.expect("the body is whole").to_bytes().to_vec()
}

#[tokio::test]
async fn both_places_of_the_metadata_name_the_server_on_this_host() {
    let host = Host::new().await;
    for label in ["hello", "HELLO", "nobody-has-it"] {
        for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"] {
            let reply = host.ask(label, "GET", path);
            assert_eq!(reply.status(), StatusCode::OK);
            assert_eq!(reply.headers()["cache-control"], "public, max-age=300");
            let document: Value = serde_json::from_slice(&bytes(reply).await).expect("JSON");
            let handle = label.to_ascii_lowercase();
            assert_eq!(document["resource"], format!("http://{handle}.mcp.localhost:8080/mcp"));
            assert_eq!(document["authorization_servers"], serde_json::json!(["http://localhost:8080"]));
        }
    }
}

#[tokio::test]
async fn the_documents_of_the_issuer_are_the_issuer_s_byte_for_byte() {
    let (host, api) = (Host::new().await, Api::new().await);
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let there = api.anonymous("GET", path).send().await;
        assert_eq!(bytes(host.get(path)).await, there.bytes, "{path}");
    }
}

#[tokio::test]
async fn endpoints_that_clients_guess_lead_to_the_issuer_with_method_and_query() {
    let host = Host::new().await;
    for (method, path, location) in [
        (
            "GET",
            "/authorize?client_id=a%20b&x=1",
            "http://localhost:8080/oauth/authorize?client_id=a%20b&x=1",
        ),
        ("POST", "/token", "http://localhost:8080/oauth/token"),
        ("POST", "/register", "http://localhost:8080/oauth/register"),
    ] {
        let reply = host.ask("hello", method, path);
        assert_eq!(reply.status(), StatusCode::TEMPORARY_REDIRECT, "{path}");
        assert_eq!(reply.headers()["location"], location);
        assert_eq!(reply.headers()["cache-control"], "no-store");
        let path = path.split('?').next().expect("a path");
        let preflight = host.ask("hello", "OPTIONS", path);
        assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
        let methods = preflight.headers()["access-control-allow-methods"].to_str().expect("text").to_owned();
        assert!(methods.contains(method), "{methods}");
    }
}

#[tokio::test]
async fn there_is_nothing_else() {
    let host = Host::new().await;
    for path in [
        "/",
        "/revoke",
        "/oauth/token",
        "/v2/system/health",
        "/v2/docs",
        "/.well-known/jwks.json",
        "/.well-known/oauth-protected-resource/",
        "/.well-known/oauth-protected-resource/mcp/hello/mcp",
        "/.well-known/oauth-authorization-server/mcp",
        "/authorize/x",
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            assert_eq!(host.ask("hello", method, path).status(), StatusCode::NOT_FOUND, "{method} {path}");
        }
    }
    for label in ["admin", "a--b", "x", "a_b"] {
        for path in ["/.well-known/oauth-protected-resource", "/token"] {
            assert_eq!(host.ask(label, "GET", path).status(), StatusCode::NOT_FOUND, "{label} {path}");
        }
    }
    let posted = host.ask("hello", "POST", "/.well-known/oauth-protected-resource");
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(posted.headers()["allow"], "GET, HEAD, OPTIONS");
    let head = host.ask("hello", "HEAD", "/.well-known/oauth-authorization-server");
    assert_eq!(head.status(), StatusCode::OK);
    assert!(bytes(head).await.is_empty());
    let request_id = host.sandbox.app.request_id();
    let request =
        Request::builder().uri("/nowhere").header("x-request-id", &request_id).body(()).expect("one");
    assert_eq!(host.hosts.answer("hello", &request).headers()["x-request-id"], request_id.as_str());
}
