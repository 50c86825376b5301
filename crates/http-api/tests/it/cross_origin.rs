//! What pages of other origins may read and send.

use serde_json::json;

use crate::api::{Api, Reply};
use crate::rows::catalogue;

const ORIGIN: &str = "https://inspector.example";

fn is_readable(reply: &Reply) -> bool {
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    reply.header("access-control-allow-origin") == Some("*")
}

#[tokio::test]
async fn documents_and_endpoints_of_oauth_are_open_to_every_page() {
    let api = Api::of(catalogue()).await;
    for (path, methods) in [
        ("/.well-known/jwks.json", "GET, HEAD, OPTIONS"),
        ("/.well-known/oauth-authorization-server", "GET, HEAD, OPTIONS"),
        ("/.well-known/oauth-protected-resource/mcp/hello/mcp", "GET, HEAD, OPTIONS"),
        ("/oauth/token", "POST, OPTIONS"),
        ("/token", "POST, OPTIONS"),
        ("/oauth/register", "POST, OPTIONS"),
    ] {
        let preflight = api
            .anonymous("OPTIONS", path)
            .header("origin", ORIGIN)
            .header("access-control-request-method", "POST")
            .send()
            .await;
        assert_eq!((preflight.status.as_u16(), is_readable(&preflight)), (204, true), "{path}");
        assert_eq!(preflight.header("access-control-allow-methods"), Some(methods), "{path}");
        assert_eq!(
            preflight.header("access-control-allow-headers"),
            Some("authorization, content-type, mcp-protocol-version")
        );
        let method = if methods.starts_with("GET") { "GET" } else { "POST" };
        let reply = api.anonymous(method, path).header("origin", ORIGIN).send().await;
        assert!(is_readable(&reply), "{path}, refused or not");
        let shown = reply.header("access-control-expose-headers").expect("some headers are shown");
        assert!(shown.contains("www-authenticate"), "{shown}");
        assert!(
            is_readable(&api.anonymous("DELETE", path).send().await),
            "{path}, not even with that method"
        );
    }
    let nowhere = api.anonymous("GET", "/.well-known/oauth-authorization-server/mcp").send().await;
    assert_eq!((nowhere.status.as_u16(), is_readable(&nowhere)), (404, true));
}

#[tokio::test]
async fn nothing_else_is() {
    let api = Api::of(catalogue()).await;
    for path in ["/v2/openapi.json", "/v2/public/handles/hello/deployments", "/oauth/authorize", "/nowhere"] {
        for method in ["OPTIONS", "GET", "POST"] {
            let reply = api.call(method, path).header("origin", ORIGIN).json(json!({})).await;
            assert!(!is_readable(&reply), "{method} {path}");
            assert_eq!(reply.header("access-control-allow-headers"), None, "{method} {path}");
        }
    }
}
