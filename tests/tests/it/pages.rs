//! Signing in on a page, as a browser does it against the real binary.

use std::collections::BTreeMap;

use e2e::{Server, Workspace};
use reqwest::Response;

use crate::by_mail::code;

/// The cookies of one browser, and where it is.
pub(crate) struct Browser<'s> {
    server: &'s Server,
    host: &'static str,
    cookies: BTreeMap<String, String>,
}

impl<'s> Browser<'s> {
    pub(crate) fn at(server: &'s Server, host: &'static str) -> Self {
        Self { server, host, cookies: BTreeMap::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Response {
        self.send("GET", path, &[("sec-fetch-site", "none")], "").await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &str) -> Response {
        self.send("POST", path, &[("sec-fetch-site", "same-origin")], form).await
    }

    async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], form: &str) -> Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.server.on(self.host, method, path).header("cookie", cookies.join("; "));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method == "POST" {
            request =
                request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
        }
        let reply = request.send().await.expect("a reply");
        for cookie in set(&reply) {
            let (name, rest) = cookie.split_once('=').expect("a name");
            let value = rest.split(';').next().expect("a value");
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    async fn sign_in(&mut self, email: &str) -> Response {
        self.post("/sign-in", &format!("email={}&password=correct+horse", escaped(email))).await
    }
}

fn set(reply: &Response) -> Vec<String> {
    let lines = reply.headers().get_all("set-cookie").iter();
    lines.map(|line| line.to_str().expect("plain headers").to_owned()).collect()
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |escaped, byte| escaped + &format!("%{byte:02X}"))
}

pub(crate) fn led_to(reply: &Response) -> (u16, Option<&str>) {
    (reply.status().as_u16(), reply.headers().get("location").and_then(|place| place.to_str().ok()))
}

#[tokio::test]
async fn the_printed_account_signs_in_on_the_printed_page() {
    let workspace = Workspace::new();
    let server = workspace.serve().await;
    let told =
        |what: &str| server.greeting.iter().find_map(|line| line.trim().strip_prefix(what).map(str::trim));
    let page = told("sign-in page").expect("the page");
    assert_eq!(page, format!("http://app.localhost:{}/sign-in", server.port));
    let (email, password) = (told("e-mail").expect("an address"), told("password").expect("a password"));
    let mut browser = Browser::at(&server, "app.localhost");
    assert_eq!(browser.get("/sign-in").await.status(), 200);
    let reply = browser.post("/sign-in", &format!("email={}&password={password}", escaped(email))).await;
    assert_eq!(led_to(&reply), (303, Some("/")));
    let home = browser.get("/").await.text().await.expect("text");
    assert!(home.contains("owner@localhost") && home.contains("hello.mcp.localhost"), "{home}");
}

#[tokio::test]
async fn both_hosts_have_the_pages_and_each_its_own_session() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let mut app = Browser::at(&server, "app.localhost");
    let mut login = Browser::at(&server, "login.connect.localhost");
    assert_eq!(led_to(&app.sign_in("hello@example.com").await), (303, Some("/")));
    assert_eq!(led_to(&login.get("/").await), (303, Some("/sign-in")));
    assert_eq!(led_to(&login.sign_in("hello@example.com").await), (303, Some("/")));
    let home = login.get("/").await.text().await.expect("text");
    assert_eq!(home.matches("<li class=\"session\">").count(), 2, "{home}");
    // A form of the one host is none of the other's, though both are ours.
    let foreign = format!("http://login.connect.localhost:{}", server.port);
    for headers in [&[("origin", foreign.as_str())][..], &[("sec-fetch-site", "same-site")]] {
        assert_eq!(app.send("POST", "/handles", headers, "handle=acme").await.status(), 403, "{headers:?}");
    }
    for path in ["/sign-in", "/"] {
        let api = server.api("GET", path).send().await.expect("a reply").text().await.expect("text");
        assert!(!api.contains("password"), "pages are on no other host: {api}");
    }
    assert_eq!(app.get("/v2/handles").await.status(), 404, "REST stays on the API host");
}

#[tokio::test]
async fn forms_from_elsewhere_do_nothing_on_any_page() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let mut browser = Browser::at(&server, "app.localhost");
    browser.sign_in("hello@example.com").await;
    let neighbour = format!("http://evil.localhost:{}", server.port);
    let foreign: [&[(&str, &str)]; 7] = [
        &[],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-site"), ("origin", &neighbour)],
        &[("sec-fetch-site", "none")],
        &[("origin", &neighbour)],
        &[("origin", "null")],
        &[("origin", "http://app.localhost")],
    ];
    let mut tried = 0;
    for path in [
        "/sign-in",
        "/sign-out",
        "/handles",
        "/sessions",
        "/sign-up",
        "/sign-up/confirm",
        "/forgot",
        "/forgot/confirm",
        "/sign-in/code",
        "/sign-in/code/confirm",
        "/password",
        "/desktop",
        "/oauth/authorize/decision",
        "/connections",
    ] {
        for headers in foreign {
            let reply =
                browser.send("POST", path, headers, "handle=acme&email=a%40b.example&password=x").await;
            assert_eq!((reply.status().as_u16(), set(&reply).len()), (403, 0), "{path} {headers:?}");
            tried += 1;
        }
    }
    assert_eq!(tried, 14 * 7);
    let home = browser.get("/").await.text().await.expect("text");
    assert!(home.contains("hello@example.com") && !home.contains("acme"), "{home}");
}

#[tokio::test]
async fn under_https_cookies_are_for_this_host_alone() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let variables =
        [("LINK_PLATFORM_PUBLIC_SCHEME", "https"), ("LINK_PLATFORM_PUBLIC_DOMAIN", "example.com")];
    let server = workspace.serve_with(&variables).await;
    let mut browser = Browser::at(&server, "app.example.com");
    let reply = browser.sign_in("hello@example.com").await;
    let cookies = set(&reply);
    assert_eq!(cookies.len(), 2, "{reply:?}");
    for cookie in &cookies {
        assert!(cookie.starts_with("__Host-lp-"), "{cookie}");
        assert!(
            cookie.contains("; Secure; HttpOnly; SameSite=Lax") && cookie.contains("; Path=/;"),
            "{cookie}"
        );
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    // What the port that is listened on has to do with it the browser does not know.
    let own = [("origin", "https://app.example.com")];
    assert_eq!(
        led_to(&browser.send("POST", "/handles", &own, "handle=acme").await),
        (303, Some("/?done=handle"))
    );
    let local = Workspace::bootstrapped().await;
    let server = local.0.serve().await;
    let plain = set(&Browser::at(&server, "app.localhost").sign_in("hello@example.com").await);
    assert!(plain.iter().all(|cookie| cookie.starts_with("lp-") && !cookie.contains("Secure")), "{plain:?}");
}

#[tokio::test]
async fn a_person_signs_up_by_the_code_in_the_mail_and_takes_a_handle() {
    let workspace = Workspace::new();
    let server = workspace.serve().await;
    let mut browser = Browser::at(&server, "app.localhost");
    let asked = browser.post("/sign-up", "email=me%40example.com&password=battery+staple").await;
    assert_eq!(led_to(&asked), (303, Some("/sign-up/confirm")));
    let code = code(&workspace.data().join("outbox"), "me@example.com").await;
    let shown = browser.post("/sign-up/confirm", &format!("email=me%40example.com&code={code}")).await;
    assert_eq!(led_to(&shown), (303, Some("/")));
    assert_eq!(led_to(&browser.post("/handles", "handle=mine").await), (303, Some("/?done=handle")));
    let home = browser.get("/").await.text().await.expect("text");
    assert!(home.contains("me@example.com") && home.contains("http://mine.localhost"), "{home}");
}

#[tokio::test]
async fn an_account_with_a_hostile_address_is_shown_as_text() {
    let workspace = Workspace::new();
    let email = "\"><script>alert(1)</script>@example.com";
    let args = ["bootstrap", "--email", email, "--password", "correct horse", "--handle", "hello"];
    let made = workspace.run(&args).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let server = workspace.serve().await;
    let mut browser = Browser::at(&server, "app.localhost");
    assert_eq!(led_to(&browser.sign_in(email).await), (303, Some("/")));
    let home = browser.get("/").await.text().await.expect("text");
    assert!(!home.contains("<script"), "{home}");
    assert!(home.contains("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;@example.com"), "{home}");
}

#[tokio::test]
async fn a_session_goes_on_with_the_refresh_token_and_ends_when_it_is_ended() {
    let (workspace, _) = Workspace::bootstrapped().await;
    let server = workspace.serve().await;
    let mut browser = Browser::at(&server, "app.localhost");
    browser.sign_in("hello@example.com").await;
    let (access, refresh) = (browser.cookies["lp-access"].clone(), browser.cookies["lp-refresh"].clone());
    // As a browser does after an hour.
    browser.cookies.remove("lp-access");
    let reply = browser.get("/").await;
    assert_eq!((reply.status().as_u16(), set(&reply).len()), (200, 2));
    assert_ne!(browser.cookies["lp-refresh"], refresh);
    let ended = server.api("POST", "/v2/auth/logout").bearer_auth(&access).send().await.expect("a reply");
    assert_eq!(ended.status(), 200);
    assert_eq!(led_to(&browser.get("/").await), (303, Some("/sign-in")));
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);
}
