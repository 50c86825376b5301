//! Signing a desktop in from a browser, against the real binary.

use e2e::{Server, Workspace};
use serde_json::{Value, json};

use crate::pages::{Browser, led_to};

/// A proof and its challenge: RFC 7636, appendix B.
const PROOF: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn post(server: &Server, path: &str, body: &Value) -> (u16, Value) {
    let path = format!("/oauth/openanalyst/desktop/{path}");
    let request = server.api("POST", &path).header("content-type", "application/json");
    let reply = request.body(body.to_string()).send().await.expect("a reply");
    let (status, waits) = (reply.status().as_u16(), reply.headers().contains_key("retry-after"));
    let body: Value = serde_json::from_str(&reply.text().await.expect("text")).expect("JSON");
    assert_eq!(waits, body["error"] == "authorization_pending", "{body}");
    (status, body)
}

/// The path of the page that is to be opened, and the attempt.
fn opened(server: &Server, started: &Value) -> (String, String) {
    let text = |key: &str| started[key].as_str().unwrap_or_else(|| panic!("{key} in {started}")).to_owned();
    // By the settings, whatever the request's host said.
    let origin = format!("http://login.connect.localhost:{}", server.port);
    let url = text("authorizeUrl");
    (url.strip_prefix(&origin).expect("on the host of signing in").to_owned(), text("attemptId"))
}

#[tokio::test]
async fn a_desktop_is_signed_in_by_whoever_approves_on_the_page_and_survives_a_restart() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let (status, refused) = post(&server, "start", &json!({ "deviceProofChallenge": "" })).await;
    assert_eq!((status, &refused["error"]), (400, &json!("invalid_request")), "{refused}");
    let asked = json!({ "deviceProofChallenge": CHALLENGE, "agent": "OpenAnalyst on a laptop" });
    let (status, started) = post(&server, "start", &asked).await;
    assert_eq!(status, 200, "{started}");
    let (page, attempt) = opened(&server, &started);
    let proven = json!({ "attemptId": attempt, "deviceProof": PROOF });
    let (status, waiting) = post(&server, "redeem", &proven).await;
    assert_eq!((status, &waiting["error"]), (400, &json!("authorization_pending")));

    let mut browser = Browser::at(&server, "login.connect.localhost");
    let reply = browser.get(&page).await;
    let (status, place) = led_to(&reply);
    let place = place.expect("a place").to_owned();
    assert!(status == 303 && place.starts_with("/sign-in?next=%2Fdesktop%3Fattempt%3D"), "{place}");
    let form = "email=hello%40example.com&password=correct+horse";
    assert_eq!(led_to(&browser.post(&place, form).await), (303, Some(page.as_str())));
    let shown = browser.get(&page).await.text().await.expect("text");
    assert!(shown.contains("OpenAnalyst on a laptop") && shown.contains("hello@example.com"), "{shown}");
    assert_eq!(led_to(&browser.post(&page, "answer=approve").await), (303, Some(page.as_str())));

    // Who only saw the address has nothing; and what was approved is in the store, not in the process.
    let guessed = json!({ "attemptId": attempt, "deviceProof": CHALLENGE });
    assert_eq!(post(&server, "redeem", &guessed).await.1["error"], "invalid_grant");
    server.terminate().await;
    let server = workspace.serve().await;
    let (status, signed_in) = post(&server, "redeem", &proven).await;
    assert_eq!((status, &signed_in["user"]["email"]), (200, &json!("hello@example.com")), "{signed_in}");
    let access = signed_in["accessToken"].as_str().expect("a token");
    let me = server.api("GET", "/v2/account/openanalyst/me").bearer_auth(access).send().await;
    assert_eq!(me.expect("a reply").status(), 200);
    let (status, again) = post(&server, "redeem", &proven).await;
    assert_eq!((status, &again["error"]), (400, &json!("invalid_grant")));

    let (_, started) = post(&server, "start", &asked).await;
    let (page, attempt) = opened(&server, &started);
    let mut browser = Browser::at(&server, "login.connect.localhost");
    browser.post("/sign-in", form).await;
    browser.post(&page, "answer=decline").await;
    let proven = json!({ "attemptId": attempt, "deviceProof": PROOF });
    let (status, declined) = post(&server, "redeem", &proven).await;
    assert_eq!((status, &declined["error"]), (400, &json!("access_denied")));
}
