//! The apps that were let in, on their page.

use std::time::Duration;

use serde_json::json;

use crate::asking::{allow, granted, question, registered};
use crate::browser::{Browser, EMAIL, PASSWORD};

/// An app that was let in by the person in the browser; gives its id.
async fn connected(browser: &mut Browser, name: &str, scopes: &[&str]) -> String {
    let client = registered(&browser.sandbox, name, lp_testkit::connector::CALLBACK).await;
    let reply = allow(browser, &question(&client, &[]), scopes).await;
    granted(browser, &client, &reply).await;
    client
}

/// The ids of the connections on a page, from its forms.
fn ids(text: &str) -> Vec<String> {
    let forms = text.split("name=\"connection\" value=\"").skip(1);
    forms.map(|rest| rest.split('"').next().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn whoever_let_nobody_in_is_told_how() {
    let mut browser = Browser::signed_in().await;
    let page = browser.get("/connections").await;
    page.shows(200, &["None so far.", "Connect an assistant", "http://hello.mcp.localhost:8080/mcp", EMAIL]);
    browser
        .get("/")
        .await
        .shows(200, &["No app may act for you.", "href=\"/connections\">Connect an assistant"]);
}

#[tokio::test]
async fn each_app_is_shown_with_what_it_may_and_until_when() {
    let mut browser = Browser::signed_in().await;
    connected(&mut browser, "Assistant", &["links.read", "links.write"]).await;
    browser.sandbox.clock.advance(Duration::from_hours(24));
    connected(&mut browser, "Editor", &["analytics.read"]).await;
    let page = browser.get("/connections").await;
    page.shows(
        200,
        &["“<bdi>Assistant</bdi>”", "“<bdi>Editor</bdi>”", "https://assistant.example", "<dd>hello"],
    );
    page.shows(200, &["Create, change and delete links", "changes what visitors see", "private"]);
    page.shows(
        200,
        &["1 January 2026, 00:00 UTC", "31 January 2026, 00:00 UTC", "1 February 2026, 00:00 UTC"],
    );
    page.shows(200, &["not yet", "unless it is used", "Disconnect<span class=\"unseen\"> Editor</span>"]);
    assert_eq!(ids(&page.text).len(), 2);
    browser
        .get("/")
        .await
        .shows(200, &["2 apps may act for you.", "See what they may do, or disconnect them"]);
}

#[tokio::test]
async fn an_app_that_is_disconnected_can_do_nothing_any_more() {
    let mut browser = Browser::signed_in().await;
    let (_, tokens) = browser.sandbox.connector(&["mcp.connect", "links.read"]).await;
    let page = browser.get("/connections").await;
    let [only] = ids(&page.text).try_into().expect("one connection");
    browser.post("/connections", &[("connection", &only)]).await.leads_to("/connections?done=ended");
    browser.get("/connections?done=ended").await.shows(200, &["The app is disconnected", "None so far."]);
    let access = tokens["accessToken"].as_str().or(tokens["access_token"].as_str()).expect("a token");
    let credential = lp_application::Credential::Bearer(access.to_owned());
    let request = browser.sandbox.request("links_list", json!({}), credential);
    let request = lp_application::Request { accepts: lp_application::Accepts::Connector, ..request };
    let refused = browser.sandbox.app.call(request).await.result.expect_err("it is out");
    assert_eq!(refused.code.name(), "token_revoked");
    browser.get("/").await.shows(200, &["No app may act for you."]);
}

#[tokio::test]
async fn connections_of_nobody_and_of_others_are_told_in_plain_words() {
    let mut browser = Browser::signed_in().await;
    connected(&mut browser, "Assistant", &[]).await;
    let [mine] = ids(&browser.get("/connections").await.text).try_into().expect("one connection");
    for (connection, status, words) in [
        ("con_00000000000000000000000000", 404, "The connection was not found."),
        ("", 400, "ConnectionId "),
        ("<b>", 400, "ConnectionId "),
    ] {
        let reply = browser.post("/connections", &[("connection", connection)]).await;
        reply.shows(status, &[words]);
        assert!(!reply.text.contains("<b>"), "{}", reply.text);
    }
    let owner = std::mem::take(&mut browser.cookies);
    browser.post("/sign-up", &[("email", "new@example.com"), ("password", "battery staple")]).await;
    let code = crate::mailed::code(&browser, "new@example.com").await;
    browser.post("/sign-up/confirm", &[("email", "new@example.com"), ("code", &code)]).await.leads_to("/");
    browser.get("/connections").await.shows(200, &["None so far.", "Take a handle first"]);
    browser
        .post("/connections", &[("connection", &mine)])
        .await
        .shows(404, &["The connection was not found."]);
    browser.cookies = owner;
    browser.get("/connections").await.shows(200, &["“<bdi>Assistant</bdi>”"]);
}

#[tokio::test]
async fn whoever_is_not_signed_in_comes_back_afterwards() {
    let mut browser = Browser::new().await;
    browser.get("/connections").await.leads_to("/sign-in?next=%2Fconnections");
    let form = [("email", EMAIL), ("password", PASSWORD)];
    browser.post("/sign-in?next=%2Fconnections", &form).await.leads_to("/connections");
    browser.cookies.clear();
    browser.post("/connections", &[("connection", "x")]).await.leads_to("/sign-in?next=%2Fconnections");
}
