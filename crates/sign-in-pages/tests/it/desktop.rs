//! Saying yes or no to a desktop that wants to be signed in.

use std::time::Duration;

use http::Request;
use lp_application::Credential;
use serde_json::{Value, json};

use crate::browser::{Browser, EMAIL, PASSWORD};

/// A proof and its challenge: RFC 7636, appendix B.
const PROOF: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn called(browser: &Browser, operation: &str, arguments: Value) -> Result<Value, String> {
    let request = browser.sandbox.request(operation, arguments, Credential::None);
    let answer = browser.sandbox.app.call(request).await;
    answer.result.map(|reply| reply.value).map_err(|error| error.code.name().to_owned())
}

/// The page of a new attempt, without its host, and the attempt's id.
async fn started(browser: &Browser, agent: &str) -> (String, String) {
    let arguments = json!({ "deviceProofChallenge": CHALLENGE, "agent": agent });
    let view = called(browser, "desktop_start", arguments).await.expect("started");
    let url = view["authorizeUrl"].as_str().expect("an address");
    let path = url.strip_prefix("http://login.connect.localhost:8080").expect("on the host of signing in");
    (path.to_owned(), view["attemptId"].as_str().expect("an id").to_owned())
}

async fn redeemed(browser: &Browser, attempt: &str) -> Result<Value, String> {
    called(browser, "desktop_redeem", json!({ "attemptId": attempt, "deviceProof": PROOF })).await
}

#[tokio::test]
async fn a_person_signs_in_sees_what_asks_and_approves() {
    let mut browser = Browser::new().await;
    let (page, attempt) = started(&browser, "OpenAnalyst on a laptop").await;
    let next = form_urlencoded::Serializer::new(String::new()).append_pair("next", &page).finish();
    browser.get(&page).await.leads_to(&format!("/sign-in?{next}"));
    let form = [("email", EMAIL), ("password", PASSWORD)];
    browser.post(&format!("/sign-in?{next}"), &form).await.leads_to(&page);
    browser.get(&page).await.shows(200, &["Sign in a desktop?", EMAIL, "OpenAnalyst on a laptop", "UTC"]);
    assert_eq!(
        redeemed(&browser, &attempt).await,
        Err("authorization_pending".to_owned()),
        "looking is no yes"
    );
    browser.post(&page, &[("answer", "approve")]).await.leads_to(&page);
    browser.get(&page).await.shows(200, &["Approved", "Go back to the desktop"]);
    let signed_in = redeemed(&browser, &attempt).await.expect("signed in");
    assert_eq!(signed_in["user"]["email"], EMAIL);
    browser.get(&page).await.shows(200, &["The desktop is signed in"]);
    browser.get("/").await.shows(200, &["OpenAnalyst on a laptop"]);
}

#[tokio::test]
async fn a_person_declines_and_nothing_is_signed_in() {
    let mut browser = Browser::signed_in().await;
    let (page, attempt) = started(&browser, "laptop").await;
    browser.post(&page, &[("answer", "decline")]).await.leads_to(&page);
    browser.get(&page).await.shows(200, &["Declined", "Nothing was signed in."]);
    assert_eq!(redeemed(&browser, &attempt).await, Err("access_denied".to_owned()));
    browser.post(&page, &[("answer", "approve")]).await.shows(409, &["It was declined"]);
    let home = browser.get("/").await.text;
    assert!(!home.contains("laptop") && home.contains("This browser"), "{home}");
}

#[tokio::test]
async fn a_form_without_an_answer_or_session_or_from_elsewhere_answers_nothing() {
    let mut browser = Browser::signed_in().await;
    let (page, attempt) = started(&browser, "laptop").await;
    for form in [&[][..], &[("answer", "")], &[("answer", "perhaps")], &[("answer", "Approve")]] {
        browser.post(&page, form).await.leads_to(&page);
    }
    let neighbour = Request::post(&page)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-site")
        .header("origin", "http://evil.localhost:8080");
    browser.send(neighbour, "answer=approve").await.shows(403, &["Nothing was done"]);
    browser.cookies.clear();
    assert_eq!(browser.post(&page, &[("answer", "approve")]).await.status, 303, "asked to sign in");
    assert_eq!(redeemed(&browser, &attempt).await, Err("authorization_pending".to_owned()));
}

#[tokio::test]
async fn what_is_no_attempt_or_too_old_is_told() {
    let mut browser = Browser::signed_in().await;
    for path in ["/desktop", "/desktop?attempt=", "/desktop?attempt=d1.e30.x", "/desktop?attempt=%2F%2Fevil"]
    {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    let (page, attempt) = started(&browser, "laptop").await;
    browser.sandbox.clock.advance(Duration::from_mins(10));
    browser.get(&page).await.shows(200, &["Too late"]);
    browser.post(&page, &[("answer", "approve")]).await.shows(400, &["The attempt has expired"]);
    assert_eq!(redeemed(&browser, &attempt).await, Err("expired_token".to_owned()));
}

#[tokio::test]
async fn the_name_of_a_device_is_shown_as_text() {
    let mut browser = Browser::signed_in().await;
    let (page, _) = started(&browser, "<script>alert(1)</script>\"><b>").await;
    let reply = browser.get(&page).await;
    reply.shows(200, &["&lt;script&gt;alert(1)&lt;/script&gt;"]);
    assert!(!reply.text.contains("<script") && !reply.text.contains("<b>"), "{}", reply.text);
}
