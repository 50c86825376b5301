use crate::browser::{Browser, EMAIL};

#[tokio::test]
async fn the_account_shows_who_and_what_and_where() {
    let mut browser = Browser::signed_in().await;
    browser.elsewhere("deploy script").await;
    let page = browser.get("/").await;
    page.shows(200, &[EMAIL, "1 January 2026, 00:00 UTC", "<span class=\"badge\">Owner</span>"]);
    page.shows(200, &["href=\"http://hello.localhost:8080\"", "http://localhost:8080/v2/handles/hello"]);
    page.shows(200, &["http://hello.mcp.localhost:8080/mcp", "href=\"http://localhost:8080/v2/docs\""]);
    page.shows(
        200,
        &["deploy script", "This browser", "End session<span class=\"unseen\"> of deploy script"],
    );
    assert_eq!(page.text.matches("This browser").count(), 1);
}

#[tokio::test]
async fn a_new_handle_is_taken_and_listed() {
    let mut browser = Browser::signed_in().await;
    browser.post("/handles", &[("handle", " acme ")]).await.leads_to("/?done=handle");
    browser.get("/").await.shows(200, &["http://acme.localhost:8080", "http://acme.mcp.localhost:8080/mcp"]);
}

#[tokio::test]
async fn a_handle_that_is_refused_stays_in_the_form_beside_the_reason() {
    let mut browser = Browser::signed_in().await;
    for (handle, status, words) in [
        ("hello", 409, "The handle &#39;hello&#39; is taken."),
        ("Not A Handle", 400, "A handle has 2 to 32 characters"),
        ("admin", 400, "This handle is reserved by the platform."),
        ("", 400, "Choose a handle."),
    ] {
        let reply = browser.post("/handles", &[("handle", handle)]).await;
        let words = words.replace("&#39;", "'");
        reply.shows(status, &[&words, "aria-invalid=\"true\"", "Where you are signed in", "<title>Error: "]);
        if !handle.is_empty() {
            reply.shows(status, &[&format!("value=\"{handle}\"")]);
        }
    }
}

#[tokio::test]
async fn another_session_is_ended_by_its_button() {
    let mut browser = Browser::signed_in().await;
    let other = browser.elsewhere("an old phone").await;
    browser.get("/").await.shows(200, &["an old phone", &other]);
    browser.post("/sessions", &[("session", &other)]).await.leads_to("/?done=session");
    let page = browser.get("/?done=session").await;
    page.shows(200, &["The session is over"]);
    assert!(!page.text.contains("an old phone"), "{}", page.text);
}

#[tokio::test]
async fn sessions_of_nobody_and_of_others_are_told_in_plain_words() {
    let mut browser = Browser::signed_in().await;
    for (session, status, words) in [
        ("ses_00000000000000000000000000", 404, "The session was not found."),
        ("", 400, "Session is not the id of a session."),
        ("<b>", 400, "Session is not the id of a session."),
    ] {
        browser.post("/sessions", &[("session", session)]).await.shows(status, &[words]);
    }
    assert_eq!(browser.sessions().await, 1);
}

#[tokio::test]
async fn who_has_a_thousand_sessions_still_finds_this_one() {
    let mut browser = Browser::signed_in().await;
    for _ in 0..60 {
        browser.elsewhere("a script").await;
    }
    let page = browser.get("/").await;
    page.shows(200, &["This browser", "And 11 older ones."]);
    assert_eq!(page.text.matches("<li class=\"session\">").count(), 50);
}

#[tokio::test]
async fn pages_that_only_act_lead_to_the_account() {
    let mut browser = Browser::signed_in().await;
    for path in ["/handles", "/sessions", "/sign-out"] {
        browser.get(path).await.leads_to("/");
    }
    assert_eq!(browser.get("/").await.status, 200, "looking signs nobody out");
}

#[tokio::test]
async fn whoever_is_not_signed_in_can_do_nothing() {
    let mut browser = Browser::new().await;
    for (path, fields) in [("/handles", [("handle", "acme")]), ("/sessions", [("session", "x")])] {
        browser.post(path, &fields).await.leads_to("/sign-in");
    }
    browser.sign_in().await;
    assert!(!browser.get("/").await.text.contains("acme"));
}
