//! The edge of a whole application: what a writer is told is what the next visitor finds.

use std::sync::Arc;

use lp_edge::{Edge, Entrance, RouteTable, Whereabouts};
use lp_testkit::{Sandbox, SandboxOptions, without_context};
use serde_json::{Value, json};

use crate::fixture::{VISITOR, asked, hello};

async fn world() -> (Sandbox, Edge) {
    let table = Arc::new(RouteTable::default());
    let sandbox =
        Sandbox::with(SandboxOptions { listener: Some(table.clone()), ..SandboxOptions::default() }).await;
    let edge = Edge::new(&sandbox.app, table, Whereabouts::default());
    (sandbox, edge)
}

async fn visit(edge: &Edge, slug: &str) -> (u16, Option<String>) {
    let reply = edge.visit(Entrance::Host("hello"), &asked("GET", &format!("/{slug}"), &[]), VISITOR).await;
    let location =
        reply.headers().get("location").map(|value| without_context(value.to_str().expect("ASCII")));
    (reply.status().as_u16(), location)
}

async fn write(sandbox: &Sandbox, operation: &str, arguments: Value) {
    sandbox.call(operation, arguments).await.result.expect("it is written");
}

#[tokio::test]
async fn every_acknowledged_write_shows_in_the_next_visit() {
    let (sandbox, edge) = world().await;
    assert_eq!(visit(&edge, "go").await, (404, None));
    for number in 0..3 {
        let url = format!("https://example.com/{number}");
        let arguments = json!({ "slug": "Go", "payload": { "destinationUrl": url } });
        write(&sandbox, "links_upsert", arguments).await;
        assert_eq!(visit(&edge, "go").await, (302, Some(url)));
    }
    write(&sandbox, "links_upsert", json!({ "slug": "go", "payload": { "enabled": false } })).await;
    assert_eq!(visit(&edge, "go").await, (404, None));
    write(&sandbox, "links_delete", json!({ "slug": "go" })).await;
    assert_eq!(visit(&edge, "go").await, (404, None));
    assert_eq!(edge.stats().routes.loads, 1);
}

#[tokio::test]
async fn what_another_node_wrote_shows_after_the_refresh() {
    let (sandbox, edge) = world().await;
    // Hears of nothing by itself.
    let node = Edge::new(&sandbox.app, Arc::new(RouteTable::default()), Whereabouts::default());
    let upsert = |url: &str| json!({ "slug": "go", "payload": { "destinationUrl": url } });
    write(&sandbox, "links_upsert", upsert("https://example.com/old")).await;
    assert_eq!(visit(&node, "go").await.1.as_deref(), Some("https://example.com/old"));

    write(&sandbox, "links_upsert", upsert("https://example.com/new")).await;
    assert_eq!(visit(&edge, "go").await.1.as_deref(), Some("https://example.com/new"));
    assert_eq!(visit(&node, "go").await.1.as_deref(), Some("https://example.com/old"));
    let slug = lp_core::Slug::parse("go").expect("a slug").key();
    node.routes().refresh(&hello(), &slug).await.expect("the store answers");
    assert_eq!(visit(&node, "go").await.1.as_deref(), Some("https://example.com/new"));
}

#[tokio::test]
async fn visits_are_counted_for_their_link() {
    let (sandbox, edge) = world().await;
    write(
        &sandbox,
        "links_upsert",
        json!({ "slug": "go", "payload": { "destinationUrl": "https://example.com/" } }),
    )
    .await;
    for _ in 0..3 {
        visit(&edge, "GO").await;
    }
    visit(&edge, "nobody").await;
    sandbox.drain().await;
    let reply = sandbox.call("analytics_get", json!({})).await.result.expect("counts");
    assert_eq!(serde_json::to_value(reply.value).expect("JSON")["clicks"], json!(3));
}
