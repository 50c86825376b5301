use std::net::{IpAddr, Ipv4Addr};

use http::Request;
use lp_application::accounts::{self, Login, SignedIn};
use lp_application::{Catalogue, Code, Cx, Error, Need, Operation, Surface};
use lp_sign_in_pages::ClientAddr;
use lp_testkit::SandboxOptions;

use crate::browser::{Browser, EMAIL, PASSWORD};

#[tokio::test]
async fn a_person_signs_in_and_sees_the_account() {
    let mut browser = Browser::new().await;
    browser.get("/").await.leads_to("/sign-in");
    browser.get("/sign-in").await.shows(200, &["<h1>Sign in</h1>", "autocomplete=\"current-password\""]);
    browser.sign_in().await.leads_to("/");
    browser.get("/").await.shows(200, &["Your account", EMAIL, "http://hello.localhost:8080", "Owner"]);
    let surfaces: Vec<Surface> = browser.sandbox.observed.records().iter().map(|call| call.surface).collect();
    assert!(surfaces.iter().all(|surface| *surface == Surface::Web), "{surfaces:?}");
}

#[tokio::test]
async fn a_wrong_password_keeps_the_address_and_never_the_password() {
    let mut browser = Browser::new().await;
    let reply = browser.post("/sign-in", &[("email", EMAIL), ("password", "wrong horse")]).await;
    reply.shows(401, &["<title>Error: Sign in", "No account has this e-mail address with this password."]);
    reply.shows(401, &["value=\"owner@example.com\"", "role=\"alert\"", "aria-invalid=\"true\""]);
    assert!(!reply.text.contains("wrong horse"), "{}", reply.text);
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
    let unknown = browser.post("/sign-in", &[("email", "nobody@example.com"), ("password", PASSWORD)]).await;
    let told = |text: &str| text.replace("nobody@example.com", EMAIL);
    assert_eq!((unknown.status, told(&unknown.text)), (401, told(&reply.text)), "both look the same");
}

#[tokio::test]
async fn every_fault_of_a_form_is_told_at_its_field() {
    let mut browser = Browser::new().await;
    let nothing = browser.post("/sign-in", &[]).await;
    nothing.shows(400, &["Enter your e-mail address.", "Enter your password."]);
    nothing
        .shows(400, &["aria-describedby=\"email-fault\"", "<a href=\"#email\">", "<a href=\"#password\">"]);
    let malformed = browser.post("/sign-in", &[("email", "owner"), ("password", "x")]).await;
    malformed.shows(400, &["E-mail address is not an e-mail address such as owner@example.com."]);
    let long = browser.post("/sign-in", &[("email", EMAIL), ("password", &"x".repeat(1_025))]).await;
    long.shows(400, &["Password must have at most 1024 characters."]);
}

#[tokio::test]
async fn spaces_around_an_address_are_no_fault_and_those_of_a_password_count() {
    let mut browser = Browser::new().await;
    let spaced =
        browser.post("/sign-in", &[("email", " owner@example.com "), ("password", " correct horse")]).await;
    assert_eq!(spaced.status, 401);
    browser.post("/sign-in", &[("email", " Owner@Example.com "), ("password", PASSWORD)]).await.leads_to("/");
}

#[tokio::test]
async fn after_signing_in_a_person_is_where_they_wanted_to_be() {
    let mut browser = Browser::new().await;
    let path = "/sign-in?next=%2Foauth%2Fauthorize%3Fclient_id%3Da%26scope%3Db";
    browser
        .get(path)
        .await
        .shows(200, &["action=\"/sign-in?next=%2Foauth%2Fauthorize%3Fclient_id%3Da%26scope%3Db\""]);
    let wrong = browser.post(path, &[("email", EMAIL), ("password", "no")]).await;
    wrong.shows(401, &["action=\"/sign-in?next=%2Foauth%2Fauthorize%3Fclient_id%3Da%26scope%3Db\""]);
    let reply = browser.post(path, &[("email", EMAIL), ("password", PASSWORD)]).await;
    reply.leads_to("/oauth/authorize?client_id=a&scope=b");
    browser.get(path).await.leads_to("/oauth/authorize?client_id=a&scope=b");
    browser.get("/sign-in").await.leads_to("/");
}

#[tokio::test]
async fn nobody_is_led_to_another_host() {
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "http:evil.example",
        "///evil.example",
        "/a\r\nset-cookie: a=b",
        "/ /evil.example",
    ] {
        let mut browser = Browser::new().await;
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        let page = browser.get(&format!("/sign-in?{query}")).await;
        assert!(!page.text.contains("evil"), "{next:?}: {}", page.text);
        let fields = [("email", EMAIL), ("password", PASSWORD)];
        browser.post(&format!("/sign-in?{query}"), &fields).await.leads_to("/");
        // What the form itself says about it counts for nothing.
        browser.cookies.clear();
        let fields = [fields[0], fields[1], ("next", "//evil.example")];
        browser.post("/sign-in", &fields).await.leads_to("/");
    }
    let mut browser = Browser::new().await;
    let twice = browser.post(
        "/sign-in?next=%2Fpassword&next=%2F%2Fevil.example",
        &[("email", EMAIL), ("password", PASSWORD)],
    );
    twice.await.leads_to("/");
}

#[tokio::test]
async fn a_person_who_tries_too_often_is_told_how_long_to_wait() {
    let mut browser = Browser::with(SandboxOptions {
        limits: Some(lp_application::Limits::default()),
        ..SandboxOptions::default()
    })
    .await;
    let mut last = None;
    for _ in 0..11 {
        let request = Request::post("/sign-in")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .extension(ClientAddr(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))));
        last = Some(browser.send(request, "email=owner%40example.com&password=wrong").await);
    }
    let last = last.expect("a reply");
    last.shows(429, &["Too many tries. Try again in ", "value=\"owner@example.com\""]);
    assert!(last.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok()), "{last:?}");
}

async fn nobody(_: Cx, _: Login) -> Result<SignedIn, Error> {
    Err(Error::new(Code::INVALID_CREDENTIALS, "nobody may sign in here"))
}

#[tokio::test]
async fn a_page_whose_operation_the_installation_lacks_is_not_there_and_not_linked() {
    let rows = vec![Operation::write(accounts::LOGIN, Need::Public, nobody)];
    let catalogue = Some(Catalogue::of(rows));
    let mut browser = Browser::with(SandboxOptions { catalogue, ..SandboxOptions::default() }).await;
    let page = browser.get("/sign-in").await;
    page.shows(200, &["<h1>Sign in</h1>"]);
    for path in
        ["/", "/sign-up", "/forgot", "/sign-in/code", "/forgot/confirm", "/password", "/handles", "/sessions"]
    {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
        assert_eq!(browser.post(path, &[]).await.status, 404, "{path}");
        assert!(path == "/" || !page.text.contains(&format!("href=\"{path}\"")), "{path}");
    }
    browser.sign_in().await.shows(401, &["Nobody may sign in here."]);
    let none = Some(Catalogue::of(Vec::new()));
    let mut browser = Browser::with(SandboxOptions { catalogue: none, ..SandboxOptions::default() }).await;
    assert_eq!(browser.get("/sign-in").await.status, 404);
}
