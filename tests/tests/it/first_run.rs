//! What a creator sees who runs one command.

use e2e::Workspace;
use lp_testkit::without_context;
use serde_json::Value;

#[tokio::test]
async fn a_first_start_prints_what_there_is_to_click_and_a_second_does_not() {
    let workspace = Workspace::new();
    let server = workspace.serve().await;
    let greeting = server.greeting.join("\n");
    let short = format!("http://hello.localhost:{}/welcome", server.port);
    let sign_in = format!("http://app.localhost:{}/sign-in", server.port);
    for part in [
        "owner@localhost",
        "patv1_",
        "/v2/docs",
        "http://hello.mcp.localhost:",
        "/mcp/hello/mcp",
        &short,
        &sign_in,
        "curl -i",
    ] {
        assert!(greeting.contains(part), "{part} in {greeting}");
    }
    let reply = server.on("hello.localhost", "GET", "/welcome").send().await.expect("a reply");
    assert_eq!(reply.status(), 302);
    let location = without_context(reply.headers()["location"].to_str().expect("text"));
    assert_eq!(location, format!("http://localhost:{}/v2/docs", server.port));
    assert_eq!(server.api("GET", "/v2/docs").send().await.expect("a reply").status(), 200);
    let port = server.port;
    let (ended_well, rest) = server.terminate().await;
    assert!(ended_well && rest.is_empty(), "{rest:?}");
    let again = workspace.serve().await;
    assert_eq!(again.greeting, [] as [&str; 0], "shown once (before on port {port})");
}

#[tokio::test]
async fn the_printed_token_creates_a_link_that_redirects_at_once() {
    let workspace = Workspace::new();
    let server = workspace.serve().await;
    let pat = server.greeting.iter().find_map(|line| line.trim().strip_prefix("token").map(str::trim));
    let put = server
        .api("PUT", "/v2/public/handles/hello/links/launch")
        .bearer_auth(pat.expect("a token"))
        .header("content-type", "application/json")
        .body(r#"{"destinationUrl":"https://example.com/launch"}"#);
    assert_eq!(put.send().await.expect("a reply").status(), 201);
    let visit = server.on("hello.localhost", "GET", "/Launch?a=1").send().await.expect("a reply");
    let location = without_context(visit.headers()["location"].to_str().expect("text"));
    assert_eq!((visit.status().as_u16(), location.as_str()), (302, "https://example.com/launch?a=1"));
}

#[tokio::test]
async fn bootstrap_beside_a_running_server_is_seen_and_repeats_change_nothing() {
    let workspace = Workspace::new();
    let server = workspace.serve().await;
    let pat = workspace.bootstrap("shop").await;
    let list =
        server.api("GET", "/v2/public/handles/shop/links").bearer_auth(&pat).send().await.expect("a reply");
    assert_eq!(list.status(), 200);
    let again = workspace
        .run(&[
            "bootstrap",
            "--email",
            "shop@example.com",
            "--password",
            "another one",
            "--handle",
            "shop",
            "--json",
        ])
        .await;
    let line: Value = serde_json::from_slice(&again.stdout).expect("JSON");
    assert_eq!((line["pat"].is_null(), line["handle"].as_str()), (true, Some("shop")));
    let taken = workspace
        .run(&["bootstrap", "--email", "thief@example.com", "--password", "another one", "--handle", "shop"])
        .await;
    assert!(!taken.status.success());
    assert!(String::from_utf8_lossy(&taken.stderr).contains("belongs to another account"));
    let wrong = workspace.run(&["bootstrap", "--email", "x", "--password", "short", "--handle", "No"]).await;
    let said = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(["email", "password", "handle"].iter().all(|name| said.contains(name)), "{said}");
}

#[tokio::test]
async fn settings_that_make_no_sense_are_named() {
    let workspace = Workspace::new();
    for (args, part) in [
        (&["serve", "--database-url", "mysql://x"][..], "database-url"),
        (&["serve", "--database-url", "postgres://127.0.0.1:1/x"][..], "connection refused"),
        (&["serve", "--listen", "nowhere"][..], "--listen"),
        (&["doctor", "--config", "/nonexistent.toml"][..], "nonexistent.toml"),
        (&["call", "links_explode"][..], "links_upsert"),
    ] {
        let ended = workspace.run(args).await;
        assert!(!ended.status.success(), "{args:?}");
        // The doctor's findings are its result; everybody else's faults are remarks.
        let said = String::from_utf8_lossy(&[ended.stderr, ended.stdout].concat()).into_owned();
        assert!(said.contains(part), "{args:?}: {said}");
    }
}

#[tokio::test]
async fn variables_that_are_set_to_nothing_are_not_set() {
    let workspace = Workspace::new();
    let empty =
        ["TRUSTED_PROXIES", "PUBLIC_PORT", "PUBLIC_DOMAIN", "API_URL", "DEFAULT_HANDLE", "CLICK_DURABILITY"];
    let names: Vec<_> = empty.iter().map(|name| format!("LINK_PLATFORM_{name}")).collect();
    let variables: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    let server = workspace.serve_with(&variables).await;
    let reply = server.on("hello.localhost", "GET", "/welcome").send().await.expect("a reply");
    assert_eq!(reply.status(), 302);
}
