//! What protects the question of an app: from neighbours, from frames, and from what the app itself says.

use http::Request;
use lp_application::PublicUrls;
use lp_testkit::SandboxOptions;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::asking::{allow, answer_path, hidden, path, question, registered};
use crate::browser::{Browser, ORIGIN};

const FORM: &str = "application/x-www-form-urlencoded";
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

#[tokio::test]
async fn a_form_from_elsewhere_lets_nobody_in() {
    let mut browser = Browser::signed_in().await;
    let asked = path(&browser.sandbox, &[("scope", "links.read")]).await;
    let account = hidden(&browser.get(&asked).await, "account");
    let form = format!("account={account}&handle=hello&decision=approve&allow-links.read=yes");
    let calls = browser.sandbox.observed.records().len();
    for headers in [
        &[][..],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://assistant.example")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://evil.localhost:8080")],
        &[("sec-fetch-site", "same-site"), ("origin", ORIGIN)],
        &[("sec-fetch-site", "none")],
        &[("origin", "null")],
        &[("origin", "http://login.connect.localhost:8080")],
    ] {
        let mut request = Request::post(answer_path(&asked)).header("content-type", FORM);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = browser.send(request, &form).await;
        reply.shows(403, &["Nothing was done", "Go back to the app and connect again"]);
        assert_eq!(reply.header("location"), None);
    }
    assert_eq!(browser.sandbox.observed.records().len(), calls, "nothing was called");
    // The same form is good from the page itself.
    let request = Request::post(answer_path(&asked)).header("content-type", FORM).header("origin", ORIGIN);
    assert_eq!(browser.send(request, &form).await.status, 303);
}

#[tokio::test]
async fn the_question_stands_in_no_frame_and_its_form_ends_at_the_app_alone() {
    let mut browser = Browser::signed_in().await;
    for (redirect, source) in [
        ("https://assistant.example/callback", "https://assistant.example"),
        ("https://assistant.example:8443/callback?a=b", "https://assistant.example:8443"),
        ("http://127.0.0.1:4000/", "http://127.0.0.1:4000"),
        ("http://localhost:4000/", "http://localhost:4000"),
        ("http://[::1]:4000/", "http://*:4000"),
    ] {
        let client = registered(&browser.sandbox, "App", redirect).await;
        let asked = question(&client, &[("redirect_uri", redirect), ("scope", "links.read")]);
        let page = browser.get(&asked).await;
        assert_eq!(page.header("content-security-policy"), Some(format!("{POLICY} {source}").as_str()));
        for (name, value) in
            [("x-frame-options", "DENY"), ("cache-control", "no-store"), ("referrer-policy", "same-origin")]
        {
            assert_eq!(page.header(name), Some(value));
        }
        let reply = allow(&mut browser, &asked, &[]).await;
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{reply:?}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let refused = browser.get(&question(&client, &[("redirect_uri", "https://evil.example/")])).await;
        assert_eq!(refused.header("content-security-policy"), Some(POLICY), "nowhere else");
    }
    assert_eq!(browser.get("/connections").await.header("content-security-policy"), Some(POLICY));
}

#[tokio::test]
async fn a_window_that_an_app_opened_stays_its_own_until_it_is_answered() {
    let mut browser = Browser::new().await;
    let asked = path(&browser.sandbox, &[]).await;
    let to_sign_in = browser.get(&asked).await;
    let place = to_sign_in.header("location").expect("a place").to_owned();
    let policy = |reply: &crate::browser::Reply| {
        reply.header("cross-origin-opener-policy").expect("a policy").to_owned()
    };
    assert_eq!(policy(&to_sign_in), "unsafe-none");
    assert_eq!(policy(&browser.get(&place).await), "unsafe-none");
    for elsewhere in
        ["/", "/sign-in", "/sign-in?next=%2Fpassword", "/sign-in?next=%2Foauth%2Fauthorizes", "/nothing"]
    {
        assert_eq!(policy(&browser.get(elsewhere).await), "same-origin", "{elsewhere}");
    }
    browser.sign_in().await;
    assert_eq!(policy(&browser.get(&asked).await), "unsafe-none");
    assert_eq!(policy(&allow(&mut browser, &asked, &[]).await), "unsafe-none");
    assert_eq!(policy(&browser.get("/connections").await), "same-origin");
}

#[tokio::test]
async fn what_an_app_calls_itself_and_says_is_text() {
    let mut browser = Browser::signed_in().await;
    for text in [
        "<script>alert(1)</script>",
        "\"><script>alert(1)</script>",
        "'><img src=x onerror=alert(1)>",
        "</bdi></span><b>Verified</b>",
        "&quot;><svg/onload=alert(1)>",
        "<!--",
        "“Claude” — verified by the operator",
    ] {
        let client = registered(&browser.sandbox, text, lp_testkit::connector::CALLBACK).await;
        let asked = question(&client, &[("scope", "links.read"), ("state", text)]);
        let page = browser.get(&asked).await;
        page.shows(200, &["An app asks for access", "<span class=\"claimed\">“<bdi>"]);
        let reply = allow(&mut browser, &asked, &["links.read"]).await;
        crate::asking::granted(&browser, &client, &reply).await;
        let more = question(&client, &[("scope", "links.write"), ("state", text)]);
        for page in [page, browser.get(&more).await, browser.get("/connections").await] {
            for markup in ["<script", "<img", "<svg/", "<b>", "<!--", "onerror=alert(1)>", "<a href=\"http"] {
                assert!(!page.text.contains(markup), "{text}: {markup} in {}", page.text);
            }
        }
    }
    let client = browser.sandbox.client().await;
    for name in ["client_id", "redirect_uri", "scope", "resource", "prompt", "handle", "keep"] {
        let page = browser.get(&question(&client, &[(name, "\"><script>alert(1)</script>")])).await;
        assert!(!page.text.contains("<script"), "{name}: {}", page.text);
    }
}

#[tokio::test]
async fn over_https_the_question_and_its_answer_are_on_the_consoles_host() {
    let urls = Some(PublicUrls::below("example.com", None));
    let mut browser = Browser::with(SandboxOptions { urls, ..SandboxOptions::default() }).await;
    browser.sign_in().await.leads_to("/");
    let client = browser.sandbox.client().await;
    let asked =
        question(&client, &[("resource", "https://hello.mcp.example.com/mcp"), ("scope", "links.read")]);
    let page = browser.get(&asked).await;
    page.shows(200, &["An app asks for access"]);
    let reply = allow(&mut browser, &asked, &["links.read"]).await;
    assert_eq!(crate::asking::told(&reply, "iss").as_deref(), Some("https://ai.example.com"));
}

#[test]
fn no_request_makes_the_page_fail_or_say_what_it_was_not_given() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut browser = runtime.block_on(Browser::signed_in());
    let client = runtime.block_on(browser.sandbox.client());
    let names = prop::sample::select(vec![
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "resource",
        "prompt",
        "handle",
        "keep",
        "next",
    ]);
    let query = prop::collection::vec((names, "\\PC{0,20}"), 0..4);
    let mut runner = TestRunner::new(Config::with_cases(64));
    let result = runner.run(&query, |pairs| {
        let other: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let asked = question(&client, &other);
        let page = runtime.block_on(browser_get(&browser, &asked));
        prop_assert!([200, 303, 400].contains(&page.0), "{asked}: {}", page.0);
        let at_home = page.1.is_none_or(|place| place.starts_with(lp_testkit::connector::CALLBACK));
        prop_assert!(at_home, "{asked}");
        Ok(())
    });
    result.expect("no request does");
    runtime.block_on(browser.get("/")).shows(200, &["Your account"]);
}

/// Status and place of the answer to one request, without a cookie kept.
async fn browser_get(browser: &Browser, path: &str) -> (u16, Option<String>) {
    let reply = browser.look(path).await;
    (reply.status, reply.header("location").map(ToOwned::to_owned))
}
