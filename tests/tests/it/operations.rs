//! What operators need: health, metrics, documents, doctor, a clean end.

use e2e::Workspace;
use serde_json::Value;

#[tokio::test]
async fn health_and_readiness_answer_on_every_host() {
    let workspace = Workspace::new();
    let server = workspace.serve().await;
    for host in ["localhost", "hello.localhost", "hello.mcp.localhost", "nowhere.example"] {
        for path in ["/healthz", "/readyz"] {
            let reply = server.on(host, "GET", path).send().await.expect("a reply");
            assert_eq!(reply.status(), 200, "{host}{path}");
            assert!(reply.headers().contains_key("x-request-id"));
        }
    }
}

#[tokio::test]
async fn each_host_serves_its_own_and_nothing_else() {
    let workspace = Workspace::new();
    let server = workspace.serve().await;
    for (host, path, status) in [
        ("localhost", "/v2/system/health", 200),
        ("ai.localhost", "/v2/system/health", 200),
        ("127.0.0.1", "/v2/openapi.json", 200),
        ("hello.localhost", "/v2/system/health", 404),
        ("hello.localhost", "/mcp", 404),
        ("hello.mcp.localhost", "/v2/system/health", 404),
        ("hello--preview.localhost", "/", 404),
        ("app.localhost", "/v2/system/health", 404),
        ("nowhere.example", "/v2/system/health", 404),
        ("localhost", "/welcome", 404),
        ("hello.localhost", "/metrics", 404),
    ] {
        let reply = server.on(host, "GET", path).send().await.expect("a reply");
        assert_eq!(reply.status().as_u16(), status, "{host}{path}");
        assert!(reply.headers().contains_key("x-request-id"), "{host}{path}");
    }
}

#[tokio::test]
async fn metrics_count_calls_by_operation_code_and_surface() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    server.api("GET", "/v2/public/handles/hello/links").bearer_auth(&pat).send().await.expect("a reply");
    let page = server.api("GET", "/metrics").send().await.expect("a reply").text().await.expect("text");
    let line = page
        .lines()
        .find(|line| line.starts_with("operation_duration_ms_count") && line.contains("links_list"));
    let line = line.unwrap_or_else(|| panic!("no count in {page}"));
    assert!(line.contains("code=\"ok\"") && line.contains("surface=\"rest\""), "{line}");
    let forwarded = server.api("GET", "/metrics").header("x-forwarded-for", "203.0.113.7").send().await;
    assert_eq!(
        forwarded.expect("a reply").status(),
        404,
        "a proxy that nobody named may stand for all the world"
    );
}

#[tokio::test]
async fn behind_a_trusted_proxy_metrics_stay_inside() {
    let workspace = Workspace::new();
    let server = workspace.serve_with(&[("LINK_PLATFORM_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let outside =
        server.api("GET", "/metrics").header("x-forwarded-for", "203.0.113.7").send().await.expect("a reply");
    assert_eq!(outside.status(), 404);
    let forwarded = server.api("GET", "/welcome").header("x-forwarded-host", "hello.localhost").send().await;
    assert_eq!(forwarded.expect("a reply").status(), 302);
}

#[tokio::test]
async fn documents_are_printed_without_a_store() {
    let workspace = Workspace::new();
    let openapi: Value = serde_json::from_slice(&workspace.run(&["openapi"]).await.stdout).expect("JSON");
    assert_eq!(openapi["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    let tools: Value = serde_json::from_slice(&workspace.run(&["mcp-catalogue"]).await.stdout).expect("JSON");
    assert!(tools["tools"].as_array().is_some_and(|tools| tools.len() >= 13));
    assert!(String::from_utf8_lossy(&workspace.run(&["errors"]).await.stdout).contains("insufficient_scope"));
    assert!(!workspace.data().exists());
}

#[tokio::test]
async fn the_doctor_is_content_with_a_good_store_and_names_a_broken_one() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let well = workspace.run(&["doctor"]).await;
    assert!(well.status.success(), "{}", String::from_utf8_lossy(&well.stdout));
    std::fs::write(
        workspace.data().join("link-platform.db"),
        b"not a database at all, but long enough to be read as one",
    )
    .expect("a file");
    let ill = workspace.run(&["doctor"]).await;
    assert!(!ill.status.success());
    assert!(
        String::from_utf8_lossy(&ill.stdout).contains("FAIL  store"),
        "{}",
        String::from_utf8_lossy(&ill.stdout)
    );
}

#[tokio::test]
async fn an_idempotent_create_is_answered_the_same_after_a_restart() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let mut slugs = Vec::new();
    for _ in 0..2 {
        let server = workspace.serve().await;
        let post = server.api("POST", "/v2/public/handles/hello/links").bearer_auth(&pat);
        let post = post.header("idempotency-key", "once").header("content-type", "application/json");
        let reply = post.body(r#"{"destinationUrl":"https://example.com"}"#).send().await.expect("a reply");
        assert_eq!(reply.status(), 201);
        let body: Value = serde_json::from_str(&reply.text().await.expect("text")).expect("JSON");
        slugs.push(body["slug"].as_str().expect("a slug").to_owned());
        server.kill().await;
    }
    assert_eq!(slugs[0], slugs[1]);
}

#[tokio::test]
async fn a_health_check_asks_real_destinations_but_none_inside_unless_that_is_allowed() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    for (allowed, expected) in [("false", (Value::Null, "forbidden_address")), ("true", (200.into(), ""))] {
        let server = workspace.serve_with(&[("LINK_PLATFORM_ALLOW_PRIVATE_TARGETS", allowed)]).await;
        let own = format!("{{\"destinationUrl\":\"http://127.0.0.1:{}/v2/docs\"}}", server.port);
        let put = server.api("PUT", "/v2/public/handles/hello/links/docs").bearer_auth(&pat);
        put.header("content-type", "application/json").body(own).send().await.expect("a reply");
        let check = server.api("POST", "/v2/public/handles/hello/links/health-check").bearer_auth(&pat);
        let report = check.send().await.expect("a reply").text().await.expect("text");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        let result = &report["results"][0];
        assert_eq!(
            (result["status"].clone(), result["reason"].as_str().unwrap_or_default()),
            expected,
            "{report}"
        );
        server.kill().await;
    }
}

#[tokio::test]
async fn the_audit_is_proved_from_the_command_line_and_an_altered_line_is_named() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    for slug in ["aa", "bb", "cc"] {
        let put = server.api("PUT", &format!("/v2/public/handles/hello/links/{slug}"));
        let put = put.bearer_auth(&pat).header("content-type", "application/json");
        let put = put.body(r#"{"destinationUrl":"https://example.com"}"#);
        assert_eq!(put.send().await.expect("a reply").status(), 201);
    }
    let page = server.api("GET", "/v2/public/handles/hello/audit-events?operation=links_upsert&target=bb");
    let page = page.bearer_auth(&pat).send().await.expect("a reply").text().await.expect("text");
    let page: Value = serde_json::from_str(&page).expect("JSON");
    let entry = page["events"][0]["seq"].as_u64().expect("a number");
    let proved = workspace.run(&["audit", "verify"]).await;
    assert!(proved.status.success(), "{}", String::from_utf8_lossy(&proved.stdout));
    let heads = workspace.run(&["audit", "heads"]).await;
    let noted = workspace.data().join("heads.jsonl");
    std::fs::write(&noted, &heads.stdout).expect("the heads are written down");
    let against = ["audit", "verify", "--against", noted.to_str().expect("a path")];
    assert!(workspace.run(&against).await.status.success());
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(workspace.data().join("link-platform.db"));
    let pool = sqlx::SqlitePool::connect_with(options).await.expect("the store opens");
    let forged =
        sqlx::query("UPDATE audit SET actor = 'user:nobody' WHERE subject = 'bb'").execute(&pool).await;
    assert_eq!(forged.expect("it is altered").rows_affected(), 1);
    pool.close().await;
    let found = workspace.run(&["audit", "verify"]).await;
    let said = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(!found.status.success(), "{said}");
    let named: Vec<_> = said.lines().filter(|line| line.contains("entry")).collect();
    assert_eq!(named.len(), 1, "{said}");
    assert!(named[0].contains(&format!("hello: entry {entry}: it is not what was written")), "{said}");
    assert!(workspace.run(&["audit", "verify", "--handle", "_"]).await.status.success());
}

#[tokio::test]
async fn a_rotated_secret_keeps_people_signed_in_and_a_leaked_one_does_not() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    // Its origin is in what it signs, and the port in its origin.
    let port = server.port;
    let login = server.api("POST", "/v2/auth/login").header("content-type", "application/json");
    let login = login.body(r#"{"email":"hello@example.com","password":"correct horse"}"#);
    let signed_in = login.send().await.expect("a reply").text().await.expect("text");
    let signed_in: Value = serde_json::from_str(&signed_in).expect("JSON");
    let token = signed_in["accessToken"].as_str().expect("a token").to_owned();
    let me = async |server: &e2e::Server| {
        let reply = server.api("GET", "/v2/auth/me").bearer_auth(&token).send().await.expect("a reply");
        reply.status().as_u16()
    };
    assert_eq!(me(&server).await, 200);
    let rotated = workspace.run(&["rotate-key"]).await;
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    server.terminate().await;
    let server = workspace.serve_at(port).await;
    assert_eq!(me(&server).await, 200, "what the secret before signed is good");
    server.terminate().await;
    assert!(workspace.run(&["rotate-key", "--leaked"]).await.status.success());
    let server = workspace.serve_at(port).await;
    assert_eq!(me(&server).await, 401);
    let refresh = server.api("POST", "/v2/auth/refresh").header("content-type", "application/json");
    let refresh = refresh.body(serde_json::json!({ "refreshToken": signed_in["refreshToken"] }).to_string());
    assert_eq!(refresh.send().await.expect("a reply").status(), 200, "the session itself goes on");
    assert!(workspace.run(&["doctor"]).await.status.success());
}
