//! What visitors carry on, over real sockets: tokens, their keys, and pages of other origins.

use e2e::{Server, Workspace, mcp};
use link_platform::catalogue;
use reqwest::Response;
use serde_json::{Value, json};

use crate::edge::put;

const SHOP: &str = "https://shop.example.com";

/// The token that a visitor of a link of `hello` carries on.
async fn carried(server: &Server, path: &str) -> String {
    let reply = server.on("hello.localhost", "GET", path).send().await.expect("a reply");
    let location = reply.headers()["location"].to_str().expect("text").to_owned();
    let (_, ctx) = location.split_once("ctx=").unwrap_or_else(|| panic!("no token in {location}"));
    ctx.to_owned()
}

async fn json(reply: Response) -> Value {
    serde_json::from_str(&reply.text().await.expect("text")).expect("JSON")
}

async fn resolve(server: &Server, ctx: &str, more: &str) -> (u16, Value) {
    let asked = server.api("GET", &format!("/v2/public/context?ctx={ctx}{more}")).header("origin", SHOP);
    let reply = asked.send().await.expect("a reply");
    assert_eq!(reply.headers()["access-control-allow-origin"], "*");
    (reply.status().as_u16(), json(reply).await)
}

async fn page(server: &Server, origin: &str, query: &str) -> Response {
    let asked = server.api("GET", &format!("/_edge/context/hello{query}")).header("origin", origin);
    asked.send().await.expect("a reply")
}

#[tokio::test]
async fn what_a_redirect_gives_along_everybody_can_resolve_on_every_surface() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    workspace.bootstrap("elsewhere").await;
    let server = workspace.serve().await;
    put(&server, &pat, "launch", r#"{"destinationUrl":"https://example.com/a"}"#).await;
    let ctx = carried(&server, "/launch?utm_source=newsletter&utm_campaign=spring").await;
    let (status, said) = resolve(&server, &ctx, "&fbclid=1").await;
    assert_eq!((status, &said["slug"]), (200, &json!("launch")));
    assert_eq!(said["attribution"], json!({ "source": "newsletter", "campaign": "spring" }));
    let rows = catalogue();
    let row = rows.find("tracking_resolve_context").expect("a row");
    let arguments = json!({ "ctx": ctx });
    for token in [None, Some("patv1_broken"), Some(pat.as_str())] {
        assert_eq!(mcp(&server, row, "hello", token, &arguments).await.body, said);
        let foreign = mcp(&server, row, "elsewhere", token, &arguments).await;
        assert_eq!((foreign.status, &foreign.body["error"]), (400, &json!("invalid_context")));
    }
    assert_eq!(resolve(&server, &ctx, "&handle=hello").await.0, 200);
    assert_eq!(resolve(&server, &ctx, "&handle=elsewhere").await.1["error"], "invalid_context");
    for cut in ["", "ctx1", &ctx[..ctx.len() - 3]] {
        let (status, refused) = resolve(&server, cut, "").await;
        assert_eq!((status, &refused["error"]), (400, &json!("invalid_context")), "{cut}");
    }
    let preflight = server.api("OPTIONS", "/v2/public/context").header("origin", SHOP);
    let preflight = preflight.send().await.expect("a reply");
    assert_eq!(
        (preflight.status().as_u16(), &preflight.headers()["access-control-allow-origin"]),
        (204, &"*".parse().expect("a header"))
    );
}

#[tokio::test]
async fn a_new_secret_believes_tokens_of_the_one_before_and_no_older_ones() {
    let workspace = Workspace::new();
    let pat = workspace.bootstrap("hello").await;
    let mut server = workspace.serve().await;
    put(&server, &pat, "launch", r#"{"destinationUrl":"https://example.com/a"}"#).await;
    let first = carried(&server, "/launch").await;
    for (rotation, expected) in [(1, 200), (2, 400)] {
        assert!(server.terminate().await.0);
        assert!(workspace.run(&["rotate-key"]).await.status.success());
        server = workspace.serve().await;
        let (status, said) = resolve(&server, &first, "").await;
        assert_eq!(status, expected, "rotation {rotation}: {said}");
    }
    let (_, said) = resolve(&server, &first, "").await;
    assert_eq!(said["error"], "invalid_context");
    assert!(said["message"].as_str().expect("words").contains("does not know, or not any more"), "{said}");
    let last = carried(&server, "/launch").await;
    assert!(server.terminate().await.0);
    assert!(workspace.run(&["rotate-key", "--leaked"]).await.status.success());
    let server = workspace.serve().await;
    assert_eq!(resolve(&server, &last, "").await.0, 400, "of a leaked secret nothing is believed");
}

#[tokio::test]
async fn pages_ask_where_their_origin_is_let_in_and_a_change_of_the_list_counts_at_once() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    put(&server, &pat, "launch", r#"{"destinationUrl":"https://example.com/a"}"#).await;
    let origins = async |body: Value| {
        let asked = server.api("PUT", "/v2/public/handles/hello/context-origins").bearer_auth(&pat);
        let asked = asked.header("content-type", "application/json").body(body.to_string());
        let reply = asked.send().await.expect("a reply");
        (reply.status().as_u16(), json(reply).await)
    };
    assert_eq!(page(&server, SHOP, "").await.status(), 403);
    assert_eq!(origins(json!({ "origins": [SHOP] })).await.0, 200);
    let ctx = carried(&server, "/launch?utm_source=mail").await;
    let told = page(&server, SHOP, &format!("?ctx={ctx}")).await;
    assert_eq!(told.headers()["access-control-allow-origin"], SHOP);
    assert_eq!(told.headers()["vary"], "origin");
    let told = json(told).await;
    assert_eq!((&told["ctx"], &told["attribution"]["source"]), (&json!(ctx), &json!("mail")));
    for origin in ["null", "https://evil.example"] {
        let refused = page(&server, origin, "").await;
        assert!(!refused.headers().contains_key("access-control-allow-origin"));
        assert_eq!((refused.status().as_u16(), &json(refused).await["error"]), (403, &json!("forbidden")));
    }
    let (status, refused) = origins(json!({ "origins": ["https://e.com/path", "null"] })).await;
    assert_eq!((status, refused["fields"].as_array().map(Vec::len)), (400, Some(2)), "{refused}");
    assert_eq!(page(&server, SHOP, "").await.status(), 200, "nothing was kept of the list that was refused");
    assert_eq!(origins(json!({ "origins": [], "appendContext": false })).await.0, 200);
    assert_eq!(page(&server, SHOP, "").await.status(), 403);
    let reply = server.on("hello.localhost", "GET", "/launch").send().await.expect("a reply");
    assert_eq!(reply.headers()["location"], "https://example.com/a", "the handle wants no tokens");
}

#[tokio::test]
async fn the_script_and_what_it_has_to_know_are_served() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let config = server.api("GET", "/v2/public/sdk/config?handle=hello").send().await.expect("a reply");
    assert_eq!(config.headers()["access-control-allow-origin"], "*");
    let config = json(config).await;
    let address = config["scriptUrl"].as_str().expect("an address").to_owned();
    assert_eq!(address, format!("http://localhost:{}/_assets/sdk/link-platform.js", server.port));
    for host in ["localhost", "hello.localhost"] {
        let script = server.on(host, "GET", "/_assets/sdk/link-platform.js").send().await.expect("a reply");
        assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
        assert!(script.text().await.expect("text").contains("data-lp-"));
    }
    assert_eq!(server.api("GET", "/_assets/sdk/other.js").send().await.expect("a reply").status(), 404);
}
