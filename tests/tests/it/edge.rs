//! Visitors: freshness, counting, and what they see where there is nothing.

use std::time::{Duration, Instant};

use e2e::{Server, Workspace};
use lp_testkit::without_context;
use serde_json::Value;

const BROWSER: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";

pub(crate) async fn put(server: &Server, pat: &str, slug: &str, body: &str) -> u16 {
    let put = server.api("PUT", &format!("/v2/public/handles/hello/links/{slug}")).bearer_auth(pat);
    let put = put.header("content-type", "application/json").body(body.to_owned());
    put.send().await.expect("a reply").status().as_u16()
}

pub(crate) async fn visit(server: &Server, path: &str) -> (u16, Option<String>) {
    let reply = server
        .on("hello.localhost", "GET", path)
        .header("user-agent", BROWSER)
        .send()
        .await
        .expect("a reply");
    let location = reply.headers().get("location").and_then(|value| value.to_str().ok()).map(without_context);
    (reply.status().as_u16(), location)
}

/// Asks again until it is so. The platform promises a second or two; how long it takes is measured elsewhere, and here a
/// busy machine shall not fail what does come.
#[expect(clippy::disallowed_methods, reason = "what never comes has to end some time")]
pub(crate) async fn eventually<T>(what: &str, check: impl AsyncFn() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = check().await {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{what} never came");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_write_is_seen_by_the_very_next_visit() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    assert_eq!(visit(&server, "/launch").await.0, 404);
    for n in 0..20 {
        let url = format!("https://example.com/{n}");
        put(&server, &pat, "launch", &format!("{{\"destinationUrl\":\"{url}\"}}")).await;
        assert_eq!(visit(&server, "/launch").await, (302, Some(url)));
    }
    put(&server, &pat, "launch", r#"{"enabled":false}"#).await;
    assert_eq!(visit(&server, "/launch").await, (404, None));
    put(&server, &pat, "launch", r#"{"enabled":true,"redirectStatus":308}"#).await;
    assert_eq!(visit(&server, "/launch").await.0, 308);
    let gone = server.api("DELETE", "/v2/public/handles/hello/links/launch").bearer_auth(&pat).send().await;
    assert_eq!(gone.expect("a reply").status(), 200);
    assert_eq!(visit(&server, "/launch").await, (404, None));
}

#[tokio::test]
async fn a_write_of_another_process_is_seen_without_a_restart() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    put(&server, &pat, "launch", r#"{"destinationUrl":"https://example.com/old"}"#).await;
    assert_eq!(visit(&server, "/launch").await.1.as_deref(), Some("https://example.com/old"));
    assert_eq!(visit(&server, "/fresh").await.0, 404);
    for (slug, url) in [("launch", "https://example.com/new"), ("fresh", "https://example.com/fresh")] {
        let json = format!("{{\"slug\":\"{slug}\",\"payload\":{{\"destinationUrl\":\"{url}\"}}}}");
        let ended = workspace.run(&["call", "links_upsert", "--handle", "hello", "--json", &json]).await;
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        let path = format!("/{slug}");
        eventually(slug, async || (visit(&server, &path).await.1.as_deref() == Some(url)).then_some(()))
            .await;
    }
}

#[tokio::test]
async fn visits_are_counted_and_kept_over_a_restart() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    put(&server, &pat, "launch", r#"{"destinationUrl":"https://example.com"}"#).await;
    for _ in 0..5 {
        visit(&server, "/launch").await;
    }
    let shared = server.api("GET", "/_edge/redirect/hello/launch").header("user-agent", BROWSER).send().await;
    assert_eq!(shared.expect("a reply").status(), 302);
    server.on("hello.localhost", "HEAD", "/launch").send().await.expect("a reply");
    server
        .on("hello.localhost", "GET", "/launch")
        .header("sec-purpose", "prefetch")
        .send()
        .await
        .expect("a reply");
    server
        .on("hello.localhost", "GET", "/launch")
        .header("user-agent", "curl/8.5")
        .send()
        .await
        .expect("a reply");
    visit(&server, "/absent").await;
    let counted = eventually("counts", async || {
        let counts = analytics(&server, &pat, "?slug=launch&period=1d").await;
        (counts["clicks"] == 7).then_some(counts)
    })
    .await;
    assert_eq!(
        (&counted["qualifiedClicks"], &counted["botClicks"], &counted["uniqueVisitors"]),
        (&6.into(), &1.into(), &1.into())
    );
    assert_eq!(counted["freshness"]["status"], "FRESH");
    visit(&server, "/launch").await;
    assert!(server.terminate().await.0);
    let again = workspace.serve().await;
    assert_eq!(analytics(&again, &pat, "").await["clicks"], 8, "the last click was counted before the end");
}

pub(crate) async fn analytics(server: &Server, pat: &str, query: &str) -> Value {
    let get = server.api("GET", &format!("/v2/public/handles/hello/analytics{query}")).bearer_auth(pat);
    let text = get.send().await.expect("a reply").text().await.expect("text");
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn a_head_says_what_a_get_would_and_other_methods_are_refused() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    put(&server, &pat, "launch", r#"{"destinationUrl":"https://example.com"}"#).await;
    let head = server.on("hello.localhost", "HEAD", "/launch").send().await.expect("a reply");
    assert_eq!(
        (head.status().as_u16(), &head.headers()["location"]),
        (302, &"https://example.com".parse().expect("a header"))
    );
    assert_eq!(head.headers()["cache-control"], "private, no-store");
    let post = server.on("hello.localhost", "POST", "/launch").send().await.expect("a reply");
    assert_eq!(post.status(), 405);
    assert!(post.headers().contains_key("allow"));
}

#[tokio::test]
async fn where_there_is_nothing_visitors_get_a_404_that_no_cache_keeps() {
    let workspace = Workspace::new();
    let server = workspace.serve().await;
    for path in [
        "/",
        "/absent",
        "/a/b",
        "/%ff",
        "/_edge/redirect/other/x",
        "/_internal",
        "/welcome/",
        "/..%2f..%2fetc",
    ] {
        let reply = server
            .on("hello.localhost", "GET", path)
            .header("accept", "text/html")
            .send()
            .await
            .expect("a reply");
        assert_eq!(reply.status(), 404, "{path}");
        let cached =
            reply.headers().get("cache-control").and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert!(cached.contains("no-store"), "{path}: {cached}");
    }
    let stranger = server.on("nobody.localhost", "GET", "/welcome").send().await.expect("a reply");
    assert_eq!(stranger.status(), 404);
}
