use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lp_application::{Code, Loaded};
use lp_edge::{Edge, Entrance};
use lp_testkit::Sandbox;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use crate::fixture::{Clicks, Reply, Rig, Running, VISITOR, asked, linked, route, start};

const BROWSER: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 Safari/604.1";

/// An edge with one link `Welcome` of `hello`, as its owner wants it.
async fn serving(payload: Value) -> (Rig, Edge, std::sync::Arc<Clicks>) {
    let sandbox = Sandbox::new().await;
    let rig = Rig::new();
    let route = route(&sandbox, "Welcome", payload).await;
    rig.store.put("hello/welcome", Loaded { revision: linked(1).await.revision, route: Some(route) });
    let (edge, clicks) = rig.edge();
    (rig, edge, clicks)
}

async fn welcome() -> (Rig, Edge, std::sync::Arc<Clicks>) {
    serving(json!({ "destinationUrl": "https://example.com/start?a=1#top" })).await
}

async fn ask(edge: &Edge, method: &str, target: &str, headers: &[(&str, &str)]) -> Reply {
    Reply::of(edge.visit(Entrance::Host("hello"), &asked(method, target, headers), VISITOR).await).await
}

async fn ask_api(edge: &Edge, method: &str, path: &str) -> Reply {
    Reply::of(edge.visit(Entrance::Api, &asked(method, path, &[]), VISITOR).await).await
}

#[tokio::test]
async fn a_visitor_is_sent_to_the_destination() {
    let (_, edge, _) = welcome().await;
    let reply = ask(&edge, "GET", "/welcome", &[]).await;
    assert_eq!(reply.status, 302);
    assert_eq!(reply.header("location"), Some("https://example.com/start?a=1#top"));
    assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    assert_eq!(reply.header("content-length"), Some("0"));
    assert_eq!(reply.body, "");
}

#[tokio::test]
async fn slugs_and_handles_are_found_in_any_case_and_through_escapes() {
    let (_, edge, _) = welcome().await;
    for target in ["/welcome", "/WELCOME", "/wElCoMe", "/%77elcome", "/%57elcom%65"] {
        assert_eq!(ask(&edge, "GET", target, &[]).await.status, 302, "{target}");
    }
    let reply = edge.visit(Entrance::Host("HELLO"), &asked("GET", "/welcome", &[]), VISITOR).await;
    assert_eq!(reply.status(), 302);
}

#[tokio::test]
async fn other_paths_are_not_found() {
    let (_, edge, _) = welcome().await;
    for target in
        ["/", "/welcome/", "//welcome", "/welcome/more", "/_edge/", "/_edge/redirect", "/%2Fwelcome"]
    {
        assert_eq!(ask(&edge, "GET", target, &[]).await.status, 404, "{target}");
    }
    assert_eq!(ask(&edge, "OPTIONS", "*", &[]).await.status, 404);
}

#[tokio::test]
async fn what_crawlers_and_browsers_look_for_is_not_found_and_needs_no_store() {
    let (rig, edge, _) = welcome().await;
    rig.store.go_away(true);
    // To a crawler 404 says that it may follow every link, while 503 would keep it away.
    for target in ["/robots.txt", "/favicon.ico"] {
        assert_eq!(ask(&edge, "GET", target, &[]).await.status, 404, "{target}");
    }
    assert_eq!(rig.store.reads(), 0);
}

#[tokio::test]
async fn each_status_says_how_long_it_may_be_remembered() {
    for (status, cached) in [
        (301, "private, max-age=90"),
        (302, "private, no-store"),
        (307, "private, no-store"),
        (308, "private, max-age=90"),
    ] {
        let payload = json!({ "destinationUrl": "https://example.com/", "redirectStatus": status });
        let (_, edge, _) = serving(payload).await;
        let reply = ask(&edge, "GET", "/welcome", &[]).await;
        assert_eq!((reply.status, reply.header("cache-control")), (status, Some(cached)));
    }
}

#[tokio::test]
async fn the_query_goes_along_as_the_link_wants_it() {
    for (mode, location) in [
        ("append", "https://example.com/?a=1&a=2&b=%C3%A4"),
        ("override", "https://example.com/?a=2&b=%C3%A4"),
        ("off", "https://example.com/?a=1"),
    ] {
        let payload = json!({ "destinationUrl": "https://example.com/?a=1", "queryPassThrough": mode });
        let (_, edge, _) = serving(payload).await;
        let reply = ask(&edge, "GET", "/welcome?a=2&b=%C3%A4", &[]).await;
        assert_eq!(reply.header("location"), Some(location), "{mode}");
    }
}

#[tokio::test]
async fn head_gets_the_same_headers_and_is_no_click() {
    let (_, edge, clicks) = welcome().await;
    let id = [("x-request-id", "one")];
    for target in ["/welcome", "/nobody"] {
        let get = ask(&edge, "GET", target, &id).await;
        let head = ask(&edge, "HEAD", target, &id).await;
        assert_eq!((head.status, &head.headers), (get.status, &get.headers));
        assert_eq!(head.body, "");
    }
    assert_eq!(clicks.seen.lock().expect("no poison").len(), 1);
}

#[tokio::test]
async fn other_methods_are_refused_and_say_which_there_are() {
    let (_, edge, clicks) = welcome().await;
    for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW"] {
        let reply = ask(&edge, method, "/welcome", &[]).await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
    let reply = ask(&edge, "OPTIONS", "/welcome", &[]).await;
    assert_eq!((reply.status, reply.header("allow")), (204, Some("GET, HEAD")));
    assert!(clicks.seen.lock().expect("no poison").is_empty());
}

#[tokio::test]
async fn a_disabled_link_looks_like_none() {
    let payload = json!({ "destinationUrl": "https://example.com/", "enabled": false });
    let (_, edge, clicks) = serving(payload).await;
    let id = [("x-request-id", "one")];
    let disabled = ask(&edge, "GET", "/welcome", &id).await;
    let absent = ask(&edge, "GET", "/nobody", &id).await;
    assert_eq!((disabled.status, disabled.headers, disabled.body), (404, absent.headers, absent.body));
    assert!(clicks.seen.lock().expect("no poison").is_empty());
}

#[tokio::test]
async fn programs_are_refused_in_json() {
    let (_, edge, _) = welcome().await;
    let reply = ask(&edge, "GET", "/nobody", &[("accept", "*/*"), ("x-request-id", "req-7")]).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let body: Value = serde_json::from_str(&reply.body).expect("JSON");
    assert_eq!((&body["error"], &body["requestId"]), (&json!("not_found"), &json!("req-7")));
}

#[tokio::test]
async fn browsers_are_refused_with_a_page_that_loads_and_runs_nothing() {
    let (_, edge, _) = welcome().await;
    let reply = ask(&edge, "GET", "/nobody", &[("accept", "text/html,application/xhtml+xml;q=0.9")]).await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()));

    let (_, style) = reply.body.split_once("<style>").expect("a style");
    let (style, _) = style.split_once("</style>").expect("its end");
    let hash = STANDARD.encode(Sha256::digest(style));
    let policy = reply.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with(&format!("default-src 'none'; style-src 'sha256-{hash}';")), "{policy}");
}

#[tokio::test]
async fn a_store_that_is_away_asks_visitors_to_come_back() {
    let (rig, edge, _) = welcome().await;
    rig.store.go_away(true);
    let reply = ask(&edge, "GET", "/welcome", &[]).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
    assert!(reply.body.contains(Code::UNAVAILABLE.name()), "{}", reply.body);
    rig.store.go_away(false);
    assert_eq!(ask(&edge, "GET", "/welcome", &[]).await.status, 302);
}

#[tokio::test]
async fn every_reply_has_a_request_id_and_repeats_a_valid_one() {
    let (_, edge, _) = welcome().await;
    for (method, target) in [
        ("GET", "/welcome"),
        ("GET", "/nobody"),
        ("GET", "/a/b"),
        ("POST", "/welcome"),
        ("OPTIONS", "/welcome"),
    ] {
        let own = ask(&edge, method, target, &[("x-request-id", "abc-DEF_1.2.3")]).await;
        assert_eq!(own.header("x-request-id"), Some("abc-DEF_1.2.3"));
        let first = ask(&edge, method, target, &[("x-request-id", "no spaces <b>")]).await;
        let second = ask(&edge, method, target, &[("x-request-id", &"x".repeat(129))]).await;
        let (first, second) = (first.header("x-request-id"), second.header("x-request-id"));
        assert!(first.is_some_and(|id| id.starts_with("node-")) && first != second, "{first:?} {second:?}");
    }
}

#[tokio::test]
async fn the_compatibility_path_leads_where_the_short_link_leads() {
    let (_, edge, clicks) = welcome().await;
    let path = "/_edge/redirect/hello/welcome";
    let api = ask_api(&edge, "GET", path).await;
    let host = ask(&edge, "GET", path, &[]).await;
    for reply in [api, host] {
        assert_eq!(reply.status, 302);
        assert_eq!(reply.header("location"), Some("https://example.com/start?a=1#top"));
    }
    assert_eq!(clicks.seen.lock().expect("no poison").len(), 2);
}

#[tokio::test]
async fn on_a_handles_host_the_compatibility_path_serves_that_handle_only() {
    let (_, edge, _) = welcome().await;
    let parts = asked("GET", "/_edge/redirect/hello/welcome", &[]);
    assert_eq!(edge.visit(Entrance::Host("other"), &parts, VISITOR).await.status(), 404);
    assert_eq!(edge.visit(Entrance::Host("HELLO"), &parts, VISITOR).await.status(), 302);
    for path in [
        "/_edge/redirect/hello/",
        "/_edge/redirect/hello",
        "/_edge/redirect//welcome",
        "/_edge/redirect/hello/a/b",
    ] {
        assert_eq!(ask_api(&edge, "GET", path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_visit_is_recorded_with_what_is_known_of_it() {
    let (_, edge, clicks) = welcome().await;
    let headers = [("user-agent", BROWSER), ("referer", "https://news.example/today")];
    ask(&edge, "GET", "/WELCOME", &headers).await;
    let seen = clicks.seen.lock().expect("no poison").clone();
    assert_eq!(seen, ["hello/Welcome MOBILE news.example"]);
}

#[tokio::test]
async fn a_prefetch_is_redirected_and_is_no_click() {
    let (_, edge, clicks) = welcome().await;
    for header in [("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch"), ("purpose", "preview")] {
        assert_eq!(ask(&edge, "GET", "/welcome", &[header]).await.status, 302);
    }
    let both = [("sec-purpose", "navigate"), ("purpose", "prefetch")];
    assert_eq!(ask(&edge, "GET", "/welcome", &both).await.status, 302);
    assert!(clicks.seen.lock().expect("no poison").is_empty());
}

#[tokio::test]
async fn a_full_journal_still_redirects_and_counts_what_it_lost() {
    let (_, edge, clicks) = welcome().await;
    clicks.full.store(true, Ordering::Relaxed);
    assert_eq!(ask(&edge, "GET", "/welcome", &[]).await.status, 302);
    assert_eq!(ask(&edge, "HEAD", "/welcome", &[]).await.status, 302);
    assert_eq!(edge.stats().clicks_lost, 1);
}

#[tokio::test]
async fn where_a_click_must_be_synced_first_the_visitor_waits_for_it() {
    let (_, edge, clicks) = welcome().await;
    let (sync, settling) = oneshot::channel();
    *clicks.settling.lock().expect("no poison") = Some(settling);
    let parts = asked("GET", "/welcome", &[]);
    let mut visit: Running<'_, _> = Box::pin(edge.visit(Entrance::Host("hello"), &parts, VISITOR));
    start(&mut visit).await;
    sync.send(true).expect("the visitor waits");
    assert_eq!(Reply::of(visit.await).await.status, 302);
    assert_eq!(edge.stats().clicks_unsettled, 0);
}

#[tokio::test]
async fn a_click_that_could_not_be_synced_is_redirected_and_told() {
    let (_, edge, clicks) = welcome().await;
    let (sync, settling) = oneshot::channel();
    *clicks.settling.lock().expect("no poison") = Some(settling);
    drop(sync);
    assert_eq!(ask(&edge, "GET", "/welcome", &[]).await.status, 302);
    assert_eq!((edge.stats().clicks_unsettled, edge.stats().clicks_lost), (1, 0));
}
