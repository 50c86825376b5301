//! Visitors of links that ask for a password, by the real binary.

use e2e::{Server, Workspace};
use reqwest::{RequestBuilder, Response};
use serde_json::json;
use tokio::task::JoinSet;

use crate::edge::{analytics, eventually, put, visit};
use crate::pages::led_to;

const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36";
const DISCORD: &str = "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)";

fn saying(server: &Server, path: &str, form: &str) -> RequestBuilder {
    let request = server.on("hello.localhost", "POST", path).header("user-agent", BROWSER);
    request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned())
}

async fn say(server: &Server, path: &str, form: &str) -> Response {
    saying(server, path, form).send().await.expect("a reply")
}

async fn with_cookie(server: &Server, path: &str, cookie: &str) -> u16 {
    let request = server.on("hello.localhost", "GET", path).header("user-agent", BROWSER);
    request.header("cookie", cookie).send().await.expect("a reply").status().as_u16()
}

fn grant(reply: &Response) -> String {
    let cookie = reply.headers()["set-cookie"].to_str().expect("ASCII");
    cookie.split(';').next().expect("a pair").to_owned()
}

async fn lock(server: &Server, pat: &str, slug: &str, more: serde_json::Value) {
    let mut link = json!({ "destinationUrl": "https://example.com/hidden", "password": "open sesame", "appendContext": false });
    link.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    assert!([200, 201].contains(&put(server, pat, slug, &link.to_string()).await), "{slug}");
}

#[tokio::test]
async fn who_says_the_password_is_sent_on_once_and_for_twelve_hours() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    lock(&server, &pat, "vault", json!({})).await;
    lock(&server, &pat, "other", json!({})).await;

    assert_eq!(visit(&server, "/vault").await, (200, None));
    let wrong = say(&server, "/vault", "password=open").await;
    assert_eq!((wrong.status().as_u16(), wrong.headers().contains_key("set-cookie")), (403, false));
    let page = wrong.text().await.expect("text");
    assert!(page.contains("not the password") && !page.contains("example.com"), "{page}");

    let right = say(&server, "/vault?x=1", "password=open+sesame").await;
    assert_eq!(led_to(&right), (303, Some("https://example.com/hidden?x=1")));
    let grant = grant(&right);
    assert_eq!(with_cookie(&server, "/vault", &grant).await, 302);
    assert_eq!(with_cookie(&server, "/other", &grant).await, 200, "another link's");

    let shared = server.api("POST", "/_edge/redirect/hello/vault");
    let shared =
        shared.header("content-type", "application/x-www-form-urlencoded").body("password=open+sesame");
    assert_eq!(led_to(&shared.send().await.expect("a reply")).0, 303);

    assert!(server.terminate().await.0);
    let server = workspace.serve().await;
    assert_eq!(with_cookie(&server, "/vault", &grant).await, 302, "after a restart");
    put(&server, &pat, "vault", r#"{"password":"swordfish"}"#).await;
    assert_eq!(with_cookie(&server, "/vault", &grant).await, 200, "the password is another");
    let counted = eventually("counts", async || {
        let counts = analytics(&server, &pat, "").await;
        (counts["clicks"] == 4).then_some(counts)
    });
    assert_eq!(counted.await["clicks"], 4);
}

#[tokio::test]
async fn twenty_guesses_at_once_are_five() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve_with(&[("LINK_PLATFORM_RATE_LIMITS", "true")]).await;
    lock(&server, &pat, "vault", json!({})).await;
    let guesses: Vec<_> = (0..20).map(|number| format!("password={number}")).collect();
    let mut asking: JoinSet<_> =
        guesses.iter().map(|guess| saying(&server, "/vault", guess).send()).collect();
    let mut replies = Vec::new();
    while let Some(reply) = asking.join_next().await {
        replies.push(reply.expect("it ends").expect("a reply"));
    }
    let with = |status: u16| replies.iter().filter(|reply| reply.status().as_u16() == status).count();
    assert_eq!((with(403), with(429)), (5, 15));
    assert!(replies.iter().all(|reply| reply.status() == 403 || reply.headers().contains_key("retry-after")));
}

#[tokio::test]
async fn only_a_link_that_asks_takes_a_form() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    put(&server, &pat, "open", r#"{"destinationUrl":"https://example.com/"}"#).await;
    let open = say(&server, "/open", "password=x").await;
    assert_eq!(
        (open.status().as_u16(), &open.headers()["allow"]),
        (405, &"GET, HEAD".parse().expect("a header"))
    );
    lock(&server, &pat, "ended", json!({ "expiresAt": "2025-01-01T00:00:00Z" })).await;
    lock(&server, &pat, "off", json!({ "enabled": false })).await;
    for (path, status) in [("/ended", 410), ("/off", 404), ("/nothing", 404)] {
        assert_eq!(visit(&server, path).await, (status, None), "{path}");
        assert_eq!(say(&server, path, "password=open+sesame").await.status(), status, "{path}");
    }
    lock(&server, &pat, "vault", json!({})).await;
    assert_eq!(say(&server, "/vault", &"x".repeat(5_000)).await.status(), 413);
    let json = server.on("hello.localhost", "POST", "/vault").header("content-type", "application/json");
    assert_eq!(json.body("{}").send().await.expect("a reply").status(), 415);
    for method in ["PUT", "DELETE", "PATCH"] {
        let refused = server.on("hello.localhost", method, "/vault").send().await.expect("a reply");
        assert_eq!(refused.status(), 405, "{method}");
    }
    let asked = server.on("hello.localhost", "GET", "/vault").header("accept", "application/json");
    let asked = asked.send().await.expect("a reply");
    assert_eq!(asked.status(), 403);
    assert!(asked.text().await.expect("text").contains("\"password_required\""));
}

#[tokio::test]
async fn who_draws_cards_is_shown_one() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    lock(&server, &pat, "vault", json!({ "socialPreview": { "title": "Come & see" } })).await;
    let card = server.on("hello.localhost", "GET", "/vault").header("user-agent", DISCORD);
    let card = card.send().await.expect("a reply");
    assert_eq!(card.status(), 200);
    let page = card.text().await.expect("text");
    assert!(page.contains("<meta property=\"og:title\" content=\"Come &amp; see\">"), "{page}");
    assert!(page.contains(&format!("http://hello.localhost:{}/vault", server.port)), "{page}");
    assert!(!page.contains("hidden"), "{page}");
}
