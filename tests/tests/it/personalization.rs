//! Rules of a whole handle, from every surface to the visitors of its links.

use e2e::{Server, Workspace, fresh_database, mcp};
use link_platform::catalogue;
use lp_testkit::without_context;
use serde_json::{Value, json};

use crate::edge::{eventually, put};

/// Sends JSON below the handle; status and body.
async fn send(server: &Server, pat: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    let path = format!("/v2/public/handles/hello/personalization-rules{path}");
    let mut request = server.api(method, &path).bearer_auth(pat);
    if !body.is_null() {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let reply = request.send().await.expect("a reply");
    let status = reply.status().as_u16();
    (status, serde_json::from_str(&reply.text().await.expect("text")).expect("JSON"))
}

/// Where a visitor with this query goes, and whether a cookie is set.
async fn went(server: &Server, path: &str) -> (String, bool) {
    let reply = server.on("hello.localhost", "GET", path).send().await.expect("a reply");
    let header = |name: &str| reply.headers().get(name).and_then(|value| value.to_str().ok());
    let location = header("location").map_or_else(|| reply.status().to_string(), without_context);
    (location, header("set-cookie").is_some())
}

fn rule(source: &str, to: &str) -> Value {
    json!({ "when": { "sourceIn": [source] }, "variant": { "id": "a", "destinationUrl": to } })
}

#[tokio::test]
async fn a_rule_of_a_handle_takes_the_visitors_of_all_its_links_at_once() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    for slug in ["one", "two"] {
        let link = json!({ "destinationUrl": format!("https://e.com/{slug}"), "queryPassThrough": "off" });
        assert_eq!(put(&server, &pat, slug, &link.to_string()).await, 201);
        assert_eq!(
            went(&server, &format!("/{slug}?ref=mail")).await,
            (format!("https://e.com/{slug}"), false)
        );
    }
    let (status, made) = send(&server, &pat, "PUT", "/mail", rule("mail", "https://e.com/mail")).await;
    assert_eq!((status, &made["revision"]), (201, &json!(1)));
    for slug in ["one", "two"] {
        assert_eq!(went(&server, &format!("/{slug}?ref=MAIL")).await.0, "https://e.com/mail");
        assert_eq!(went(&server, &format!("/{slug}?ref=other")).await.0, format!("https://e.com/{slug}"));
    }
    let half = json!({ "trafficAllocation": 0.5, "priority": 7, "when": null });
    assert_eq!(send(&server, &pat, "PUT", "/mail", half).await.0, 200);
    assert!(went(&server, "/one").await.1, "a lot was drawn");

    // An assistant takes it away, and the next visitor knows.
    let rows = catalogue();
    let row = rows.find("tracking_delete_personalization_rule").expect("a row");
    let gone = mcp(&server, row, "hello", Some(&pat), &json!({ "ruleId": "mail" })).await;
    assert_eq!(gone.body, json!({ "ruleId": "mail", "deleted": true, "revision": 3 }));
    assert_eq!(went(&server, "/one?ref=mail").await, ("https://e.com/one".to_owned(), false));
    assert_eq!(send(&server, &pat, "GET", "/mail", Value::Null).await.0, 404);
    let (_, then) = send(&server, &pat, "GET", "?revision=2", Value::Null).await;
    assert_eq!(
        (&then["rules"][0]["priority"], &then["rules"][0]["trafficAllocation"]),
        (&json!(7), &json!(0.5))
    );
}

#[tokio::test]
async fn rules_named_as_paths_are_rules_and_orders_are_orders() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    for id in ["reorder", "other"] {
        let (status, _) = send(&server, &pat, "PUT", &format!("/{id}"), rule("mail", "https://e.com/")).await;
        assert_eq!(status, 201, "{id}");
    }
    assert_eq!(send(&server, &pat, "GET", "/reorder", Value::Null).await.1["ruleId"], "reorder");
    let order = json!({ "ruleIds": ["reorder", "other"] });
    let (status, list) = send(&server, &pat, "POST", "/reorder", order).await;
    assert_eq!((status, &list["rules"][0]["ruleId"]), (200, &json!("reorder")));
    let (status, refused) =
        send(&server, &pat, "POST", "/reorder", json!({ "ruleIds": ["other", "xx"] })).await;
    assert_eq!(status, 400, "{refused}");
    assert_eq!(refused["fields"].as_array().map(Vec::len), Some(2), "{refused}");
}

#[tokio::test]
async fn rules_outlive_the_process_and_name_what_is_wrong_with_them() {
    let (workspace, pat) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    put(&server, &pat, "one", r#"{"destinationUrl":"https://e.com/one"}"#).await;
    send(&server, &pat, "PUT", "/mail", rule("mail", "https://e.com/mail")).await;
    let bad = json!({ "equals": 1, "trafficAllocation": 1.5, "variant": { "id": "a", "destinationUrl": "javascript:0" } });
    let (status, refused) = send(&server, &pat, "PUT", "/Bad", bad).await;
    let mut codes: Vec<_> =
        refused["fields"].as_array().expect("fields").iter().map(|it| &it["code"]).collect();
    codes.sort_by_key(ToString::to_string);
    assert_eq!(
        (status, json!(codes)),
        (400, json!(["invalid_destination_url", "invalid_id", "too_large", "unknown_field"]))
    );
    server.kill().await;
    let server = workspace.serve().await;
    assert_eq!(went(&server, "/one?ref=mail").await.0, "https://e.com/mail?ref=mail");
}

#[tokio::test]
async fn another_node_goes_by_a_changed_rule_soon() {
    let Some(database) = fresh_database().await else { return };
    let first = Workspace::new().on(&database);
    assert!(first.run(&["migrate"]).await.status.success());
    let pat = first.bootstrap("hello").await;
    let second = Workspace::new().on(&database).sharing(&first.secret());
    let (one, other) = (first.serve().await, second.serve().await);
    put(&one, &pat, "one", r#"{"destinationUrl":"https://e.com/one","queryPassThrough":"off"}"#).await;
    eventually("the link", async || (went(&other, "/one").await.0 == "https://e.com/one").then_some(()))
        .await;
    for number in 0..5 {
        let to = format!("https://e.com/{number}");
        send(&one, &pat, "PUT", "/all", json!({ "variant": { "id": "a", "destinationUrl": to } })).await;
        assert_eq!(went(&one, "/one").await.0, to, "the node itself knows at once");
        eventually("the rule", async || (went(&other, "/one").await.0 == to).then_some(())).await;
    }
    send(&other, &pat, "DELETE", "/all", Value::Null).await;
    assert_eq!(went(&other, "/one").await.0, "https://e.com/one");
    eventually("its end", async || (went(&one, "/one").await.0 == "https://e.com/one").then_some(())).await;
}
