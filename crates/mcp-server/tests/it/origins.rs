use http::{Method, StatusCode};
use lp_mcp_server::Options;
use lp_testkit::Sandbox;
use serde_json::json;

use crate::client::Client;

const INSPECTOR: &str = "http://localhost:6274";

fn options() -> Options {
    Options { origins: vec![INSPECTOR.to_owned()], ..Options::default() }
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused_before_anything_else() {
    let sandbox = Sandbox::new().await;
    for origin in ["https://evil.example", "null", "http://localhost:8081", "http://hello.localhost:8080"] {
        for method in [Method::POST, Method::OPTIONS, Method::GET] {
            let client = Client::with(&sandbox, options()).header("origin", origin);
            let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }).to_string();
            let answer = client.send(method, message).await;
            assert_eq!((answer.status, answer.rpc_code()), (StatusCode::FORBIDDEN, 403), "{origin}");
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
    }
}

#[tokio::test]
async fn allowed_pages_may_call_and_read() {
    let sandbox = Sandbox::new().await;
    for origin in [INSPECTOR, "http://localhost:8080", "http://app.localhost:8080"] {
        let client = || Client::with(&sandbox, options()).header("origin", origin);
        let asked = client().anonymous().send(Method::OPTIONS, "").await;
        assert_eq!(asked.status, StatusCode::NO_CONTENT, "{origin}");
        assert_eq!(asked.header("access-control-allow-methods"), "POST");
        assert!(asked.header("access-control-allow-headers").contains("mcp-protocol-version"));
        for answer in [
            asked,
            client().legacy("ping", json!({})).await,
            client().anonymous().legacy("ping", json!({})).await,
        ] {
            assert_eq!(answer.header("access-control-allow-origin"), origin);
            assert_eq!(answer.header("vary"), "origin");
            assert!(answer.header("access-control-expose-headers").contains("www-authenticate"));
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
    }
}
