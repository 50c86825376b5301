//! Handles as a team shares them, on running servers.

use e2e::{Server, Workspace, fresh_database, mcp};
use lp_testkit::without_context;
use serde_json::{Value, json};

use crate::edge::{eventually, put};
use crate::sweep::sign_in;

const LINK: &str = r#"{"destinationUrl":"https://example.com/"}"#;

/// A call over REST: status and body.
async fn ask(server: &Server, token: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let mut request = server.api(method, path).bearer_auth(token);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let reply = request.send().await.expect("a reply");
    let status = reply.status().as_u16();
    (status, serde_json::from_str(&reply.text().await.expect("text")).expect("JSON"))
}

/// Where a visitor at the host of a handle is sent.
async fn visit(server: &Server, handle: &str, path: &str) -> (u16, Option<String>) {
    let reply = server.on(&format!("{handle}.localhost"), "GET", path).send().await.expect("a reply");
    let location = reply.headers().get("location").and_then(|value| value.to_str().ok());
    (reply.status().as_u16(), location.map(without_context))
}

fn moved(server: &Server, path: &str) -> (u16, Option<String>) {
    (308, Some(format!("http://acme.localhost:{}{path}", server.port)))
}

fn found() -> (u16, Option<String>) {
    (302, Some("https://example.com/".to_owned()))
}

#[tokio::test]
async fn a_team_shares_a_handle_over_rest() {
    let (workspace, _) = Workspace::bootstrapped().await;
    workspace.bootstrap("other").await;
    let server = workspace.serve().await;
    let (owner, other) = (sign_in(&server, "hello").await, sign_in(&server, "other").await);
    let path = "/v2/handles/hello/collaborators";
    assert_eq!(ask(&server, &other, "GET", path, None).await.0, 404);
    let list = json!({ "collaborators": [{ "email": "other@example.com", "role": "OPERATOR" }] });
    let shared = ask(&server, &owner, "PUT", path, Some(list)).await;
    assert_eq!((shared.0, &shared.1["collaborators"][0]["email"]), (200, &json!("other@example.com")));
    let member = shared.1["collaborators"][0]["userId"].clone();
    assert_eq!(ask(&server, &other, "GET", path, None).await, shared);
    let wrong = json!({ "collaborators": [{ "userId": "usr_x", "role": "BOSS" }] });
    let refused = ask(&server, &owner, "PUT", path, Some(wrong)).await;
    assert_eq!((refused.0, &refused.1["error"]), (400, &json!("invalid_collaborators")));
    assert_eq!(refused.1["fields"].as_array().map(Vec::len), Some(2));

    let profile = json!({ "displayName": "Hello", "timeZone": "UTC" });
    let told = ask(&server, &other, "PUT", "/v2/handles/hello/profile", Some(profile)).await;
    assert_eq!((told.0, &told.1["displayName"], &told.1["bio"]), (200, &json!("Hello"), &Value::Null));

    let transfer = "/v2/handles/hello/transfer-ownership";
    let refused = ask(&server, &owner, "POST", transfer, Some(json!({}))).await;
    assert_eq!((refused.0, &refused.1["error"]), (400, &json!("new_owner_required")));
    let passed = ask(&server, &owner, "POST", transfer, Some(json!({ "newOwnerUserId": member }))).await;
    assert_eq!((passed.0, &passed.1["ownerUserId"]), (200, &member));
    let empty = json!({ "collaborators": [] });
    let refused = ask(&server, &owner, "PUT", path, Some(empty.clone())).await;
    assert_eq!((refused.0, &refused.1["error"]), (403, &json!("insufficient_role")));
    assert_eq!(ask(&server, &other, "PUT", path, Some(empty)).await.0, 200);
    assert_eq!(ask(&server, &owner, "GET", path, None).await.0, 404, "a stranger at the next request");
}

#[tokio::test]
async fn a_handle_is_given_up_and_taken_back_over_rest() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let owner = sign_in(&server, "hello").await;
    assert_eq!(put(&server, &pat, "go", LINK).await, 201);
    assert_eq!(visit(&server, "hello", "/go").await, found());
    let unsure = ask(&server, &owner, "DELETE", "/v2/handles/hello", None).await;
    assert_eq!((unsure.0, &unsure.1["error"]), (400, &json!("validation_error")));
    let deleted = ask(&server, &owner, "DELETE", "/v2/handles/hello?confirm=hello", None).await;
    assert!(deleted.0 == 200 && deleted.1["deletesAt"].is_string(), "{deleted:?}");
    assert_eq!(visit(&server, "hello", "/go").await, (404, None));
    assert_eq!(put(&server, &pat, "go", LINK).await, 404);
    let listed = ask(&server, &owner, "GET", "/v2/handles", None).await.1;
    assert_eq!(listed["handles"][0]["deletesAt"], deleted.1["deletesAt"]);
    // Also after a restart.
    assert!(server.terminate().await.0);
    let server = workspace.serve().await;
    // Its address is another, so it issues other access tokens.
    let owner = sign_in(&server, "hello").await;
    assert_eq!(visit(&server, "hello", "/go").await, (404, None));
    assert_eq!(ask(&server, &owner, "POST", "/v2/handles/hello/restore", None).await.0, 200);
    assert_eq!(visit(&server, "hello", "/go").await, found());
    assert_eq!(put(&server, &pat, "go", LINK).await, 200);
    // The body may confirm as well.
    let body = Some(json!({ "confirm": "hello" }));
    assert_eq!(ask(&server, &owner, "DELETE", "/v2/handles/hello", body).await.0, 200);
}

#[tokio::test]
async fn a_running_server_follows_what_the_command_line_renames() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    assert_eq!(put(&server, &pat, "go", LINK).await, 201);
    assert_eq!(visit(&server, "hello", "/go").await, found());
    let rename = ["call", "handles_rename", "--handle", "hello", "--json", r#"{"newHandle":"acme"}"#];
    let renamed = workspace.run(&rename).await;
    assert!(renamed.status.success(), "{}", String::from_utf8_lossy(&renamed.stderr));
    eventually("the new name", async || (visit(&server, "acme", "/go").await == found()).then_some(())).await;
    for restarted in [false, true] {
        let server = if restarted { &workspace.serve().await } else { &server };
        assert_eq!(visit(server, "hello", "/go?x=1").await, moved(server, "/go?x=1"));
        assert_eq!(visit(server, "acme", "/go").await, found());
        assert_eq!(put(server, &pat, "go", LINK).await, 200, "a script goes on under the old name");
        let listed = ask(server, &pat, "GET", "/v2/public/handles/acme/links", None).await;
        let short = format!("http://acme.localhost:{}/go", server.port);
        assert_eq!(listed.1["links"][0]["shortUrl"], short);
        let catalogue = link_platform::catalogue();
        let row = catalogue.find("system_health").expect("a row");
        let health = mcp(server, row, "hello", Some(&pat), &json!({})).await;
        assert_eq!((health.status, &health.body["handle"]), (200, &json!("acme")));
    }
    let again = workspace
        .run(&[
            "bootstrap",
            "--email",
            "hello@example.com",
            "--password",
            "correct horse",
            "--handle",
            "acme",
        ])
        .await;
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
}

#[tokio::test]
async fn every_node_follows_a_rename_and_forgets_a_member_at_once() {
    let Some(database) = fresh_database().await else { return };
    let first = Workspace::new().on(&database);
    assert!(first.run(&["migrate"]).await.status.success());
    let pat = first.bootstrap("hello").await;
    first.bootstrap("other").await;
    let second = Workspace::new().on(&database).sharing(&first.secret());
    let (one, two) = (first.serve().await, second.serve().await);
    let (owner, other) = (sign_in(&one, "hello").await, sign_in(&two, "other").await);
    let path = "/v2/handles/hello/collaborators";
    let list = json!({ "collaborators": [{ "email": "other@example.com", "role": "CREATOR" }] });
    assert_eq!(ask(&one, &owner, "PUT", path, Some(list)).await.0, 200);
    assert_eq!(ask(&two, &other, "GET", path, None).await.0, 200);
    assert_eq!(ask(&one, &owner, "PUT", path, Some(json!({ "collaborators": [] }))).await.0, 200);
    assert_eq!(ask(&two, &other, "GET", path, None).await.0, 404, "on the other node, too");

    assert_eq!(put(&one, &pat, "go", LINK).await, 201);
    assert_eq!(visit(&two, "hello", "/go").await, found());
    assert_eq!(visit(&two, "acme", "/go").await, (404, None), "known to be absent by now");
    let name = Some(json!({ "newHandle": "acme" }));
    assert_eq!(ask(&one, &owner, "POST", "/v2/handles/hello/rename", name).await.0, 200);
    assert_eq!(visit(&one, "hello", "/go").await, moved(&one, "/go"), "the very next visit");
    assert_eq!(visit(&one, "acme", "/go").await, found());
    eventually("the new name", async || (visit(&two, "acme", "/go").await == found()).then_some(())).await;
    assert_eq!(visit(&two, "hello", "/go").await, moved(&two, "/go"));
    // Each has an address of its own here, and takes the access tokens that name it.
    let there = sign_in(&two, "hello").await;
    assert_eq!(ask(&two, &there, "GET", "/v2/handles/acme/links", None).await.1["handle"], "acme");

    let deleted = ask(&two, &there, "DELETE", "/v2/handles/acme?confirm=acme", None).await;
    assert_eq!(deleted.0, 200, "{deleted:?}");
    assert_eq!(visit(&two, "acme", "/go").await, (404, None));
    eventually("its end", async || (visit(&one, "acme", "/go").await == (404, None)).then_some(())).await;
    assert_eq!(ask(&one, &owner, "POST", "/v2/handles/acme/restore", None).await.0, 200);
    eventually("its return", async || (visit(&two, "acme", "/go").await == found()).then_some(())).await;
}
