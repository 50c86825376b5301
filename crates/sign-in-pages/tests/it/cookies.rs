use lp_application::PublicUrls;
use lp_testkit::SandboxOptions;

use crate::browser::Browser;

#[tokio::test]
async fn over_plain_http_cookies_go_without_what_browsers_refuse_there() {
    let mut browser = Browser::new().await;
    let set = browser.sign_in().await.cookies();
    let [access, refresh] = set.as_slice() else { panic!("{set:?}") };
    assert!(access.starts_with("lp-access=eyJ"), "{access}");
    assert!(access.ends_with("; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"), "{access}");
    assert!(refresh.starts_with("lp-refresh=rtv1_"), "{refresh}");
    assert!(refresh.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"), "{refresh}");
}

#[tokio::test]
async fn over_https_no_other_host_can_set_or_read_them() {
    let urls = Some(PublicUrls::below("example.com", None));
    let mut browser = Browser::with(SandboxOptions { urls, ..SandboxOptions::default() }).await;
    let set = browser.sign_in().await.cookies();
    for (cookie, name) in set.iter().zip(["__Host-lp-access=", "__Host-lp-refresh="]) {
        assert!(cookie.starts_with(name), "{cookie}");
        for flag in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(flag), "{flag} in {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    assert_eq!((set.len(), browser.get("/").await.status), (2, 200));
    // Without the prefix a site next door may have set them.
    let stripped =
        browser.cookies.iter().map(|(name, value)| (name.replace("__Host-", ""), value.clone())).collect();
    browser.cookies = stripped;
    browser.get("/").await.leads_to("/sign-in");
    let cookies = browser.post("/sign-out", &[]).await.cookies();
    assert!(
        cookies.iter().all(|cookie| cookie.starts_with("__Host-") && cookie.contains("Max-Age=0")),
        "{cookies:?}"
    );
}

#[tokio::test]
async fn no_reply_but_signing_in_touches_the_cookies() {
    let mut browser = Browser::new().await;
    for path in ["/", "/sign-in", "/nothing", "/handles"] {
        assert_eq!(browser.get(path).await.cookies(), [] as [&str; 0], "{path}");
    }
    browser.sign_in().await;
    for path in ["/", "/sign-in", "/nothing"] {
        assert_eq!(browser.get(path).await.cookies(), [] as [&str; 0], "{path}");
    }
}
