//! Into which handle an app is let.

use lp_application::{Accepts, Credential, Request};
use serde_json::json;

use crate::asking::{answer_path, boxes, granted, hidden, path, question, told};
use crate::browser::{Browser, EMAIL, PASSWORD};
use crate::mailed::code;

const NEW: &str = "new@example.com";
/// The question of an app that leaves the handle to the person.
const ANY: (&str, &str) = ("resource", "");

/// Makes an account of its own, and stays signed in as it.
async fn sign_up(browser: &mut Browser) {
    browser.post("/sign-up", &[("email", NEW), ("password", "battery staple")]).await;
    let code = code(browser, NEW).await;
    browser.post("/sign-up/confirm", &[("email", NEW), ("code", &code)]).await.leads_to("/");
}

#[tokio::test]
async fn a_person_with_several_handles_chooses_one() {
    let mut browser = Browser::signed_in().await;
    browser.post("/handles", &[("handle", "acme")]).await.leads_to("/?done=handle");
    let client = browser.sandbox.client().await;
    let asked = question(&client, &[ANY, ("scope", "links.read")]);
    let page = browser.get(&asked).await;
    page.shows(200, &["Into which of your handles?", "value=\"acme\" required", "value=\"hello\" required"]);
    assert!(!page.text.contains("required autocomplete=\"off\" checked"), "no handle is chosen for anybody");
    assert_eq!(boxes(&page).0, ["links.read"]);
    let account = hidden(&page, "account");
    let mut form =
        vec![("account", account.as_str()), ("decision", "approve"), ("allow-system.usage.read", "yes")];
    let refused = browser.post(&answer_path(&asked), &form).await;
    refused.shows(400, &["<title>Error: ", "Choose a handle.", "href=\"#handle\"", "<details open>"]);
    assert_eq!(boxes(&refused).0, ["system.usage.read"], "what was ticked stays ticked");
    form.push(("handle", "acme"));
    let chosen = browser.get(&format!("{asked}&handle=acme")).await;
    chosen.shows(200, &["value=\"acme\" required autocomplete=\"off\" checked"]);
    let reply = browser.post(&answer_path(&asked), &form).await;
    let code = told(&reply, "code").expect("a code");
    let mut redemption = lp_testkit::Sandbox::redemption(&client, &code);
    redemption.as_object_mut().expect("an object").remove("resource");
    let tokens = browser.sandbox.public("oauth_token", redemption).await.expect("tokens");
    assert_eq!(tokens["scope"], "mcp.connect skills.read system.usage.read");
    browser.get("/connections").await.shows(200, &["<dd>acme"]);
    // What was allowed there counts for nothing in another.
    let page = browser.get(&asked).await;
    page.shows(200, &["allowed before"]);
    assert_eq!(boxes(&page).0, ["links.read"]);
}

#[tokio::test]
async fn what_a_role_cannot_give_is_said_beside_its_handle_and_not_granted() {
    let mut browser = Browser::new().await;
    sign_up(&mut browser).await;
    browser.post("/handles", &[("handle", "team")]).await.leads_to("/?done=handle");
    let credential = Credential::Bearer(browser.cookies["lp-access"].clone());
    let members = json!({ "collaborators": [{ "email": EMAIL, "role": "CREATOR" }] });
    let request = browser.sandbox.request("collaborators_replace", members, credential);
    let request = Request { accepts: Accepts::Jwt, bound: Some("team".to_owned()), ..request };
    browser.sandbox.app.call(request).await.result.expect("shared");
    browser.cookies.clear();
    browser.sign_in().await.leads_to("/");
    let client = browser.sandbox.client().await;
    let asked = question(&client, &[ANY, ("scope", "links.read system.audit.read")]);
    let page = browser.get(&asked).await;
    page.shows(200, &["Creator", "Your role there leaves out: See who changed what."]);
    assert_eq!(boxes(&page).0, ["links.read", "system.audit.read"]);
    for (handle, scopes) in [
        ("team", "links.read mcp.connect skills.read"),
        ("hello", "links.read mcp.connect skills.read system.audit.read"),
    ] {
        let account = hidden(&page, "account");
        let form = [
            ("account", account.as_str()),
            ("handle", handle),
            ("decision", "approve"),
            ("allow-links.read", "yes"),
            ("allow-system.audit.read", "yes"),
        ];
        let reply = browser.post(&answer_path(&asked), &form).await;
        let code = told(&reply, "code").expect("a code");
        let mut redemption = lp_testkit::Sandbox::redemption(&client, &code);
        redemption.as_object_mut().expect("an object").remove("resource");
        let tokens = browser.sandbox.public("oauth_token", redemption).await.expect("tokens");
        assert_eq!(tokens["scope"], scopes, "{handle}");
    }
    let alone = question(
        &client,
        &[
            ("resource", "http://team.mcp.localhost:8080/mcp"),
            ("scope", "system.audit.read"),
            ("prompt", "consent"),
        ],
    );
    let page = browser.get(&alone).await;
    page.shows(200, &["and does not get: See who changed what."]);
    let (ticked, not) = boxes(&page);
    assert!(!ticked.iter().chain(&not).any(|scope| scope == "system.audit.read"), "it is not offered");
}

#[tokio::test]
async fn a_handle_of_somebody_else_is_told_and_somebody_else_can_sign_in() {
    let mut browser = Browser::new().await;
    sign_up(&mut browser).await;
    browser.post("/handles", &[("handle", "mine")]).await.leads_to("/?done=handle");
    let client = browser.sandbox.client().await;
    let asked = question(&client, &[("scope", "links.read")]);
    let page = browser.get(&asked).await;
    page.shows(
        200,
        &["It asks for the handle <strong>hello</strong>", NEW, "Sign in as somebody else", "Cancel"],
    );
    assert!(!page.text.contains("value=\"approve\""), "{}", page.text);
    let form = [("account", "x"), ("handle", "hello"), ("decision", "approve"), ("allow-links.read", "yes")];
    browser.post(&answer_path(&asked), &form).await.leads_to(&asked);
    let next = form_urlencoded::Serializer::new(String::new()).append_pair("next", &asked).finish();
    page.shows(200, &[&format!("action=\"/sign-out?{next}\"")]);
    browser.post(&format!("/sign-out?{next}"), &[]).await.leads_to(&format!("/sign-in?{next}"));
    let form = [("email", EMAIL), ("password", PASSWORD)];
    browser.post(&format!("/sign-in?{next}"), &form).await.leads_to(&asked);
    let reply = crate::asking::allow(&mut browser, &asked, &["links.read"]).await;
    assert_eq!(granted(&browser, &client, &reply).await, "links.read mcp.connect skills.read");
}

#[tokio::test]
async fn whoever_is_shown_the_question_by_mistake_can_be_somebody_else() {
    let mut browser = Browser::signed_in().await;
    let asked = path(&browser.sandbox, &[]).await;
    let next = form_urlencoded::Serializer::new(String::new()).append_pair("next", &asked).finish();
    let other = format!("id=\"other\" method=\"post\" action=\"/sign-out?{next}\"");
    browser.get(&asked).await.shows(200, &[&other, "form=\"other\">Not you?"]);
}

#[tokio::test]
async fn a_person_without_a_handle_takes_one_and_goes_on() {
    let mut browser = Browser::new().await;
    sign_up(&mut browser).await;
    let client = browser.sandbox.client().await;
    let asked = question(&client, &[ANY, ("scope", "links.read")]);
    let page = browser.get(&asked).await;
    let next = form_urlencoded::Serializer::new(String::new()).append_pair("next", &asked).finish();
    page.shows(200, &["has none", "Take this handle and go on", &format!("action=\"/handles?{next}\"")]);
    let taken = browser.post(&format!("/handles?{next}"), &[("handle", "hello")]).await;
    taken.shows(409, &["is taken", &format!("action=\"/handles?{next}\"")]);
    browser.post(&format!("/handles?{next}"), &[("handle", "mine")]).await.leads_to(&asked);
    browser.get(&asked).await.shows(200, &["Into the handle", "<strong>mine</strong>"]);
    browser.cookies.clear();
    let later = browser.post(&format!("/handles?{next}"), &[("handle", "more")]).await;
    later.leads_to(&format!("/sign-in?{next}"));
}
