use http::Request;

use crate::browser::{Browser, EMAIL, ORIGIN, PASSWORD};

/// Every page that takes a form, with a form that it would take.
const FORMS: &[(&str, &str)] = &[
    ("/sign-in", "email=owner%40example.com&password=correct+horse"),
    ("/sign-out", ""),
    ("/handles", "handle=acme"),
    ("/sessions", "session=ses_00000000000000000000000000"),
    ("/sign-up", "email=new%40example.com&password=correct+horse"),
    ("/sign-up/confirm", "email=new%40example.com&code=000000"),
    ("/forgot", "email=owner%40example.com"),
    ("/forgot/confirm", "email=owner%40example.com&code=000000&password=battery+staple"),
    ("/sign-in/code", "email=owner%40example.com"),
    ("/sign-in/code/confirm", "email=owner%40example.com&code=000000"),
    ("/desktop?attempt=d1.e30.x", "answer=approve"),
    ("/oauth/authorize/decision?client_id=dcr1.e30.x", "decision=approve"),
    ("/connections", "connection=con_00000000000000000000000000"),
    ("/password", "currentPassword=correct+horse&newPassword=battery+staple"),
];
const SITE: &str = "sec-fetch-site";

fn foreign() -> Vec<Vec<(&'static str, &'static str)>> {
    vec![
        vec![],
        vec![(SITE, "cross-site"), ("origin", "https://evil.example")],
        // The site of a handle next door: to a browser it is the same site, and sends the cookies along.
        vec![(SITE, "same-site"), ("origin", "http://evil.localhost:8080")],
        vec![(SITE, "same-site"), ("origin", ORIGIN)],
        vec![(SITE, "none")],
        vec![(SITE, "none"), ("origin", ORIGIN)],
        vec![(SITE, "Same-Origin")],
        vec![(SITE, "same-origin, cross-site")],
        vec![("origin", "http://evil.localhost:8080")],
        vec![("origin", "http://login.connect.localhost:8080")],
        vec![("origin", "http://localhost:8080")],
        vec![("origin", "https://app.localhost:8080")],
        vec![("origin", "http://app.localhost")],
        vec![("origin", "null")],
        vec![("origin", "")],
        vec![("referer", "http://app.localhost:8080/")],
        vec![("origin", "http://evil.localhost:8080"), ("host", "evil.localhost:8080")],
    ]
}

#[tokio::test]
async fn forms_from_anywhere_else_do_nothing_on_any_page() {
    let mut browser = Browser::signed_in().await;
    let calls = browser.sandbox.observed.records().len();
    let cookies = browser.cookies.clone();
    for (path, form) in FORMS {
        for headers in foreign() {
            let mut request =
                Request::post(*path).header("content-type", "application/x-www-form-urlencoded");
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let reply = browser.send(request, form).await;
            assert_eq!(reply.status, 403, "{path} {headers:?}");
            assert_eq!(reply.cookies(), [] as [&str; 0], "{path} {headers:?}");
        }
    }
    assert_eq!(browser.sandbox.observed.records().len(), calls, "nothing was called");
    assert_eq!(browser.cookies, cookies);
    browser.get("/").await.shows(200, &[EMAIL]);
}

#[tokio::test]
async fn nobody_is_signed_in_as_somebody_else_by_a_foreign_form() {
    let mut browser = Browser::new().await;
    for headers in foreign() {
        let mut request =
            Request::post("/sign-in").header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let reply = browser.send(request, FORMS[0].1).await;
        reply.shows(403, &["This form came from elsewhere", "Nothing was done"]);
        assert!(browser.cookies.is_empty());
    }
}

#[tokio::test]
async fn a_browser_that_only_knows_origins_can_sign_in() {
    let mut browser = Browser::new().await;
    let request = Request::post("/sign-in").header("origin", ORIGIN);
    let form = format!("email={}&password={}", EMAIL.replace('@', "%40"), PASSWORD.replace(' ', "+"));
    let reply =
        browser.send(request.header("content-type", "application/x-www-form-urlencoded"), &form).await;
    reply.leads_to("/");
}

#[tokio::test]
async fn looking_changes_nothing_wherever_it_is_asked_from() {
    let mut browser = Browser::signed_in().await;
    for (path, _) in FORMS {
        browser.send(Request::get(*path).header(SITE, "cross-site"), "").await;
    }
    browser.get("/").await.shows(200, &[EMAIL, "This browser"]);
}
