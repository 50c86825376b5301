//! Every row, on every surface, with every wrong credential.

use e2e::{Answer, Server, Workspace, cli_remote, embedded, mcp, rest};
use link_platform::{Auth, Builder, Config, Credential, Kind, Need, Operation, catalogue};
use serde_json::{Value, json};

use crate::edge::eventually;

struct Wrong {
    none: Option<String>,
    malformed: String,
    unknown: String,
    foreign: String,
    underscoped: String,
    /// An access token whose signature is another's.
    forged: String,
    /// An access token whose session has ended.
    signed_out: String,
    /// A good access token of an account that is no member.
    stranger: String,
}

/// Arguments that a row would take, so that nothing but the credential is wrong.
fn arguments(row: &Operation) -> Value {
    let known = |name: &str| row.input["properties"].get(name).is_some();
    let mut arguments = serde_json::Map::new();
    if known("slug") {
        arguments.insert("slug".to_owned(), json!("some"));
    }
    if known("ruleId") {
        arguments.insert("ruleId".to_owned(), json!("some"));
    }
    if row.need == Need::Public && known("handle") {
        arguments.insert("handle".to_owned(), json!("hello"));
    }
    if known("clickId") {
        arguments.insert("clickId".to_owned(), json!("clk_06dq5ry9v5qk1h3mzt8n2w4c7g"));
    }
    if known("ctx") {
        arguments.insert("ctx".to_owned(), json!("ctx1.AAAA.AAAA"));
    }
    if known("payload") {
        let payload = if row.name == "links_rollback" { json!({ "revision": 1 }) } else { json!({}) };
        arguments.insert("payload".to_owned(), payload);
    }
    Value::Object(arguments)
}

async fn wrong(workspace: &Workspace, pat: &str) -> Wrong {
    let foreign = workspace.bootstrap("other").await;
    // Two scopes that no row needs together with mcp.connect, so that each row lacks its own.
    let underscoped =
        lp_testkit::mint(&workspace.data().join("link-platform.db"), "hello", &["agent.strategy.read"]).await;
    Wrong {
        none: None,
        malformed: "patv1_broken".to_owned(),
        unknown: format!("{}{}", &pat[..33], "0".repeat(52)),
        foreign,
        underscoped,
        forged: String::new(),
        signed_out: String::new(),
        stranger: String::new(),
    }
}

/// The access tokens among the wrong credentials.
async fn accounts(server: &Server, wrong: Wrong) -> Wrong {
    let signed_out = sign_in(server, "hello").await;
    let ended = server.api("POST", "/v2/auth/logout").bearer_auth(&signed_out).send().await.expect("a reply");
    assert_eq!(ended.status().as_u16(), 200);
    let stranger = sign_in(server, "other").await;
    let (said, _) = signed_out.rsplit_once('.').expect("a signature");
    let (_, signature) = stranger.rsplit_once('.').expect("a signature");
    Wrong { forged: format!("{said}.{signature}"), signed_out, stranger, ..wrong }
}

fn refused(answer: &Answer, status: u16, code: &str, what: &str) {
    assert_eq!(
        (answer.status, answer.body["error"].as_str()),
        (status, Some(code)),
        "{what}: {:?}",
        answer.body
    );
    assert!(!answer.body.to_string().contains("example.com"), "{what}: nothing of the handle shows");
}

#[tokio::test]
async fn over_rest_every_row_refuses_every_wrong_credential() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let wrong = accounts(&server, wrong(&workspace, &pat).await).await;
    for row in catalogue().operations() {
        let arguments = arguments(row);
        let ask =
            async |auth, token: Option<&str>| rest(&server, row, auth, "hello", token, &arguments).await;
        if row.mounts().iter().any(|mount| mount.auth == Auth::Public) {
            let answer = ask(Auth::Public, Some(&wrong.malformed)).await;
            // What only looks is answered; what signs in has its own proof to ask for, and takes no credential either.
            let unknown_client = answer.status == 401 && answer.body["error"] == "invalid_client";
            let wrong_proof = answer.status == 400 && answer.body["error"] == "invalid_context";
            let status = if row.effect.read_only { 200 } else { 400 };
            let said = answer.status == status || unknown_client || wrong_proof;
            assert!(said, "{}: public: {answer:?}", row.name);
            continue;
        }
        let what = |kind: &str| format!("{} {kind}", row.name);
        refused(&ask(Auth::Jwt, None).await, 401, "missing_bearer_token", &what("account route, none"));
        for (token, kind) in [(&pat, "a token"), (&wrong.malformed, "malformed"), (&wrong.unknown, "unknown")]
        {
            refused(
                &ask(Auth::Jwt, Some(token)).await,
                401,
                "invalid_token",
                &what(&format!("account route, {kind}")),
            );
        }
        for (token, code) in [(&wrong.forged, "invalid_token"), (&wrong.signed_out, "token_revoked")] {
            refused(&ask(Auth::Jwt, Some(token)).await, 401, code, &what("account route, signed in no more"));
        }
        if matches!(row.need, Need::Member { .. } | Need::Role(_)) {
            refused(
                &ask(Auth::Jwt, Some(&wrong.stranger)).await,
                404,
                "not_found",
                &what("account route, a stranger"),
            );
        }
        if !matches!(row.need, Need::Member { .. }) {
            continue;
        }
        let none = ask(Auth::Pat, wrong.none.as_deref()).await;
        refused(&none, 401, "missing_bearer_token", &what("none"));
        assert!(none.headers.contains_key("www-authenticate"), "{}", row.name);
        refused(
            &ask(Auth::Pat, Some(&wrong.malformed)).await,
            401,
            "invalid_token_format",
            &what("malformed"),
        );
        refused(&ask(Auth::Pat, Some(&wrong.unknown)).await, 401, "invalid_token", &what("unknown"));
        refused(
            &ask(Auth::Pat, Some("eyJhbGciOiJub25lIn0.e30.")).await,
            401,
            "invalid_token",
            &what("of another kind"),
        );
        refused(&ask(Auth::Pat, Some(&wrong.foreign)).await, 404, "not_found", &what("foreign"));
        refused(
            &ask(Auth::Pat, Some(&wrong.underscoped)).await,
            403,
            "insufficient_scope",
            &what("underscoped"),
        );
    }
}

/// Signs the owner of a handle in; the harness bootstraps each with a mailbox of its name.
pub(crate) async fn sign_in(server: &Server, handle: &str) -> String {
    let login = json!({ "email": format!("{handle}@example.com"), "password": "correct horse" });
    let request = server.api("POST", "/v2/auth/login").header("content-type", "application/json");
    let reply = request.body(login.to_string()).send().await.expect("a reply");
    let body: Value = serde_json::from_str(&reply.text().await.expect("text")).expect("JSON");
    body["accessToken"].as_str().unwrap_or_else(|| panic!("signed in: {body}")).to_owned()
}

#[tokio::test]
async fn over_mcp_every_tool_refuses_every_wrong_credential() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let wrong = wrong(&workspace, &pat).await;
    let connected = lp_testkit::mint(
        &workspace.data().join("link-platform.db"),
        "hello",
        &["mcp.connect", "agent.strategy.read"],
    )
    .await;
    for row in catalogue().operations().iter().filter(|row| row.tool) {
        let arguments = arguments(row);
        let ask = async |token: Option<&str>| mcp(&server, row, "hello", token, &arguments).await;
        if row.need == Need::Public {
            refused(&ask(None).await, 400, "invalid_context", row.name);
            continue;
        }
        challenged(&ask(None).await, "missing_bearer_token", row);
        challenged(&ask(Some(&wrong.malformed)).await, "invalid_token_format", row);
        challenged(&ask(Some(&wrong.unknown)).await, "invalid_token", row);
        challenged(&ask(Some(&wrong.foreign)).await, "invalid_token", row);
        refused(&ask(Some(&wrong.underscoped)).await, 403, "insufficient_scope", row.name);
        if row.name != "system_health" {
            refused(&ask(Some(&connected)).await, 403, "insufficient_scope", row.name);
        }
    }
}

fn challenged(answer: &Answer, code: &str, row: &Operation) {
    refused(answer, 401, code, row.name);
    let challenge =
        answer.headers.get("www-authenticate").and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert!(challenge.starts_with("Bearer resource_metadata=\"http"), "{}: {challenge}", row.name);
}

#[tokio::test]
async fn on_the_command_line_every_row_refuses_every_wrong_token() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let wrong = wrong(&workspace, &pat).await;
    for row in catalogue().operations().iter().filter(|row| guarded(row)) {
        let arguments = arguments(row);
        let ask = async |token: &str| cli_remote(&workspace, &server, row, "hello", token, &arguments).await;
        refused(&ask(&wrong.malformed).await, 401, "invalid_token_format", row.name);
        refused(&ask(&wrong.unknown).await, 401, "invalid_token", row.name);
        refused(&ask(&wrong.foreign).await, 404, "not_found", row.name);
        refused(&ask(&wrong.underscoped).await, 403, "insufficient_scope", row.name);
    }
}

#[tokio::test]
async fn within_a_program_every_row_refuses_every_wrong_credential() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let wrong = wrong(&workspace, &pat).await;
    let platform = Builder::from(Config::local(&workspace.data(), 8080)).open().await.expect("a platform");
    for row in catalogue().operations().iter().filter(|row| guarded(row)).filter(|row| row.kind == Kind::Json)
    {
        let arguments = arguments(row);
        let ask = async |credential| embedded(&platform, row, "hello", credential, &arguments).await;
        let bearer = |text: &String| Credential::Bearer(text.clone());
        refused(&ask(Credential::None).await, 401, "missing_bearer_token", row.name);
        refused(&ask(bearer(&wrong.malformed)).await, 401, "invalid_token_format", row.name);
        refused(&ask(bearer(&wrong.unknown)).await, 401, "invalid_token", row.name);
        refused(&ask(bearer(&wrong.foreign)).await, 404, "not_found", row.name);
        refused(&ask(bearer(&wrong.underscoped)).await, 403, "insufficient_scope", row.name);
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_token_rotated_beside_the_server_soon_opens_nothing() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    assert_eq!(list(&server, &pat).await, 200);
    let again = [
        "bootstrap",
        "--email",
        "hello@example.com",
        "--password",
        "correct horse",
        "--handle",
        "hello",
        "--json",
    ];
    let unchanged = workspace.run(&again).await;
    assert!(String::from_utf8_lossy(&unchanged.stdout).contains("\"pat\":null"));
    let rotated = workspace.run(&[&again[..], &["--rotate-pat"]].concat()).await;
    let line: Value = serde_json::from_slice(&rotated.stdout).expect("JSON");
    assert_eq!(list(&server, line["pat"].as_str().expect("a token")).await, 200);
    // Another process made it, so this one learns of it: within a second.
    eventually("the refusal", async || (list(&server, &pat).await == 401).then_some(())).await;
    assert_eq!(list(&server, &pat).await, 401);
}

async fn list(server: &Server, pat: &str) -> u16 {
    let reply = server.api("GET", "/v2/public/handles/hello/links").header("x-api-key", pat).send().await;
    reply.expect("a reply").status().as_u16()
}

/// Whether a row needs a credential.
fn guarded(row: &Operation) -> bool {
    row.mounts().iter().any(|mount| mount.auth == Auth::Pat)
}
