//! Cards of links, for programs that draw them.

use std::sync::Arc;

use lp_application::{Agent, UserAgents};
use lp_edge::{Edge, Entrance, RouteTable, Whereabouts};
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::fixture::{Reply, VISITOR, asked};

const SLACK: &str = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)";
const PERSON: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36";

/// Knows one program that draws cards.
struct Known;

impl UserAgents for Known {
    fn agent_of(&self, user_agent: &str) -> Agent {
        Agent { previews: user_agent == SLACK, ..Agent::of(user_agent) }
    }
}

struct World {
    sandbox: Sandbox,
    edge: Edge,
}

impl World {
    async fn new() -> Self {
        let table = Arc::new(RouteTable::default());
        let options = SandboxOptions { listener: Some(table.clone()), ..SandboxOptions::default() };
        let sandbox = Sandbox::with(options).await;
        let whereabouts = Whereabouts { agents: Some(Arc::new(Known)), ..Whereabouts::default() };
        let edge = Edge::new(&sandbox.app, table, whereabouts);
        let world = Self { sandbox, edge };
        world
            .put(json!({
                "destinationUrl": "https://example.com/hidden",
                "socialPreview": {
                    "title": "Tom & \"Jerry\" <3", "description": "Come </head><script>alert(1)</script>",
                    "imageUrl": "https://cdn.example.com/a.png?x=1&y=2",
                },
            }))
            .await;
        world
    }

    async fn put(&self, payload: Value) {
        let link = json!({ "slug": "Launch", "payload": payload });
        self.sandbox.call("links_upsert", link).await.result.expect("made");
    }

    async fn visit(&self, method: &str, user_agent: &str) -> Reply {
        let head = asked(method, "/launch", &[("user-agent", user_agent)]);
        Reply::of(self.edge.visit(Entrance::Host("hello"), &head, VISITOR).await).await
    }

    async fn clicks(&self) -> (Value, Value) {
        self.sandbox.drain().await;
        let counts = self.sandbox.call("analytics_get", json!({})).await.result.expect("counts").value;
        (counts["clicks"].clone(), counts["botClicks"].clone())
    }
}

#[tokio::test]
async fn who_draws_cards_is_shown_one_with_everything_escaped_and_people_are_sent_on() {
    let world = World::new().await;
    let card = world.visit("GET", SLACK).await;
    assert_eq!((card.status, card.header("location")), (200, None));
    assert_eq!(card.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(card.header("cache-control"), Some("private, max-age=300"));
    for part in [
        "<title>Tom &amp; &quot;Jerry&quot; &lt;3</title>",
        "<meta property=\"og:title\" content=\"Tom &amp; &quot;Jerry&quot; &lt;3\">",
        "<meta property=\"og:description\" content=\"Come &lt;/head&gt;&lt;script&gt;alert(1)&lt;/script&gt;\">",
        "<meta property=\"og:image\" content=\"https://cdn.example.com/a.png?x=1&amp;y=2\">",
        "<meta property=\"og:url\" content=\"http://hello.localhost:8080/Launch\">",
        "<link rel=\"canonical\" href=\"http://hello.localhost:8080/Launch\">",
        "<meta name=\"twitter:card\" content=\"summary_large_image\">",
    ] {
        assert!(card.body.contains(part), "{part}\n{}", card.body);
    }
    assert!(!card.body.contains("<script") && !card.body.contains("hidden"), "{}", card.body);
    let head = world.visit("HEAD", SLACK).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(world.visit("GET", PERSON).await.status, 302);
    assert_eq!(world.clicks().await, (json!(2), json!(1)), "a bot's visit is a click of a bot, HEAD none");
}

#[tokio::test]
async fn a_card_without_an_image_is_small_and_one_without_a_title_has_the_address() {
    let world = World::new().await;
    world.put(json!({ "socialPreview": { "description": "Only this" } })).await;
    let card = world.visit("GET", SLACK).await;
    assert!(card.body.contains("<meta name=\"twitter:card\" content=\"summary\">"), "{}", card.body);
    assert!(card.body.contains("<title>http://hello.localhost:8080/Launch</title>"), "{}", card.body);
    assert!(!card.body.contains("og:image"), "{}", card.body);
    world.put(json!({ "socialPreview": null })).await;
    assert_eq!(world.visit("GET", SLACK).await.status, 302, "without one everybody is sent on");
}

#[tokio::test]
async fn a_locked_link_shows_its_card_and_no_more_and_a_closed_one_nothing() {
    let world = World::new().await;
    world.put(json!({ "password": "open sesame" })).await;
    let card = world.visit("GET", SLACK).await;
    assert_eq!(card.status, 200);
    assert!(card.body.contains("og:title") && !card.body.contains("hidden") && !card.body.contains("<form"));
    assert_eq!(world.clicks().await, (json!(0), json!(0)), "nobody was sent on");
    world.put(json!({ "enabled": false })).await;
    assert_eq!(world.visit("GET", SLACK).await.status, 404);
    world.put(json!({ "enabled": true, "expiresAt": "2025-01-01T00:00:00Z" })).await;
    assert_eq!(world.visit("GET", SLACK).await.status, 410);
    world.put(json!({ "fallbackUrl": "https://example.com/over" })).await;
    let late = world.visit("GET", SLACK).await;
    assert_eq!((late.status, late.header("location")), (302, Some("https://example.com/over")));
}

#[tokio::test]
async fn the_address_of_a_card_is_the_one_that_its_handle_has_now() {
    let world = World::new().await;
    let rename = json!({ "newHandle": "acme" });
    let answer = world.sandbox.call_by(world.sandbox.owner, "hello", "handles_rename", rename).await;
    answer.result.expect("renamed");
    let head = asked("GET", "/_edge/redirect/hello/launch", &[("user-agent", SLACK)]);
    let card = Reply::of(world.edge.visit(Entrance::Api, &head, VISITOR).await).await;
    assert!(card.body.contains("content=\"http://acme.localhost:8080/Launch\""), "{}", card.body);
}
