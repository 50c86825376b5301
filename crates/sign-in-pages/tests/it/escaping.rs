use crate::browser::{Browser, EMAIL, PASSWORD};

const HOSTILE: &[&str] = &[
    "\"><script>alert(1)</script>",
    "'><img src=x onerror=alert(1)>",
    "</title><script>alert(1)</script>",
    "<!--",
    "&quot;><svg/onload=alert(1)>",
    "\u{0}<b>",
    "javascript:alert(1)//",
];

/// Whether a page has an element or attribute that a text brought in.
fn clean(page: &str) -> bool {
    let scripts = ["<script", "<img", "<svg/", "<b>", "<!--", "javascript:alert(1)//\">"];
    !scripts.iter().any(|script| page.contains(script))
}

#[tokio::test]
async fn what_people_type_is_text_and_never_markup() {
    for text in HOSTILE {
        let mut browser = Browser::new().await;
        let reply = browser.post("/sign-in", &[("email", text), ("password", text)]).await;
        assert!(clean(&reply.text), "{text}: {}", reply.text);
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("next", &format!("/{text}"))
            .append_pair("done", text)
            .finish();
        let page = browser.get(&format!("/sign-in?{query}")).await;
        assert!(clean(&page.text), "{text}: {}", page.text);
        browser.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await.leads_to("/");
        let reply = browser.post("/handles", &[("handle", text)]).await;
        assert_eq!(reply.status, 400, "{text}");
        assert!(clean(&reply.text), "{text}: {}", reply.text);
        let reply = browser.post("/sessions", &[("session", text)]).await;
        assert!(clean(&reply.text), "{text}: {}", reply.text);
    }
}

#[tokio::test]
async fn what_a_session_calls_itself_is_text() {
    let mut browser = Browser::signed_in().await;
    for text in HOSTILE.iter().filter(|text| !text.contains('\u{0}')) {
        browser.elsewhere(text).await;
    }
    let page = browser.get("/").await;
    assert_eq!(page.status, 200);
    assert!(clean(&page.text), "{}", page.text);
    assert!(page.text.contains("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"), "{}", page.text);
}

#[tokio::test]
async fn cookies_that_others_wrote_are_text() {
    let mut browser = Browser::new().await;
    for value in ["%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E", "%ff", "a&b=c"] {
        browser.cookies.insert("lp-mail".to_owned(), value.to_owned());
        for path in ["/sign-in", "/sign-up/confirm", "/forgot/confirm", "/sign-in/code/confirm"] {
            let page = browser.get(path).await;
            assert!(clean(&page.text), "{path}: {}", page.text);
        }
    }
}
