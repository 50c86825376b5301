//! What visitors carry on, and what pages are told of them.

use std::sync::Arc;
use std::time::Duration;

use lp_application::{ContextMint, Limits, Rate};
use lp_edge::{Edge, Entrance, RouteTable, Whereabouts};
use lp_testkit::{Sandbox, SandboxOptions, without_context};
use serde_json::{Value, json};

use crate::fixture::{Reply, VISITOR, asked};

const SHOP: &str = "https://shop.example.com";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 Safari/604.1";

struct World {
    sandbox: Sandbox,
    edge: Edge,
}

impl World {
    async fn new() -> Self {
        Self::limited(None).await
    }

    /// One whose handle `hello` has the link `go`, and lets pages of [`SHOP`] in.
    async fn limited(limits: Option<Limits>) -> Self {
        let table = Arc::new(RouteTable::default());
        let options = SandboxOptions { listener: Some(table.clone()), limits, ..SandboxOptions::default() };
        let sandbox = Sandbox::with(options).await;
        let edge = Edge::new(&sandbox.app, table, Whereabouts::default());
        let world = Self { sandbox, edge };
        world.link(json!({})).await;
        world.call("routing_update_context_origins", json!({ "payload": { "origins": [SHOP] } })).await;
        world
    }

    async fn call(&self, operation: &str, arguments: Value) -> Value {
        self.sandbox.call(operation, arguments).await.result.expect("it is done").value
    }

    async fn link(&self, mut payload: Value) {
        payload["destinationUrl"] = "https://e.com/a?ctx=own#top".into();
        self.call("links_upsert", json!({ "slug": "Go", "payload": payload })).await;
    }

    async fn ask(
        &self,
        entrance: Entrance<'_>,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Reply {
        Reply::of(self.edge.visit(entrance, &asked(method, target, headers), VISITOR).await).await
    }

    /// The token that a visitor of the link carries on, and what it says.
    async fn visit(&self, target: &str, headers: &[(&str, &str)]) -> (String, Value) {
        let reply = self.ask(Entrance::Host("hello"), "GET", target, headers).await;
        let location = reply.header("location").expect("a location");
        let token = token(location).unwrap_or_else(|| panic!("no token in {location}"));
        let said = self.call("tracking_resolve_context", json!({ "ctx": token })).await;
        (token.to_owned(), said)
    }

    /// What a page of the shop is told.
    async fn page(&self, query: &str) -> Value {
        let reply = self.page_of(Some(SHOP), query, &[]).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.header("access-control-allow-origin"), Some(SHOP));
        serde_json::from_str(&reply.body).expect("JSON")
    }

    async fn page_of(&self, origin: Option<&str>, query: &str, headers: &[(&str, &str)]) -> Reply {
        let target = format!("/_edge/context/hello{query}");
        let mut all: Vec<_> = origin.map(|origin| ("origin", origin)).into_iter().collect();
        all.extend(headers);
        self.ask(Entrance::Api, "GET", &target, &all).await
    }
}

fn token(location: &str) -> Option<&str> {
    let (_, token) = location.split_once("ctx=ctx1.")?;
    let end = token.find(['&', '#']).unwrap_or(token.len());
    let at = location.len() - token.len() - "ctx1.".len();
    location.get(at..at + "ctx1.".len() + end)
}

fn code(reply: &Reply) -> (u16, String) {
    let body: Value = serde_json::from_str(&reply.body).expect("JSON");
    (reply.status, body["error"].as_str().expect("a code").to_owned())
}

#[tokio::test]
async fn a_visitor_carries_on_where_they_came_from() {
    let world = World::new().await;
    let (_, said) =
        world.visit("/go?utm_source=Mail&utm_campaign=spring&ctx=theirs", &[("cookie", "_lp_vid=me")]).await;
    assert_eq!((&said["handle"], &said["slug"]), (&json!("hello"), &json!("Go")));
    assert_eq!(said["attribution"], json!({ "source": "Mail", "campaign": "spring" }));
    assert_eq!(said["vars"], json!({ "variant": null, "segment": "returning" }));
    assert!(said["clickId"].as_str().expect("a click").starts_with("clk_"));
    let reply = world
        .ask(Entrance::Host("hello"), "GET", "/go?x=1&ctx=theirs", &[("referer", "https://t.co/")])
        .await;
    let location = reply.header("location").expect("a location").to_owned();
    assert_eq!(without_context(&location), "https://e.com/a?x=1#top");
    assert!(location.ends_with("#top"), "{location}");
    world.link(json!({ "campaignId": "cmp_own" })).await;
    let (_, said) = world.visit("/go", &[("referer", "https://t.co/")]).await;
    assert_eq!(said["attribution"], json!({ "source": "social", "campaign": "cmp_own" }));
}

#[tokio::test]
async fn the_rule_that_chose_is_carried_on() {
    let world = World::new().await;
    let rule =
        json!({ "id": "phones", "when": { "deviceIn": ["MOBILE"] }, "destinationUrl": "https://e.com/m" });
    world.link(json!({ "routingRules": [rule] })).await;
    let (_, said) = world.visit("/go", &[("user-agent", PHONE)]).await;
    assert_eq!((&said["ruleId"], &said["vars"]["variant"]), (&json!("phones"), &Value::Null));
    assert_eq!(world.visit("/go", &[]).await.1["ruleId"], Value::Null);
}

#[tokio::test]
async fn only_clicks_carry_a_token_and_only_where_link_or_else_handle_wants_it() {
    let world = World::new().await;
    let carries = async |method: &str, headers: &[(&str, &str)]| {
        let reply = world.ask(Entrance::Host("hello"), method, "/go", headers).await;
        reply.header("location").is_some_and(|location| token(location).is_some())
    };
    assert!(carries("GET", &[]).await);
    assert!(!carries("HEAD", &[]).await);
    assert!(!carries("GET", &[("sec-purpose", "prefetch")]).await);
    let handle = async |append: bool| {
        let payload = json!({ "origins": [SHOP], "appendContext": append });
        world.call("routing_update_context_origins", json!({ "payload": payload })).await;
    };
    for (own, of_handle, expected) in [
        (json!(null), true, true),
        (json!(null), false, false),
        (json!(true), false, true),
        (json!(false), true, false),
    ] {
        handle(of_handle).await;
        world.link(json!({ "appendContext": own })).await;
        assert_eq!(carries("GET", &[]).await, expected, "link {own}, handle {of_handle}");
    }
    handle(true).await;
    let late = json!({ "appendContext": true, "expiresAt": "2020-01-01T00:00:00Z", "fallbackUrl": "https://e.com/late" });
    world.link(late).await;
    let reply = world.ask(Entrance::Host("hello"), "GET", "/go", &[]).await;
    assert_eq!(reply.header("location"), Some("https://e.com/late"), "who comes late is no click");
}

#[tokio::test]
async fn a_page_that_is_let_in_is_told_of_its_visitor() {
    let world = World::new().await;
    let (token, said) = world.visit("/go?utm_source=mail&utm_campaign=spring", &[]).await;
    let told =
        world.page(&format!("?ctx={token}&source=other&campaign=other&referrer=https%3A%2F%2Ft.co%2F")).await;
    assert_eq!(
        told,
        json!({
            "handle": "hello",
            "ctx": token,
            "clickId": said["clickId"],
            "attribution": { "source": "mail", "campaign": "spring" },
            "vars": { "variant": null, "segment": null },
            "decision": null,
        })
    );
    let alone = world.page("?source=ad&campaign=summer&cachebuster=1").await;
    assert_eq!((&alone["clickId"], &alone["attribution"]["source"]), (&Value::Null, &json!("ad")));
    let said = world.call("tracking_resolve_context", json!({ "ctx": alone["ctx"] })).await;
    assert_eq!(said["attribution"], json!({ "source": "ad", "campaign": "summer" }));
    assert_eq!((&said["slug"], &said["clickId"]), (&Value::Null, &Value::Null));
    let referred = world.page("?referrer=https%3A%2F%2Ft.co%2F").await;
    assert_eq!(referred["attribution"]["source"], "social");
    assert_eq!(world.page("").await["attribution"]["source"], "direct");
}

#[tokio::test]
async fn a_token_that_is_no_good_is_refused_and_one_that_expired_is_made_anew() {
    let world = World::new().await;
    let (token, _) = world.visit("/go", &[]).await;
    world.sandbox.other("elsewhere").await;
    let foreign =
        world.ask(Entrance::Api, "GET", &format!("/_edge/context/elsewhere?ctx={token}"), &[]).await;
    assert_eq!(code(&foreign), (400, "invalid_context".to_owned()));
    for ctx in ["ctx1.AAAA.AAAA", "x", &token[..token.len() - 1]] {
        let reply = world.page_of(Some(SHOP), &format!("?ctx={ctx}"), &[]).await;
        assert_eq!(code(&reply), (400, "invalid_context".to_owned()));
        assert_eq!(reply.header("access-control-allow-origin"), Some(SHOP), "the page may read why");
    }
    world.sandbox.clock.advance(ContextMint::LIFE + Duration::from_secs(1));
    let told = world.page(&format!("?ctx={token}")).await;
    assert_ne!(told["ctx"], json!(token));
    assert_eq!(told["clickId"], Value::Null);
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_and_told_where_they_are_let_in() {
    let world = World::new().await;
    for (origin, words) in [
        ("https://evil.example", "pages of https://evil.example may not ask for contexts of 'hello'"),
        ("https://shop.example.com:8443", "pages of https://shop.example.com:8443 may not"),
        ("http://shop.example.com", "pages of http://shop.example.com may not"),
        ("https://shop.example.com.evil.example", "pages of https://shop.example.com.evil.example may not"),
        ("null", "pages without an origin of their own (null)"),
        ("", "pages of  may not"),
    ] {
        for method in ["GET", "OPTIONS"] {
            let reply = world.ask(Entrance::Api, method, "/_edge/context/hello", &[("origin", origin)]).await;
            assert_eq!(code(&reply), (403, "forbidden".to_owned()), "{method} {origin}");
            assert!(
                reply.body.contains(words) && reply.body.contains("PUT /v2/handles/hello/context-origins"),
                "{}",
                reply.body
            );
            assert_eq!(reply.header("access-control-allow-origin"), None);
            assert_eq!(reply.header("vary"), Some("origin"));
        }
    }
    let two = world.page_of(Some(SHOP), "", &[("origin", "https://evil.example")]).await;
    assert_eq!(two.status, 403);
    for (site, expected) in [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)] {
        let reply = world.page_of(None, "", &[("sec-fetch-site", site)]).await;
        assert_eq!(reply.status, expected, "{site}");
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
    assert_eq!(world.page_of(None, "", &[]).await.status, 200, "no browser");
}

#[tokio::test]
async fn a_handle_s_own_host_is_let_in_and_answers_too() {
    let world = World::new().await;
    let own = world.page_of(Some("http://hello.localhost:8080"), "", &[]).await;
    assert_eq!(
        (own.status, own.header("access-control-allow-origin")),
        (200, Some("http://hello.localhost:8080"))
    );
    let here = Entrance::Host("hello");
    let there = world.ask(here, "GET", "/_edge/context/hello", &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(there.status, 200);
    assert_eq!(there.header("cache-control"), Some("private, no-store"));
    world.sandbox.other("elsewhere").await;
    for (entrance, path, expected) in [
        (here, "/_edge/context/elsewhere", 404),
        (Entrance::Api, "/_edge/context/elsewhere", 200),
        (Entrance::Api, "/_edge/context/nobody", 404),
        (Entrance::Api, "/_edge/context/", 404),
        (Entrance::Api, "/_edge/context/hello/x", 404),
        (Entrance::Api, "/_edge/context/HELLO", 200),
    ] {
        assert_eq!(world.ask(entrance, "GET", path, &[]).await.status, expected, "{path}");
    }
}

#[tokio::test]
async fn a_preflight_is_answered_and_other_methods_are_not() {
    let world = World::new().await;
    let reply = world.ask(Entrance::Api, "OPTIONS", "/_edge/context/hello", &[("origin", SHOP)]).await;
    assert_eq!(reply.status, 204);
    for (header, value) in [
        ("access-control-allow-origin", SHOP),
        ("access-control-allow-methods", "GET, HEAD"),
        ("access-control-allow-headers", "content-type, x-request-id"),
        ("vary", "origin"),
    ] {
        assert_eq!(reply.header(header), Some(value));
    }
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    let post = world.ask(Entrance::Api, "POST", "/_edge/context/hello", &[("origin", SHOP)]).await;
    assert_eq!(
        (code(&post), post.header("allow")),
        ((405, "method_not_allowed".to_owned()), Some("GET, HEAD"))
    );
    let head = world.ask(Entrance::Api, "HEAD", "/_edge/context/hello", &[("origin", SHOP)]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn pages_are_limited_by_address_as_public_operations_are() {
    let address = Rate { per_second: 1, burst: 3 };
    let world = World::limited(Some(Limits { address, ..Limits::default() })).await;
    for _ in 0..3 {
        world.page("").await;
    }
    let reply = world.page_of(Some(SHOP), "", &[]).await;
    assert_eq!(code(&reply), (429, "rate_limited".to_owned()));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(reply.header("access-control-allow-origin"), Some(SHOP), "the page may read why");
}

#[tokio::test]
async fn a_handle_that_was_renamed_answers_by_its_names_and_one_that_was_given_up_does_not() {
    let world = World::new().await;
    let own = async |handle: &str, operation: &str, arguments: Value| {
        let answer = world.sandbox.call_by(world.sandbox.owner, handle, operation, arguments).await;
        answer.result.expect("its owner may");
    };
    own("hello", "handles_rename", json!({ "newHandle": "again" })).await;
    for name in ["hello", "again"] {
        let target = format!("/_edge/context/{name}");
        let reply = world.ask(Entrance::Api, "GET", &target, &[("origin", SHOP)]).await;
        let told: Value = serde_json::from_str(&reply.body).expect("JSON");
        assert_eq!((reply.status, &told["handle"]), (200, &json!("again")));
    }
    own("again", "handles_delete", json!({ "confirm": "again" })).await;
    let gone = world.ask(Entrance::Api, "GET", "/_edge/context/again", &[("origin", SHOP)]).await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn the_script_is_served_to_pages_of_every_origin() {
    let world = World::new().await;
    let path = "/_assets/sdk/link-platform.js";
    for entrance in [Entrance::Api, Entrance::Host("hello")] {
        let reply = world.ask(entrance, "GET", path, &[("origin", "https://anybody.example")]).await;
        assert_eq!(reply.status, 200);
        for (header, value) in [
            ("content-type", "text/javascript; charset=utf-8"),
            ("cache-control", "public, max-age=3600"),
            ("access-control-allow-origin", "*"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(reply.header(header), Some(value));
        }
        assert!(reply.body.contains("linkplatform:context"));
        let tag = reply.header("etag").expect("a tag").to_owned();
        for held in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let again = world.ask(entrance, "GET", path, &[("if-none-match", &held)]).await;
            assert_eq!((again.status, again.body.as_str(), again.header("etag")), (304, "", Some(&*tag)));
        }
        assert_eq!(world.ask(entrance, "GET", path, &[("if-none-match", "\"other\"")]).await.status, 200);
        let head = world.ask(entrance, "HEAD", path, &[]).await;
        let length = reply.body.len().to_string();
        assert_eq!((head.body.as_str(), head.header("content-length")), ("", Some(&*length)));
        assert_eq!(world.ask(entrance, "POST", path, &[]).await.status, 405);
        assert_eq!(world.ask(entrance, "GET", "/_assets/sdk/other.js", &[]).await.status, 404);
    }
}
