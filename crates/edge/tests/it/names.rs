//! What a visitor finds under the names of a handle.

use std::sync::Arc;
use std::time::Duration;

use lp_edge::{Edge, Entrance, RouteTable, Whereabouts};
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::fixture::{Reply, VISITOR, asked, hello};

const DAY: Duration = Duration::from_hours(24);

struct World {
    sandbox: Sandbox,
    edge: Edge,
}

impl World {
    /// One whose handle `hello` has the link `go`.
    async fn new() -> Self {
        let table = Arc::new(RouteTable::default());
        let options = SandboxOptions { listener: Some(table.clone()), ..SandboxOptions::default() };
        let sandbox = Sandbox::with(options).await;
        let edge = Edge::new(&sandbox.app, table, Whereabouts::default());
        let link = json!({ "slug": "go", "payload": { "destinationUrl": "https://example.com/", "appendContext": false } });
        sandbox.call("links_upsert", link).await.result.expect("made");
        Self { sandbox, edge }
    }

    async fn owner(&self, handle: &str, operation: &str, arguments: Value) {
        let answer = self.sandbox.call_by(self.sandbox.owner, handle, operation, arguments).await;
        answer.result.expect("its owner may");
    }

    async fn rename(&self, from: &str, to: &str) {
        self.owner(from, "handles_rename", json!({ "newHandle": to })).await;
    }

    async fn reply(&self, entrance: Entrance<'_>, method: &str, path: &str) -> Reply {
        Reply::of(self.edge.visit(entrance, &asked(method, path, &[]), VISITOR).await).await
    }

    /// Status and place of a visit.
    async fn visit(&self, entrance: Entrance<'_>, path: &str) -> (u16, Option<String>) {
        let reply = self.reply(entrance, "GET", path).await;
        (reply.status, reply.header("location").map(ToOwned::to_owned))
    }
}

fn found() -> (u16, Option<String>) {
    (302, Some("https://example.com/".to_owned()))
}

const NOTHING: (u16, Option<String>) = (404, None);

#[tokio::test]
async fn the_host_of_a_former_name_leads_on_to_the_present_one_for_ninety_days() {
    let world = World::new().await;
    let hello = Entrance::Host("HeLLo");
    assert_eq!(world.visit(hello, "/go").await, found());
    world.rename("hello", "acme").await;
    assert_eq!(world.visit(Entrance::Host("acme"), "/go").await, found(), "the very next visit");
    for path in ["/go?utm_source=mail", "/", "/a/b/c?x=1&y=%20", "/_edge/redirect/hello/go"] {
        let to = format!("http://acme.localhost:8080{path}");
        assert_eq!(world.visit(hello, path).await, (308, Some(to)));
    }
    let reply = world.reply(hello, "POST", "/go").await;
    assert_eq!((reply.status, reply.header("cache-control")), (308, Some("private, max-age=90")));
    assert!(reply.body.is_empty() && reply.header("x-request-id").is_some());

    world.rename("acme", "third").await;
    assert_eq!(
        world.visit(hello, "/go").await.1.as_deref(),
        Some("http://third.localhost:8080/go"),
        "in one go"
    );
    world.sandbox.clock.advance(DAY * 90);
    for name in ["hello", "acme"] {
        assert_eq!(world.visit(Entrance::Host(name), "/go").await, NOTHING, "{name}");
    }
    assert_eq!(world.visit(Entrance::Host("third"), "/go").await, found());
    world.rename("third", "hello").await;
    assert_eq!(world.visit(hello, "/go").await, found(), "its own again");
}

#[tokio::test]
async fn the_compatible_path_takes_every_name_that_leads_to_the_handle() {
    let world = World::new().await;
    world.rename("hello", "acme").await;
    for name in ["hello", "acme", "ACME"] {
        let path = format!("/_edge/redirect/{name}/go");
        assert_eq!(world.visit(Entrance::Api, &path).await, found(), "{path}");
        assert_eq!(world.visit(Entrance::Host("acme"), &path).await, found(), "{path}");
        assert_eq!(world.visit(Entrance::Host("other"), &path).await, NOTHING, "{path}");
    }
    assert_eq!(world.visit(Entrance::Host("acme"), "/_edge/redirect/other/go").await, NOTHING);
    world.sandbox.clock.advance(DAY * 90);
    assert_eq!(world.visit(Entrance::Api, "/_edge/redirect/hello/go").await, NOTHING);
    assert_eq!(world.visit(Entrance::Api, "/_edge/redirect/acme/go").await, found());
}

#[tokio::test]
async fn a_place_that_a_program_gave_a_handle_stays_its_own() {
    let world = World::new().await;
    world.rename("hello", "acme").await;
    world.sandbox.clock.advance(DAY * 400);
    assert_eq!(world.visit(Entrance::Mounted("hello"), "/go").await, found());
    assert_eq!(world.visit(Entrance::Mounted("hello"), "/_edge/redirect/acme/go").await, found());
}

#[tokio::test]
async fn visits_under_every_name_are_counted_for_one_handle() {
    let world = World::new().await;
    world.visit(Entrance::Host("hello"), "/go").await;
    world.rename("hello", "acme").await;
    world.visit(Entrance::Host("acme"), "/go").await;
    world.visit(Entrance::Api, "/_edge/redirect/hello/go").await;
    world.visit(Entrance::Host("hello"), "/go").await;
    world.sandbox.drain().await;
    let counts = world.sandbox.call("analytics_get", json!({})).await.result.expect("counts").value;
    assert_eq!(
        (&counts["handle"], &counts["clicks"]),
        (&json!("acme"), &json!(3)),
        "being led on is no click"
    );
}

#[tokio::test]
async fn the_links_of_a_handle_that_was_given_up_are_closed_and_open_again() {
    let world = World::new().await;
    assert_eq!(world.visit(Entrance::Host("hello"), "/go").await, found());
    world.rename("hello", "acme").await;
    world.owner("acme", "handles_delete", json!({ "confirm": "acme" })).await;
    let everywhere = [
        (Entrance::Host("acme"), "/go"),
        (Entrance::Host("hello"), "/go"),
        (Entrance::Api, "/_edge/redirect/acme/go"),
        (Entrance::Mounted("hello"), "/go"),
    ];
    for (entrance, path) in everywhere {
        assert_eq!(world.visit(entrance, path).await, NOTHING, "{entrance:?}");
    }
    world.owner("acme", "handles_restore", json!({})).await;
    assert_eq!(world.visit(Entrance::Host("acme"), "/go").await, found());
    world.owner("acme", "handles_delete", json!({ "confirm": "acme" })).await;
    world.sandbox.clock.advance(DAY * 30);
    let app = &world.sandbox.app;
    assert!(app.purge_handles(app.now()).await.expect("the store answers") > 0);
    for (entrance, path) in everywhere {
        assert_eq!(world.visit(entrance, path).await, NOTHING, "though its route is in memory: {entrance:?}");
    }
}

#[tokio::test]
async fn a_node_learns_of_a_rename_elsewhere_when_it_is_told_that_access_changed() {
    let world = World::new().await;
    // Another program on the same store.
    let sandbox = &world.sandbox;
    let store = Arc::new(sandbox.store.clone());
    let (probe, clock) = (sandbox.probe.clone(), sandbox.clock.clone());
    let documents = sandbox.documents.clone();
    let ports = lp_application::Ports::over(
        store,
        probe,
        documents,
        sandbox.journal.clone(),
        clock,
        sandbox.ids.clone(),
    );
    let node = || {
        lp_application::Application::new(
            lp_application::catalogue(),
            ports.clone(),
            sandbox.app.settings().clone(),
            Arc::new(RouteTable::default()),
            sandbox.observed.clone(),
        )
    };
    let app = node();
    app.load_names().await.expect("the store answers");
    let edge = Edge::new(&app, Arc::new(RouteTable::default()), Whereabouts::default());
    let other = World { sandbox: Sandbox::new().await, edge };
    world.rename("hello", "acme").await;
    assert_eq!(other.visit(Entrance::Host("acme"), "/go").await, NOTHING, "nobody told it yet");
    assert_eq!(other.visit(Entrance::Host("hello"), "/go").await, found());
    app.handle_changed(&hello()).await.expect("the store answers");
    assert_eq!(other.visit(Entrance::Host("acme"), "/go").await, found());
    assert_eq!(other.visit(Entrance::Host("hello"), "/go").await.0, 308);

    let later = node();
    later.load_names().await.expect("the store answers");
    let edge = Edge::new(&later, Arc::new(RouteTable::default()), Whereabouts::default());
    let restarted = World { sandbox: Sandbox::new().await, edge };
    assert_eq!(restarted.visit(Entrance::Host("acme"), "/go").await, found());
    assert_eq!(restarted.visit(Entrance::Host("hello"), "/go").await.0, 308);
}
