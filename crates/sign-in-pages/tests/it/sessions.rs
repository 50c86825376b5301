use std::time::Duration;

use lp_application::accounts::SIGNED_IN_FOR;
use serde_json::json;

use crate::browser::{Browser, EMAIL};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn an_expired_access_token_is_renewed_without_a_word() {
    let mut browser = Browser::signed_in().await;
    let before = browser.cookies.clone();
    browser.sandbox.clock.advance(HOUR + Duration::from_secs(1));
    let page = browser.get("/").await;
    page.shows(200, &[EMAIL, "This browser"]);
    assert_eq!(page.cookies().len(), 2, "{page:?}");
    for name in ["lp-access", "lp-refresh"] {
        assert_ne!(browser.cookies[name], before[name], "{name}");
    }
    let again = browser.get("/").await;
    assert_eq!((again.status, again.cookies().len()), (200, 0), "once is enough");
    assert_eq!(browser.sessions().await, 1, "it is the same session");
}

#[tokio::test]
async fn a_browser_that_dropped_the_access_token_goes_on_with_the_other() {
    let mut browser = Browser::signed_in().await;
    browser.cookies.remove("lp-access");
    browser.get("/").await.shows(200, &[EMAIL]);
    assert!(browser.cookies.contains_key("lp-access"));
}

#[tokio::test]
async fn a_form_that_comes_after_the_token_expired_is_done_all_the_same() {
    let mut browser = Browser::signed_in().await;
    browser.sandbox.clock.advance(HOUR + Duration::from_secs(1));
    let reply = browser.post("/handles", &[("handle", "acme")]).await;
    reply.leads_to("/?done=handle");
    assert_eq!(reply.cookies().len(), 2);
    browser.get("/?done=handle").await.shows(200, &["acme", "The handle is yours."]);
}

#[tokio::test]
async fn two_pages_that_are_opened_at_once_stay_signed_in() {
    let mut browser = Browser::signed_in().await;
    browser.sandbox.clock.advance(HOUR + Duration::from_secs(1));
    let old = browser.cookies.clone();
    let first = browser.get("/").await;
    browser.cookies = old;
    // The second page was asked for with the same tokens; its answer comes a moment later.
    browser.sandbox.clock.advance(Duration::from_secs(5));
    let second = browser.get("/").await;
    assert_eq!((first.status, second.status), (200, 200));
    browser.sandbox.clock.advance(HOUR + Duration::from_secs(1));
    browser.get("/").await.shows(200, &[EMAIL]);
}

#[tokio::test]
async fn a_session_that_was_ended_is_forgotten_by_the_browser() {
    let mut browser = Browser::signed_in().await;
    let access = browser.cookies["lp-access"].clone();
    let ended = browser.sandbox.call_as(&access, "auth_logout", json!({})).await;
    assert!(ended.result.is_ok());
    browser.get("/").await.leads_to("/sign-in");
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    browser.get("/sign-in").await.shows(200, &["Sign in"]);
}

#[tokio::test]
async fn a_session_that_nobody_renewed_is_over() {
    let mut browser = Browser::signed_in().await;
    browser.sandbox.clock.advance(SIGNED_IN_FOR + Duration::from_secs(1));
    browser.get("/").await.leads_to("/sign-in");
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn signing_out_ends_the_session_and_forgets_it() {
    let mut browser = Browser::signed_in().await;
    let kept = browser.cookies.clone();
    browser.post("/sign-out", &[]).await.leads_to("/sign-in?done=signed-out");
    assert!(browser.cookies.is_empty());
    browser.get("/sign-in?done=signed-out").await.shows(200, &["You are signed out."]);
    browser.cookies = kept;
    browser.get("/").await.leads_to("/sign-in");
    browser.post("/sign-out", &[]).await.leads_to("/sign-in?done=signed-out");
}

#[tokio::test]
async fn what_is_no_token_of_ours_signs_nobody_in() {
    for (access, refresh) in
        [("x", "y"), ("eyJhbGciOiJub25lIn0.e30.", "rtv1_0000"), ("patv1_x", "patv1_y"), ("%00", "%ff")]
    {
        let mut browser = Browser::new().await;
        browser.cookies.insert("lp-access".to_owned(), access.to_owned());
        browser.cookies.insert("lp-refresh".to_owned(), refresh.to_owned());
        browser.get("/").await.leads_to("/sign-in");
        assert!(browser.cookies.is_empty(), "{access}");
    }
    let mut browser = Browser::new().await;
    let pat = browser.sandbox.pat.clone();
    browser.cookies.insert("lp-access".to_owned(), pat);
    browser.get("/").await.leads_to("/sign-in");
}

#[tokio::test]
async fn a_refresh_token_that_somebody_else_used_ends_the_session_for_both() {
    let mut browser = Browser::signed_in().await;
    let stolen = browser.cookies.clone();
    browser.sandbox.clock.advance(HOUR + Duration::from_secs(1));
    assert_eq!(browser.get("/").await.status, 200);
    let kept = std::mem::replace(&mut browser.cookies, stolen);
    browser.sandbox.clock.advance(Duration::from_secs(11));
    browser.get("/").await.leads_to("/sign-in");
    browser.cookies = kept;
    browser.get("/").await.leads_to("/sign-in");
}
