//! Links for so many visits, on one node and on several: never one more, whatever becomes of the nodes.

use std::sync::Arc;

use e2e::{Server, Workspace, fresh_database};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::edge::{eventually, put, visit};

/// Nodes on one database with handle `hello`, whose token comes with them.
async fn nodes(database: &str, count: usize) -> (Vec<Workspace>, Vec<Arc<Server>>, String) {
    let first = Workspace::new().on(database);
    let migrated = first.run(&["migrate"]).await;
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    let pat = first.bootstrap("hello").await;
    let secret = first.secret();
    let mut workspaces = vec![first];
    workspaces.extend((1..count).map(|_| Workspace::new().on(database).sharing(&secret)));
    let mut servers = Vec::new();
    for workspace in &workspaces {
        servers.push(Arc::new(workspace.serve().await));
    }
    (workspaces, servers, pat)
}

/// Lets so many visitors come at once to each of these nodes, and says how many were sent on.
async fn rush(servers: &[Arc<Server>], each: usize) -> u32 {
    let mut visitors = JoinSet::new();
    for server in servers {
        // As many connections as there are visitors side by side, and each comes again and again.
        for turn in 0..16 {
            let server = Arc::clone(server);
            visitors.spawn(async move {
                let mut passed = 0;
                for _ in 0..each / 16 + usize::from(turn < each % 16) {
                    match visit(&server, "/few").await.0 {
                        302 => passed += 1,
                        410 => {}
                        other => panic!("{other}"),
                    }
                }
                passed
            });
        }
    }
    visitors.join_all().await.iter().sum()
}

/// Lets visitors come to these nodes until one is told that the link is used up and, as the store sees it, it is; says how
/// many passed.
async fn use_up(servers: &[Arc<Server>], pat: &str) -> u32 {
    let passed = std::sync::atomic::AtomicU32::new(0);
    eventually("the end of the clicks", async || {
        let more = rush(servers, 40).await;
        passed.fetch_add(more, std::sync::atomic::Ordering::Relaxed);
        (more == 0 && left(&servers[0], pat).await == 0).then_some(())
    })
    .await;
    passed.into_inner()
}

/// What a preview says is left.
async fn left(server: &Server, pat: &str) -> u64 {
    let path = "/v2/public/handles/hello/links/few/route-preview";
    let asked = server.api("POST", path).bearer_auth(pat).header("content-type", "application/json");
    let reply = asked.body("{}").send().await.expect("a reply").text().await.expect("text");
    let preview: Value = serde_json::from_str(&reply).expect("JSON");
    let steps = preview["trace"].as_array().expect("steps");
    let limit = steps.iter().find(|step| step["step"] == "limit").expect("a limit");
    limit["left"].as_u64().expect("a number")
}

async fn make(server: &Server, pat: &str, most: u32) {
    let body = json!({ "destinationUrl": "https://example.com/", "maxClicks": most }).to_string();
    assert_eq!(put(server, pat, "few", &body).await, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_let_exactly_as_many_pass_as_the_link_is_for() {
    let Some(database) = fresh_database().await else { return };
    let (_workspaces, servers, pat) = nodes(&database, 3).await;
    make(&servers[0], &pat, 1_000).await;
    let first = rush(&servers, 300).await;
    assert!((1..=900).contains(&first), "{first} of 900 passed, and there were enough for them");
    let passed = first + use_up(&servers, &pat).await;
    assert_eq!(passed, 1_000);
    assert_eq!(rush(&servers, 20).await, 0, "none comes after the last");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_node_costs_a_link_at_most_what_it_was_lent() {
    let Some(database) = fresh_database().await else { return };
    let (_workspaces, mut servers, pat) = nodes(&database, 2).await;
    make(&servers[0], &pat, 3_000).await;
    let mut passed = rush(&servers, 100).await;
    let killed = servers.pop().expect("two nodes");
    killed.kill_now();
    passed += use_up(&servers, &pat).await;
    assert!((2_936..=3_000).contains(&passed), "{passed} of 3,000");
}

#[tokio::test]
async fn what_a_stopped_node_was_lent_is_there_after_its_restart() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    make(&server, &pat, 3_000).await;
    for _ in 0..5 {
        assert_eq!(visit(&server, "/few").await.0, 302);
    }
    assert_eq!(left(&server, &pat).await, 2_995, "what the node itself holds is left");
    assert!(server.terminate().await.0);
    let server = workspace.serve().await;
    assert_eq!(left(&server, &pat).await, 2_995);
}
