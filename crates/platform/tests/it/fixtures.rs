//! What only a build for the conformance suite has.

use http::{Request, StatusCode};
use link_platform::{Body, Platform};
use tower::ServiceExt;

#[tokio::test]
async fn an_ordinary_build_has_no_fixtures() {
    let platform = Platform::builder().in_memory().build().await.expect("a platform in memory");
    for path in ["/conformance/mcp", "/conformance/sessions/mcp"] {
        let request = Request::post(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Body::from(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#))
            .expect("a request");
        let answer = platform.service().oneshot(request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    platform.stop().await;
}
