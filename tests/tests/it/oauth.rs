//! Apps that people let in, over the wire: the whole way, on one node and across two.

use e2e::oauth::{CALLBACK, PROOF, approve, asked, connect, form, redeem, register, resource};
use e2e::{Server, Workspace, fitting, fresh_database, mcp};
use link_platform::{Need, catalogue};
use serde_json::{Value, json};

async fn sign_in(server: &Server, handle: &str) -> String {
    let login = json!({ "email": format!("{handle}@example.com"), "password": "correct horse" });
    let request = server.api("POST", "/v2/auth/login").header("content-type", "application/json");
    let reply = request.body(login.to_string()).send().await.expect("a reply");
    let body: Value = serde_json::from_str(&reply.text().await.expect("text")).expect("JSON");
    text(&body["accessToken"]).to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}"))
}

/// How a call of a tool ends: the status of HTTP, and the code of a refusal.
async fn tool(server: &Server, handle: &str, token: &str, name: &str) -> (u16, Value) {
    let rows = catalogue();
    let row = rows.find(name).expect("a row");
    let answer = mcp(server, row, handle, Some(token), &fitting(row)).await;
    (answer.status, answer.body["error"].clone())
}

#[tokio::test]
async fn an_app_goes_the_whole_way_from_the_challenge_to_being_shut_out() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let owner = sign_in(&server, "hello").await;
    let client = register(&server).await;
    let asked = asked(&client, &resource(&server, "hello"));
    let code = approve(&server, &owner, &asked, &["mcp.connect", "skills.read", "links.read"]).await;

    let (status, refused) = redeem(&server, &client, &code, &resource(&server, "other")).await;
    assert_eq!((status, &refused["error"]), (400, &json!("invalid_target")));
    assert!(refused["error_description"].is_string(), "{refused}");
    let (status, tokens) = redeem(&server, &client, &code, &resource(&server, "hello")).await;
    assert_eq!((status, &tokens["token_type"]), (200, &json!("Bearer")));
    let access = text(&tokens["access_token"]);
    assert_eq!(tool(&server, "hello", access, "links_list").await, (200, Value::Null));
    assert_eq!(tool(&server, "hello", access, "links_upsert").await, (403, json!("insufficient_scope")));

    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens["refresh_token"])),
        ("client_id", &client),
    ];
    let (status, renewed) = form(&server, "/token", &refresh).await;
    assert_eq!(status, 200, "at the root of the issuer too: {renewed}");
    let (_, again) = form(&server, "/oauth/token", &refresh).await;
    assert_eq!(again, renewed, "an answer that was lost is given again");
    let access = text(&renewed["access_token"]);
    assert_eq!(tool(&server, "hello", access, "links_list").await, (200, Value::Null));

    let revoke = [("token", text(&renewed["refresh_token"])), ("client_id", &client)];
    assert_eq!(form(&server, "/oauth/revoke", &revoke).await.0, 200);
    assert_eq!(tool(&server, "hello", access, "links_list").await, (401, json!("token_revoked")));
    let (status, refused) = form(&server, "/oauth/token", &refresh).await;
    assert_eq!((status, &refused["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn a_client_with_a_secret_shows_it_in_the_header_or_in_the_body() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let made = workspace
        .run(&["oauth-client", "--name", "Hosted", "--redirect-uri", CALLBACK, "--secret", "--json"])
        .await;
    let line = String::from_utf8(made.stdout).expect("text");
    let made: Value = serde_json::from_str(line.trim()).expect("one line of JSON");
    let (client, secret) = (text(&made["client_id"]), text(&made["client_secret"]));
    let server = workspace.serve().await;
    let owner = sign_in(&server, "hello").await;
    let resource = resource(&server, "hello");
    let code = approve(&server, &owner, &asked(client, &resource), &["links.read"]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", PROOF),
    ];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let send = async |secret: Option<&str>| {
        let request = server.api("POST", "/oauth/token").basic_auth(client, secret);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body.clone());
        let reply = request.send().await.expect("a reply");
        let challenge =
            reply.headers().get("www-authenticate").map(|value| value.to_str().expect("text").to_owned());
        (reply.status().as_u16(), challenge)
    };
    let (status, challenge) = send(Some("wrong")).await;
    assert_eq!(status, 401);
    assert!(challenge.is_some_and(|challenge| challenge.starts_with("Basic ")), "RFC 6749, 5.2");
    assert_eq!(send(Some(secret)).await.0, 200);
    let revoke = [("token", "mcprt_none"), ("client_id", client), ("client_secret", secret)];
    assert_eq!(form(&server, "/oauth/revoke", &revoke).await.0, 200, "in the body");
}

#[tokio::test]
async fn what_opens_nothing_any_more_opens_no_tool_of_any_handle() {
    let (workspace, _) = Workspace::bootstrapped().await;
    workspace.bootstrap("other").await;
    let server = workspace.serve().await;
    let owner = sign_in(&server, "hello").await;
    let every: Vec<&str> = catalogue()
        .operations()
        .iter()
        .filter_map(|row| match row.need {
            Need::Member { scope, .. } if row.tool => Some(scope.as_str()),
            _ => None,
        })
        .collect();
    let (_, good) = connect(&server, &owner, "hello", &every).await;
    let (client, ended) = connect(&server, &owner, "hello", &every).await;
    let revoke = [("token", text(&ended["refresh_token"])), ("client_id", &client)];
    assert_eq!(form(&server, "/oauth/revoke", &revoke).await.0, 200);
    let mut combinations = 0;
    for row in catalogue().operations().iter().filter(|row| row.tool && row.need != Need::Public) {
        let arguments = fitting(row);
        for (handle, token, code) in [
            ("hello", text(&ended["access_token"]), "token_revoked"),
            ("hello", text(&good["refresh_token"]), "invalid_token"),
            ("hello", "mcpv1_none", "invalid_token"),
            ("other", text(&good["access_token"]), "invalid_token"),
        ] {
            let answer = mcp(&server, row, handle, Some(token), &arguments).await;
            assert_eq!(
                (answer.status, &answer.body["error"]),
                (401, &json!(code)),
                "{} at {handle}",
                row.name
            );
            combinations += 1;
        }
    }
    assert!(combinations >= 60, "{combinations}");
}

#[tokio::test]
async fn one_node_asks_the_person_another_gives_the_tokens_and_both_know_the_end() {
    let Some(database) = fresh_database().await else { return };
    let first = Workspace::new().on(&database);
    assert!(first.run(&["migrate"]).await.status.success());
    first.bootstrap("hello").await;
    let one = first.serve_with(&[API]).await;
    let second = Workspace::new().on(&database).sharing(&first.secret());
    let two = second.serve_with(&[API]).await;
    let owner = sign_in(&one, "hello").await;
    let (client, resource) = (register(&two).await, format!("{}/mcp/hello/mcp", API.1));
    let code = approve(&one, &owner, &asked(&client, &resource), &["links.read"]).await;
    let (status, tokens) = redeem(&two, &client, &code, &resource).await;
    assert_eq!(status, 200, "{tokens}");
    let access = text(&tokens["access_token"]);
    for node in [&one, &two] {
        assert_eq!(tool(node, "hello", access, "links_list").await, (200, Value::Null));
    }
    let (status, _) = redeem(&one, &client, &code, &resource).await;
    assert_eq!(status, 400, "a code is good on one node only, once");
    assert_eq!(tool(&one, "hello", access, "links_list").await, (401, json!("token_revoked")));
    let mut asked = 0;
    while tool(&two, "hello", access, "links_list").await.0 == 200 {
        asked += 1;
        assert!(asked < 100_000, "the other node never learns of it");
    }
}

/// The origin of both nodes.
const API: (&str, &str) = ("LINK_PLATFORM_API_URL", "http://localhost:7777");
