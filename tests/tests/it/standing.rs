//! Credentials that were good once, and roles that are too low: every row, on every mount and over MCP, computed from the
//! catalogue. None is let in, and none has an effect.

use std::sync::Arc;
use std::time::Duration;

use e2e::{Answer, Server, Workspace, fitting, mcp, rest_at};
use link_platform::adapter::core::{Role, Timestamp, TokenId};
use link_platform::{
    Accepts, Auth, Builder, Config, Credential, Need, Operation, Request, Surface, catalogue,
};
use lp_testkit::FixedClock;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;

/// The origin of all signed tokens, whatever the port: two processes issue them here.
const API: (&str, &str) = ("LINK_PLATFORM_API_URL", "http://localhost:7777");

async fn ask(server: &Server, method: &str, path: &str, token: &str, body: Option<Value>) -> Value {
    let mut request = server.api(method, path);
    if !token.is_empty() {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let text = request.send().await.expect("a reply").text().await.expect("text");
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

async fn sign_in(server: &Server, handle: &str) -> Value {
    let login = json!({ "email": format!("{handle}@example.com"), "password": "correct horse" });
    ask(server, "POST", "/v2/auth/login", "", Some(login)).await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text: {value}")).to_owned()
}

fn refused(answer: &Answer, status: u16, code: &str, what: &str) {
    let said = (answer.status, answer.body["error"].as_str());
    assert_eq!(said, (status, Some(code)), "{what}: {}", answer.body);
    assert!(!answer.body.to_string().contains("mark-of-hello"), "{what}: it tells of the handle");
}

/// A token of an account that signed in two hours ago, by a node whose clock says so.
async fn expired(workspace: &Workspace, now: Timestamp) -> String {
    let clock = Arc::new(FixedClock::new());
    clock.set(now.minus(Duration::from_hours(2)));
    let config = Config::local(&workspace.data(), 7777);
    let platform = Builder::from(config).clock(clock).open().await.expect("a platform");
    let arguments = json!({ "email": "hello@example.com", "password": "correct horse" });
    let request = Request {
        operation: "auth_login".to_owned(),
        arguments: arguments.as_object().cloned().unwrap_or_default(),
        bound: None,
        credential: Credential::None,
        accepts: Accepts::Jwt,
        surface: Surface::Embedded,
        request_id: "earlier".to_owned(),
        idempotency_key: None,
        address: None,
    };
    let signed_in = platform.application().call(request).await.result.expect("the owner may sign in").value;
    platform.stop().await;
    text(&signed_in["accessToken"])
}

/// Past the platform: what becomes of a token by time, or by another node.
async fn set(workspace: &Workspace, pat: &str, column: &str) {
    let id = pat.strip_prefix("patv1_").and_then(|rest| rest.split('.').next()).expect("a token");
    let id = TokenId::parse(id).expect("an id");
    let options = SqliteConnectOptions::new().filename(workspace.data().join("link-platform.db"));
    let pool = SqlitePool::connect_with(options).await.expect("the store opens");
    let statement = match column {
        "expires_at" => "UPDATE tokens SET expires_at = 1000 WHERE id = ?1",
        _ => "UPDATE tokens SET revoked_at = 1000 WHERE id = ?1",
    };
    let done = sqlx::query(statement).bind(id.uuid()).execute(&pool).await.expect("it is set");
    assert_eq!(done.rows_affected(), 1);
    pool.close().await;
}

/// The least role that a row lets in; `None` where it is no member's business.
fn role(row: &Operation) -> Option<Role> {
    match row.need {
        Need::Role(role) | Need::Member { role, .. } => Some(role),
        Need::Public | Need::Account => None,
    }
}

#[tokio::test]
async fn what_was_good_once_opens_no_row() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let database = workspace.data().join("link-platform.db");
    let (late, gone) = (
        lp_testkit::mint(&database, "hello", &["*"]).await,
        lp_testkit::mint(&database, "hello", &["*", "links.*"]).await,
    );
    set(&workspace, &late, "expires_at").await;
    set(&workspace, &gone, "revoked_at").await;
    let server = workspace.serve_with(&[API]).await;
    let link = json!({ "destinationUrl": "https://example.com/mark-of-hello" });
    let put = ask(&server, "PUT", "/v2/public/handles/hello/links/some", &pat, Some(link)).await;
    let now = Timestamp::parse(&text(&put["createdAt"])).expect("an instant");
    let stale = expired(&workspace, now).await;
    let before = ask(&server, "GET", "/v2/public/handles/hello/audit-events", &pat, None).await;
    let mut combinations = 0;
    for row in catalogue().operations().iter().filter(|row| row.need != Need::Public) {
        let arguments = fitting(row);
        for mount in row.mounts() {
            let wrong: &[(&str, &str)] = match mount.auth {
                Auth::Jwt => &[(&stale, "token_expired")],
                Auth::Pat => &[(&late, "token_expired"), (&gone, "token_revoked")],
                Auth::Public | Auth::Signed => &[],
            };
            for (token, code) in wrong {
                let answer = rest_at(&server, mount, "hello", Some(token), &arguments).await;
                refused(&answer, 401, code, &format!("{} {} {code}", row.name, mount.path));
                combinations += 1;
            }
        }
        if row.tool {
            for (token, code) in [(&late, "token_expired"), (&gone, "token_revoked")] {
                let answer = mcp(&server, row, "hello", Some(token), &arguments).await;
                refused(&answer, 401, code, &format!("{} over MCP {code}", row.name));
                combinations += 1;
            }
        }
    }
    assert!(combinations >= 100, "{combinations}");
    let after = ask(&server, "GET", "/v2/public/handles/hello/audit-events", &pat, None).await;
    assert_eq!(before["events"][0]["seq"], after["events"][0]["seq"], "something was done");
}

#[tokio::test]
async fn a_role_that_is_too_low_opens_no_row_above_it() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    for handle in ["maker", "keeper"] {
        workspace.bootstrap(handle).await;
    }
    let server = workspace.serve().await;
    let owner = text(&sign_in(&server, "hello").await["accessToken"]);
    let link = json!({ "destinationUrl": "https://example.com/mark-of-hello" });
    ask(&server, "PUT", "/v2/public/handles/hello/links/some", &pat, Some(link)).await;
    let members = json!({ "collaborators": [
        { "email": "maker@example.com", "role": "CREATOR" },
        { "email": "keeper@example.com", "role": "OPERATOR" },
    ] });
    let put = ask(&server, "PUT", "/v2/handles/hello/collaborators", &owner, Some(members)).await;
    assert_eq!(put["collaborators"].as_array().map(Vec::len), Some(2), "{put}");
    let mut combinations = 0;
    for (handle, own) in [("maker", Role::Creator), ("keeper", Role::Operator)] {
        let signed_in = sign_in(&server, handle).await;
        let (token, user) = (text(&signed_in["accessToken"]), text(&signed_in["user"]["userId"]));
        for row in catalogue().operations().iter().filter(|row| role(row).is_some_and(|role| role > own)) {
            for mount in row.mounts().iter().filter(|mount| mount.auth == Auth::Jwt) {
                let answer = rest_at(&server, mount, "hello", Some(&token), &fitting(row)).await;
                refused(&answer, 403, "insufficient_role", &format!("{} as {own}", row.name));
                combinations += 1;
            }
        }
        let path = format!("/v2/public/handles/hello/audit-events?outcome=DONE&actor=user:{user}");
        let done = ask(&server, "GET", &path, &pat, None).await;
        assert_eq!(done["events"], json!([]), "{handle} did something");
        // It is a member all the same.
        let list = ask(&server, "GET", "/v2/handles/hello/links", &token, None).await;
        assert_eq!(list["links"].as_array().map(Vec::len), Some(1), "{list}");
    }
    assert!(combinations >= 12, "{combinations}");
}
