use http::Request;

use crate::browser::Browser;

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

#[tokio::test]
async fn every_reply_carries_what_protects_it() {
    let mut browser = Browser::signed_in().await;
    for path in ["/", "/sign-in", "/nothing", "/handles"] {
        let reply = browser.get(path).await;
        for (name, value) in [
            ("content-security-policy", POLICY),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{path}");
        }
        assert!(reply.header("x-request-id").is_some(), "{path}");
    }
}

#[tokio::test]
async fn style_and_icon_may_be_kept_for_good_because_their_content_is_in_their_name() {
    let mut browser = Browser::new().await;
    let page = browser.get("/sign-in").await;
    for (before, content_type) in [
        ("rel=\"stylesheet\" href=\"", "text/css; charset=utf-8"),
        ("type=\"image/svg+xml\" href=\"", "image/svg+xml"),
    ] {
        let at = page.text.find(before).expect("a link") + before.len();
        let path = page.text[at..].split('"').next().expect("an address");
        let asset = browser.get(path).await;
        assert_eq!((asset.status, asset.header("content-type")), (200, Some(content_type)), "{path}");
        assert_eq!(asset.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(browser.send(Request::post(path), "").await.status, 405, "{path}");
    }
    assert_eq!(browser.get("/style-0000000000000000.css").await.status, 404);
}

#[tokio::test]
async fn a_head_says_what_the_page_would_be() {
    let mut browser = Browser::signed_in().await;
    for path in ["/", "/sign-in", "/nothing"] {
        let page = browser.get(path).await;
        let head = browser.send(Request::head(path), "").await;
        assert_eq!((head.status, head.text.as_str()), (page.status, ""), "{path}");
        assert_eq!(head.header("content-length"), Some(page.text.len().to_string().as_str()), "{path}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_on_a_page() {
    let mut browser = Browser::new().await;
    for path in ["/nothing", "/sign-in/", "/SIGN-IN", "/v2/handles", "//", "/%2e%2e", "/sign-up/confirm/x"] {
        browser.get(path).await.shows(404, &["Page not found", "<main"]);
    }
    for (method, path, allowed) in [
        ("PUT", "/sign-in", "GET, HEAD, POST"),
        ("DELETE", "/sessions", "GET, HEAD, POST"),
        ("OPTIONS", "/sign-in", "GET, HEAD, POST"),
        ("POST", "/", "GET, HEAD"),
    ] {
        let reply = browser.send(Request::builder().method(method).uri(path), "").await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some(allowed)), "{method} {path}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_of_ours_is_refused() {
    let mut browser = Browser::new().await;
    let form = "application/x-www-form-urlencoded";
    let large = format!("email={}", "a".repeat(17 * 1024));
    for (content_type, body, status) in [
        ("application/json", "{\"email\":\"owner@example.com\",\"password\":\"correct horse\"}", 415),
        ("multipart/form-data; boundary=x", "--x--", 415),
        ("text/plain", "email=owner@example.com", 415),
        ("", "email=owner@example.com", 415),
        (form, large.as_str(), 413),
        (form, "email=a%40b.example&email=c%40d.example&password=x", 400),
        (form, "email=%ff&password=x", 400),
        ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "email=owner%40example.com&password=wrong", 401),
    ] {
        let request = Request::post("/sign-in")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", content_type);
        let reply = browser.send(request, body).await;
        assert_eq!(reply.status, status, "{content_type}: {body:.60}");
        reply.shows(status, &["<h1>"]);
    }
}
