//! Whatever is sent is answered with a 4xx, a stable code and every fault; never a 500, nothing half written.

use e2e::{Server, Workspace};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn send(
    server: &Server,
    pat: &str,
    method: &str,
    path: &str,
    kind: &str,
    body: impl Into<Vec<u8>>,
) -> (u16, Value) {
    let request = server.api(method, path).bearer_auth(pat).header("content-type", kind).body(body.into());
    let reply = request.send().await.expect("a reply");
    let status = reply.status().as_u16();
    let id = reply.headers().get("x-request-id").cloned();
    let body: Value = serde_json::from_str(&reply.text().await.expect("text")).unwrap_or_default();
    if status >= 400 {
        assert!(body["error"].is_string() && body["message"].is_string(), "{method} {path}: {body}");
        assert_eq!(
            id.and_then(|id| id.to_str().map(ToOwned::to_owned).ok()).as_deref(),
            body["requestId"].as_str()
        );
    }
    (status, body)
}

#[tokio::test]
async fn bodies_that_are_no_json_objects_are_refused_with_their_code() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let path = "/v2/public/handles/hello/links/launch";
    let deep = format!("{{\"title\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let huge = format!("{{\"title\":\"{}\"}}", "x".repeat(3_000_000));
    for (kind, body, status, code) in [
        ("application/json", b"{".to_vec(), 400, "invalid_payload"),
        ("application/json", b"[]".to_vec(), 400, "invalid_payload"),
        ("application/json", b"\"text\"".to_vec(), 400, "invalid_payload"),
        ("application/json", b"{\"title\":\"\xff\"}".to_vec(), 400, "invalid_payload"),
        ("application/json", b"{\"title\":\"a\",\"title\":\"b\"}".to_vec(), 400, "invalid_payload"),
        ("application/json", b"{\"title\":\"\x01\"}".to_vec(), 400, "invalid_payload"),
        ("application/json", deep.into_bytes(), 400, "invalid_payload"),
        ("application/json", huge.into_bytes(), 413, "payload_too_large"),
        (
            "application/json",
            b"{\"title\":\"\\u0001\",\"destinationUrl\":\"https://example.com\"}".to_vec(),
            400,
            "validation_error",
        ),
        ("application/json", b"".to_vec(), 400, "validation_error"),
        ("text/plain", b"{}".to_vec(), 415, "unsupported_media_type"),
        ("application/xml", b"<x/>".to_vec(), 415, "unsupported_media_type"),
    ] {
        let shown = String::from_utf8_lossy(&body).chars().take(60).collect::<String>();
        let (got, reply) = send(&server, &pat, "PUT", path, kind, body).await;
        assert_eq!((got, reply["error"].as_str()), (status, Some(code)), "{kind} {shown}: {reply}");
    }
    let (status, list) = send(&server, &pat, "GET", "/v2/public/handles/hello/links", "text/plain", "").await;
    assert_eq!((status, &list["links"]), (200, &json!([])), "nothing was written");
}

#[tokio::test]
async fn every_fault_of_a_body_is_named_by_a_pointer_into_it() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let body = json!({ "destinationUrl": "https://a:b@example.com", "title": "x".repeat(301), "tags": [1], "surprise": true, "redirectStatus": "302" });
    let (status, reply) = send(
        &server,
        &pat,
        "PUT",
        "/v2/public/handles/hello/links/no%20good",
        "application/json",
        body.to_string(),
    )
    .await;
    let mut named: Vec<_> = reply["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|f| f["pointer"].as_str().expect("a pointer").to_owned())
        .collect();
    named.sort();
    assert_eq!(status, 400);
    assert_eq!(named, ["/destinationUrl", "/redirectStatus", "/slug", "/surprise", "/tags/0", "/title"]);
}

#[tokio::test]
async fn addresses_that_nobody_should_follow_are_refused() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    for url in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.com",
        "//example.com",
        "/relative",
        "https://",
        "https://user:pw@example.com",
        "https://user@example.com",
        "https://example.com/\r\nset-cookie: a=b",
        " https://example.com",
        "https://exa mple.com",
        "https://[::1",
        "",
        "https://example.com:99999/",
    ] {
        let body = json!({ "destinationUrl": url }).to_string();
        let (status, reply) =
            send(&server, &pat, "PUT", "/v2/public/handles/hello/links/launch", "application/json", body)
                .await;
        assert_eq!(
            (status, reply["error"].as_str()),
            (400, Some("invalid_destination_url")),
            "{url:?}: {reply}"
        );
    }
}

#[tokio::test]
async fn paths_methods_and_queries_that_do_not_exist_are_refused() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    for (method, path, status, code) in [
        ("GET", "/v2/nothing", 404, "not_found"),
        ("GET", "/v2/public/handles/HELLO/links", 404, "not_found"),
        ("GET", "/v2/public/handles/h%20i/links", 404, "not_found"),
        ("GET", "/v2/public/handles/%ff/links", 404, "not_found"),
        ("POST", "/v2/public/handles/hello/links/launch", 405, "method_not_allowed"),
        ("PATCH", "/v2/public/handles/hello/links", 405, "method_not_allowed"),
        ("GET", "/v2/public/handles/hello/links?limit=many", 400, "validation_error"),
        ("GET", "/v2/public/handles/hello/links?limit=0", 400, "validation_error"),
        ("GET", "/v2/public/handles/hello/links?limit=1&limit=2", 400, "validation_error"),
        ("GET", "/v2/public/handles/hello/links?colour=red", 400, "validation_error"),
        ("GET", "/v2/public/handles/hello/links?cursor=%20", 400, "invalid_cursor"),
        ("GET", "/v2/public/handles/hello/links?cursor=AAAA", 400, "invalid_cursor"),
        ("GET", "/v2/public/handles/hello/links?q=%ff", 400, "validation_error"),
        ("GET", "/v2/public/handles/hello/analytics?period=forever", 400, "validation_error"),
        ("DELETE", "/v2/public/handles/hello/links/absent", 404, "not_found"),
        ("GET", "/v2/public/handles/hello/links/export?format=xml", 400, "validation_error"),
    ] {
        let (got, reply) = send(&server, &pat, method, path, "application/json", "").await;
        assert_eq!((got, reply["error"].as_str()), (status, Some(code)), "{method} {path}: {reply}");
    }
}

#[tokio::test]
async fn a_tool_call_with_bad_arguments_is_a_result_that_a_model_can_read() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let rows = link_platform::catalogue();
    let row = rows.find("links_upsert").expect("a row");
    for arguments in [
        json!({}),
        json!({ "slug": 7 }),
        json!({ "slug": "a", "payload": "text" }),
        json!({ "slug": "a", "payload": {}, "x": 1 }),
    ] {
        let answer = e2e::mcp(&server, row, "hello", Some(&pat), &arguments).await;
        assert_eq!(
            (answer.status, answer.body["error"].as_str()),
            (400, Some("validation_error")),
            "{arguments}"
        );
        assert!(answer.body["fields"].as_array().is_some_and(|fields| !fields.is_empty()));
    }
    for body in [
        "{",
        "[]",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"tools/list\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1}",
    ] {
        let post =
            server.api("POST", "/mcp/hello/mcp").bearer_auth(&pat).header("content-type", "application/json");
        let post = post.header("accept", "application/json, text/event-stream").body(body);
        let status = post.send().await.expect("a reply").status().as_u16();
        assert!((400..500).contains(&status), "{body}: {status}");
    }
}

#[tokio::test]
async fn bytes_that_are_hardly_http_do_not_end_the_server() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    for bytes in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nhost: \xff\xfe\r\n\r\n",
        b"GET /\xff\xff HTTP/1.1\r\nhost: hello.localhost\r\n\r\n",
        b"GET /welcome HTTP/1.1\r\nhost: hello.localhost\r\nuser-agent: \xff\r\nreferer: \xff\r\nconnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\xff\xff",
        b"OPTIONS * HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.expect("a connection");
        stream.write_all(bytes).await.expect("sent");
        stream.shutdown().await.expect("sent");
        let mut reply = Vec::new();
        // A reset is as good an answer as any to bytes like these.
        let _ = stream.read_to_end(&mut reply).await;
        assert!(!reply.starts_with(b"HTTP/1.1 5"), "{}", String::from_utf8_lossy(&reply));
    }
    let alive = server.api("GET", "/healthz").send().await.expect("a reply");
    assert_eq!(alive.status(), 200);
}

#[tokio::test]
async fn a_large_body_of_a_stranger_is_not_taken_in() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    for (path, method) in [("/v2/public/handles/hello/links/launch", "PUT"), ("/mcp/hello/mcp", "POST")] {
        // Announced and never sent: whoever waited for it would not answer.
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer nobody\r\n\
             content-type: application/json\r\ncontent-length: 1000000\r\n\r\n{{"
        );
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("sent");
        let mut reply = [0; 12];
        stream.read_exact(&mut reply).await.expect("an answer");
        assert_eq!(&reply, b"HTTP/1.1 401", "{path}");
    }
}
