//! Where an app's answers may go.

use lp_access::{RedirectUri, redirects};
use proptest::prelude::*;

fn admits(registered: &str, asked: &str) -> bool {
    let registered = RedirectUri::parse(registered).expect("registered");
    RedirectUri::parse(asked).is_ok_and(|asked| registered.admits(&asked))
}

#[test]
fn https_and_the_machine_itself_can_be_registered() {
    for good in [
        "https://claude.ai/api/mcp/auth_callback",
        "https://chatgpt.com/connector_platform_oauth_redirect",
        "https://app.example:8443/callback?tenant=1",
        "https://app.example",
        "http://localhost:6274/oauth/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:33418",
        "http://[::1]:50000/",
    ] {
        assert!(RedirectUri::parse(good).is_ok(), "{good}");
    }
}

#[test]
fn what_is_not_safe_or_not_plain_cannot() {
    for bad in [
        "",
        "/callback",
        "callback",
        "//app.example/callback",
        "http://app.example/callback",
        "http://127.0.0.1.evil.example/",
        "http://localhost.evil.example/",
        "http://127.0.0.2/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://127.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost./",
        "http://user@localhost/",
        "https://user:password@app.example/",
        "https://app.example@evil.example/",
        "https://*.example/callback",
        "https://app.example/callback#fragment",
        "https://app.example/callback#",
        "HTTPS://app.example/callback",
        "https://APP.example/callback",
        "https://app.example:443/callback",
        "https://app.example/a/../callback",
        "https://app.example/a/%2e%2e/callback",
        "https://app.example\\@evil.example/",
        "https:\\\\app.example/callback",
        "https:/app.example/callback",
        "https:app.example/callback",
        "https://app.example/call back",
        "https://app.example/call\tback",
        "https://app.example/call\nback",
        " https://app.example/callback",
        "https://bücher.example/callback",
        "https://app.example/<script>",
        "javascript:alert(1)",
        "data:text/html,hello",
        "file:///etc/passwd",
        "urn:ietf:wg:oauth:2.0:oob",
        "com.example.app:/callback",
        "https://",
        "https:///callback",
    ] {
        assert!(RedirectUri::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn an_answer_goes_to_what_was_registered_letter_by_letter() {
    let registered = "https://app.example/callback";
    assert!(admits(registered, registered));
    for asked in [
        "https://app.example/callback/",
        "https://app.example/Callback",
        "https://app.example/callback?",
        "https://app.example/callback?next=https://evil.example",
        "https://app.example/callback/extra",
        "https://app.example/callbac",
        "https://app.example/",
        "https://app.example",
        "https://app.example:8443/callback",
        "https://app.example.evil.example/callback",
        "https://evil.example/https://app.example/callback",
        "https://sub.app.example/callback",
        "https://app.example//callback",
        "https://app.example/%63allback",
        "https://app.example/callback%00",
        "https://app.example/callback;a",
        "http://app.example/callback",
        "http://localhost/callback",
    ] {
        assert!(!admits(registered, asked), "{asked}");
    }
}

#[test]
fn on_the_machine_itself_only_the_port_is_free() {
    for (registered, asked, admitted) in [
        ("http://127.0.0.1/callback", "http://127.0.0.1:50123/callback", true),
        ("http://127.0.0.1:1/callback", "http://127.0.0.1:2/callback", true),
        ("http://localhost/callback", "http://localhost:50123/callback", true),
        ("http://[::1]:5/callback", "http://[::1]/callback", true),
        ("http://127.0.0.1", "http://127.0.0.1:33418", true),
        ("http://127.0.0.1/callback", "http://localhost:50123/callback", false),
        ("http://127.0.0.1/callback", "http://[::1]:50123/callback", false),
        ("http://127.0.0.1/callback", "http://127.0.0.1:50123/other", false),
        ("http://127.0.0.1/callback", "http://127.0.0.1:50123/callback?a=b", false),
        ("http://127.0.0.1/callback", "https://127.0.0.1:50123/callback", false),
        ("http://127.0.0.1/callback", "http://127.0.0.1:50123@evil.example/callback", false),
        ("https://localhost/callback", "https://localhost:50123/callback", false),
    ] {
        assert_eq!(admits(registered, asked), admitted, "{registered} asked at {asked}");
    }
}

#[test]
fn a_list_is_bounded() {
    assert!(redirects(["https://a.example"; 10].into_iter()).is_ok());
    assert!(redirects(["https://a.example"; 11].into_iter()).is_err());
    assert!(redirects(std::iter::empty::<&str>()).is_err());
    let long = format!("https://a.example/{}", "x".repeat(900));
    assert!(redirects([long.as_str(); 2].into_iter()).is_ok());
    assert!(redirects([long.as_str(); 3].into_iter()).is_err());
}

proptest! {
    /// What is admitted leads to the same host by the rules of browsers, too.
    #[test]
    fn whatever_is_admitted_leads_to_the_registered_host(
        asked in r"(https?:(//|/\\)?)(app\.example|127\.0\.0\.1|evil\.example|@|:|[0-9]{1,5}|/|\\|\?|#|\.|%2f){1,8}",
    ) {
        for registered in ["https://app.example/callback", "http://127.0.0.1/callback", "http://127.0.0.1"] {
            let known = RedirectUri::parse(registered).expect("registered");
            if let Ok(asked) = RedirectUri::parse(&asked) && known.admits(&asked) {
                prop_assert_eq!(asked.host(), known.host());
                prop_assert!(lp_core::WebUrl::parse(asked.as_str()).is_ok());
            }
        }
    }
}
