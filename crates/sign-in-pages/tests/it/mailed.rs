//! Pages that work by codes in e-mails.

use std::time::Duration;

use lp_application::SignUps;
use lp_testkit::SandboxOptions;

use crate::browser::{Browser, EMAIL, PASSWORD};

const NEW: &str = "new@example.com";

/// The code in the mail that came last to a mailbox.
pub(crate) async fn code(browser: &Browser, to: &str) -> String {
    let mails = browser.sandbox.mails().await;
    let mail = mails.iter().rfind(|mail| mail.to.as_str() == to).expect("a mail");
    let mut words = mail.text.split(|letter: char| !letter.is_ascii_digit());
    words.rfind(|word| word.len() == 6).expect("a code").to_owned()
}

/// Another code than this.
fn wrong(code: &str) -> String {
    code.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect()
}

#[tokio::test]
async fn a_person_makes_an_account_and_is_signed_in() {
    let mut browser = Browser::new().await;
    browser
        .get("/sign-in")
        .await
        .shows(200, &["href=\"/sign-up\"", "href=\"/forgot\"", "href=\"/sign-in/code\""]);
    browser.get("/sign-up").await.shows(200, &["Create an account", "autocomplete=\"new-password\""]);
    browser
        .post("/sign-up", &[("email", NEW), ("password", "battery staple")])
        .await
        .leads_to("/sign-up/confirm");
    let page = browser.get("/sign-up/confirm").await;
    page.shows(
        200,
        &["value=\"new@example.com\"", "autocomplete=\"one-time-code\"", "inputmode=\"numeric\""],
    );
    let code = code(&browser, NEW).await;
    let refused = browser.post("/sign-up/confirm", &[("email", NEW), ("code", &wrong(&code))]).await;
    refused.shows(401, &["role=\"alert\"", "value=\"new@example.com\""]);
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    browser.post("/sign-up/confirm", &[("email", NEW), ("code", &spaced)]).await.leads_to("/");
    assert!(!browser.cookies.contains_key("lp-mail"), "{:?}", browser.cookies);
    let home = browser.get("/").await;
    home.shows(200, &[NEW, "You have none yet", "your-name.localhost:8080", "This browser", "Browser"]);
}

#[tokio::test]
async fn nobody_learns_on_the_page_who_has_an_account() {
    let mut browser = Browser::new().await;
    for (path, confirm) in [
        ("/sign-up", "/sign-up/confirm"),
        ("/forgot", "/forgot/confirm"),
        ("/sign-in/code", "/sign-in/code/confirm"),
    ] {
        let mut shown = Vec::new();
        for email in [EMAIL, NEW] {
            let fields = [("email", email), ("password", "battery staple")];
            browser.post(path, &fields).await.leads_to(confirm);
            shown.push(browser.get(confirm).await.text.replace(email, "SOMEBODY"));
        }
        assert_eq!(shown[0], shown[1], "{path}");
    }
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_and_signs_in() {
    let mut browser = Browser::new().await;
    browser.post("/forgot", &[("email", EMAIL)]).await.leads_to("/forgot/confirm");
    let code = code(&browser, EMAIL).await;
    let weak = [("email", EMAIL), ("code", code.as_str()), ("password", "short")];
    let refused = browser.post("/forgot/confirm", &weak).await;
    refused.shows(400, &["role=\"alert\"", &format!("value=\"{code}\"")]);
    assert!(!refused.text.contains("short\""), "{}", refused.text);
    let good = [("email", EMAIL), ("code", code.as_str()), ("password", "battery staple")];
    browser.post("/forgot/confirm", &good).await.leads_to("/");
    browser.post("/sign-out", &[]).await.leads_to("/sign-in?done=signed-out");
    assert_eq!(browser.sign_in().await.status, 401, "the old one is gone");
    browser.post("/sign-in", &[("email", EMAIL), ("password", "battery staple")]).await.leads_to("/");
}

#[tokio::test]
async fn a_code_signs_in_and_leads_to_where_the_person_wanted_to_be() {
    let mut browser = Browser::new().await;
    let page = browser.get("/sign-in?next=%2Fpassword").await;
    page.shows(200, &["href=\"/sign-in/code?next=%2Fpassword\""]);
    let sent = browser.post("/sign-in/code?next=%2Fpassword", &[("email", EMAIL)]).await;
    sent.leads_to("/sign-in/code/confirm?next=%2Fpassword");
    let code = code(&browser, EMAIL).await;
    let shown = [("email", EMAIL), ("code", code.as_str())];
    browser.post("/sign-in/code/confirm?next=%2Fpassword", &shown).await.leads_to("/password");
    browser.get("/password").await.shows(200, &["Change your password", "autocomplete=\"current-password\""]);
    let mut other = Browser::new().await;
    other.post("/sign-in/code/confirm?next=%2F%2Fevil.example", &shown).await.shows(401, &["role=\"alert\""]);
}

#[tokio::test]
async fn the_address_is_remembered_for_as_long_as_the_code_is_good() {
    let mut browser = Browser::new().await;
    let reply = browser.post("/forgot", &[("email", " Owner@Example.com ")]).await;
    let cookies = reply.cookies();
    let [cookie] = cookies.as_slice() else { panic!("{cookies:?}") };
    assert_eq!(cookie, "lp-mail=Owner%40Example.com; Path=/; Max-Age=900; HttpOnly; SameSite=Lax");
    browser.get("/forgot/confirm").await.shows(200, &["value=\"Owner@Example.com\""]);
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it() {
    let mut browser = Browser::signed_in().await;
    browser.get("/").await.shows(200, &["href=\"/password\""]);
    let change = |current, new| [("currentPassword", current), ("newPassword", new)];
    browser
        .post("/password", &change("wrong horse", "battery staple"))
        .await
        .shows(401, &["role=\"alert\"", "#currentPassword"]);
    let refused = browser.post("/password", &change(PASSWORD, "short")).await;
    refused.shows(400, &["New password must have", "aria-invalid=\"true\""]);
    assert!(!refused.text.contains(PASSWORD), "{}", refused.text);
    browser
        .post("/password", &[])
        .await
        .shows(400, &["Enter your current password.", "Choose a new password."]);
    browser.post("/password", &change(PASSWORD, "battery staple")).await.leads_to("/?done=password");
    browser
        .get("/?done=password")
        .await
        .shows(200, &["Your password is changed, and you are signed out everywhere else.", EMAIL]);
    let mut other = Browser::new().await;
    other.get("/password").await.leads_to("/sign-in?next=%2Fpassword");
    other.post("/password", &change(PASSWORD, "battery staple")).await.leads_to("/sign-in?next=%2Fpassword");
}

#[tokio::test]
async fn who_is_signed_in_already_needs_no_code() {
    let mut browser = Browser::signed_in().await;
    for path in ["/sign-up", "/forgot", "/sign-in/code"] {
        browser.get(path).await.leads_to("/");
    }
}

#[tokio::test]
async fn where_accounts_are_made_by_the_operator_no_page_offers_one() {
    let closed = SandboxOptions { sign_ups: SignUps::Closed, ..SandboxOptions::default() };
    let mut browser = Browser::with(closed).await;
    let page = browser.get("/sign-in").await;
    assert!(!page.text.contains("/sign-up") && page.text.contains("/forgot"), "{}", page.text);
    for path in ["/sign-up", "/sign-up/confirm"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
        assert_eq!(
            browser.post(path, &[("email", NEW), ("password", "battery staple")]).await.status,
            404,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_code_that_came_too_late_is_refused_in_words() {
    let mut browser = Browser::new().await;
    browser.post("/sign-in/code", &[("email", EMAIL)]).await.leads_to("/sign-in/code/confirm");
    let code = code(&browser, EMAIL).await;
    browser.sandbox.clock.advance(Duration::from_mins(16));
    let reply = browser.post("/sign-in/code/confirm", &[("email", EMAIL), ("code", &code)]).await;
    reply.shows(401, &["role=\"alert\"", "href=\"/sign-in/code\"", "<a href=\"#code\">"]);
    let reply = browser.post("/sign-in/code/confirm", &[("email", EMAIL), ("code", "12")]).await;
    reply.shows(400, &["A code has six digits."]);
}
