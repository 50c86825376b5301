//! Several nodes on one database: what one does, the others know; what one loses, none loses.

use std::time::Instant;

use e2e::{Ordeal, Server, Wire, Workspace, fresh_database, run_ordeal};
use serde_json::{Value, json};

use crate::edge::{analytics, eventually, put, visit};

/// Two nodes on one database with handle `hello`, whose token comes with them.
struct Fleet {
    workspaces: [Workspace; 2],
    pat: String,
}

impl Fleet {
    /// The second one reaches the database at another address, where one is given.
    async fn on(database: &str, second: Option<&str>) -> Self {
        let first = Workspace::new().on(database);
        let migrated = first.run(&["migrate"]).await;
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        let pat = first.bootstrap("hello").await;
        let second = Workspace::new().on(second.unwrap_or(database)).sharing(&first.secret());
        Self { workspaces: [first, second], pat }
    }
}

async fn ready(server: &Server) -> u16 {
    server.api("GET", "/readyz").send().await.expect("a reply").status().as_u16()
}

#[tokio::test]
async fn what_one_node_changes_another_follows() {
    let Some(database) = fresh_database().await else { return };
    let fleet = Fleet::on(&database, None).await;
    let (one, other) = (fleet.workspaces[0].serve().await, fleet.workspaces[1].serve().await);
    assert_eq!(visit(&other, "/launch").await.0, 404);
    for number in 0..5 {
        let url = format!("https://example.com/{number}");
        let body = json!({ "destinationUrl": url }).to_string();
        put(&one, &fleet.pat, "launch", &body).await;
        assert_eq!(visit(&one, "/launch").await.1, Some(url.clone()), "the node itself knows at once");
        eventually("the change", async || {
            (visit(&other, "/launch").await.1.as_deref() == Some(url.as_str())).then_some(())
        })
        .await;
    }
    let clicks = eventually("both nodes' clicks", async || {
        let counts = analytics(&other, &fleet.pat, "").await;
        (counts["clicks"].as_u64() >= Some(10)).then_some(counts)
    })
    .await;
    assert_eq!(clicks["uniqueVisitors"], 1, "a visitor is the same one on both");
}

#[tokio::test]
async fn of_two_nodes_that_start_at_once_one_makes_the_first_account() {
    let Some(database) = fresh_database().await else { return };
    let workspaces = [Workspace::new().on(&database), Workspace::new().on(&database)];
    let refused = workspaces[0].run(&["serve"]).await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("link-platform migrate"), "{said}");
    for _ in 0..2 {
        assert!(workspaces[0].run(&["migrate"]).await.status.success());
    }
    let (one, other) = tokio::join!(workspaces[0].serve(), workspaces[1].serve());
    let greeted = [&one, &other].map(|server| server.greeting.iter().any(|line| line.contains("patv1_")));
    assert!(greeted[0] != greeted[1], "{greeted:?}");
    for server in [&one, &other] {
        assert_eq!(visit(server, "/welcome").await.0, 302);
        assert_eq!(ready(server).await, 200);
    }
}

#[tokio::test]
async fn a_node_that_is_cut_off_goes_on_and_catches_up() {
    let Some(database) = fresh_database().await else { return };
    let (server, name) = database.rsplit_once('/').expect("a name");
    let (user, server) = server.rsplit_once('@').expect("a server");
    let wire = Wire::to(server.to_owned()).await;
    let detour = format!("{user}@{}/{name}", wire.address);
    let fleet = Fleet::on(&database, Some(&detour)).await;
    let (one, cut) = (fleet.workspaces[0].serve().await, fleet.workspaces[1].serve().await);
    put(&one, &fleet.pat, "launch", r#"{"destinationUrl":"https://example.com/old"}"#).await;
    assert_eq!(visit(&cut, "/launch").await.1.as_deref(), Some("https://example.com/old"));

    wire.cut();
    for _ in 0..20 {
        assert_eq!(visit(&cut, "/launch").await.1.as_deref(), Some("https://example.com/old"));
    }
    assert_eq!((ready(&cut).await, ready(&one).await), (503, 200));
    assert_eq!(visit(&cut, "/never-loaded").await.0, 503);
    assert_eq!(put(&cut, &fleet.pat, "launch", r#"{"title":"no"}"#).await, 503);
    put(&one, &fleet.pat, "launch", r#"{"destinationUrl":"https://example.com/new"}"#).await;

    wire.mend();
    eventually("the change", async || {
        (visit(&cut, "/launch").await.1.as_deref() == Some("https://example.com/new")).then_some(())
    })
    .await;
    eventually("readiness", async || (ready(&cut).await == 200).then_some(())).await;
    eventually("the clicks of that time", async || {
        (analytics(&one, &fleet.pat, "").await["clicks"].as_u64() >= Some(22)).then_some(())
    })
    .await;
    assert_eq!(put(&cut, &fleet.pat, "launch", r#"{"title":"yes"}"#).await, 200);
}

#[tokio::test]
async fn a_repeat_on_another_node_is_a_repeat() {
    let Some(database) = fresh_database().await else { return };
    let fleet = Fleet::on(&database, None).await;
    let (one, other) = (fleet.workspaces[0].serve().await, fleet.workspaces[1].serve().await);
    let call = async |server: &Server, url: &str| -> (u16, Value) {
        let request = server.api("POST", "/v2/public/handles/hello/links").bearer_auth(&fleet.pat);
        let request =
            request.header("idempotency-key", "order-17").header("content-type", "application/json");
        let reply = request.body(json!({ "destinationUrl": url }).to_string()).send().await.expect("a reply");
        let status = reply.status().as_u16();
        (status, serde_json::from_str(&reply.text().await.expect("text")).expect("JSON"))
    };
    let (first, second) =
        tokio::join!(call(&one, "https://example.com/a"), call(&other, "https://example.com/a"));
    assert_eq!((first.0, second.0), (201, 201));
    assert_eq!(first.1["slug"], second.1["slug"]);
    let conflict = call(&other, "https://example.com/b").await;
    assert_eq!((conflict.0, &conflict.1["error"]), (409, &json!("idempotency_conflict")));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "calls come back with time, however slow the machine is")]
async fn limits_hold_over_nodes() {
    let Some(database) = fresh_database().await else { return };
    let fleet = Fleet::on(&database, None).await;
    let limited = [("LINK_PLATFORM_RATE_LIMITS", "true")];
    let nodes =
        [fleet.workspaces[0].serve_with(&limited).await, fleet.workspaces[1].serve_with(&limited).await];
    let (mut through, began) = (0_u32, Instant::now());
    // 500 at once and 50 a second are let through per address on public routes; failed attempts count like them.
    for _ in 0..600 {
        for node in &nodes {
            let reply = node.api("GET", "/v2/public/handles/hello/links").bearer_auth("x").send().await;
            through += u32::from(reply.expect("a reply").status() != 429);
        }
    }
    let refilled = 50 * (began.elapsed().as_secs() + 1);
    assert!(through >= 450 && u64::from(through) <= 500 + refilled, "{through} of 1200");
}

fn ordeal(visits: u64) -> Ordeal {
    Ordeal { visits, visitors: 16, kills: 3, nodes: 1, database: None, outage: None, seed: 7 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_node_has_answered_is_counted_once() {
    let balance = run_ordeal(&ordeal(6_000)).await;
    assert!(balance.holds() && balance.kills == 3 && balance.answered > 5_000, "{balance}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_killed_nodes_on_one_database_have_answered_is_counted_once() {
    let Some(database) = fresh_database().await else { return };
    let balance = run_ordeal(&Ordeal { nodes: 2, database: Some(database), ..ordeal(6_000) }).await;
    assert!(balance.holds() && balance.kills == 3 && balance.answered > 5_000, "{balance}");
}
