use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use lp_sign_in_pages::router;
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::json;
use tower::ServiceExt;

/// The pages' own origin in a sandbox.
pub(crate) const ORIGIN: &str = "http://app.localhost:8080";
pub(crate) const EMAIL: &str = "owner@example.com";
pub(crate) const PASSWORD: &str = "correct horse";

/// A sandbox, the pages before it, and the cookies of one browser.
pub(crate) struct Browser {
    pub(crate) sandbox: Sandbox,
    pub(crate) cookies: BTreeMap<String, String>,
    router: Router,
}

/// What came back, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) async fn new() -> Self {
        Self::with(SandboxOptions::default()).await
    }

    pub(crate) async fn with(options: SandboxOptions) -> Self {
        let sandbox = Sandbox::with(options).await;
        let router = router(sandbox.app.clone(), sandbox.app.settings().urls.app());
        Self { sandbox, router, cookies: BTreeMap::new() }
    }

    /// One in which the owner of `hello` is signed in.
    pub(crate) async fn signed_in() -> Self {
        let mut browser = Self::new().await;
        let reply = browser.sign_in().await;
        assert_eq!((reply.status, reply.header("location")), (303, Some("/")), "{reply:?}");
        browser
    }

    pub(crate) async fn sign_in(&mut self) -> Reply {
        self.post("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        let request = Request::builder().uri(path).header("sec-fetch-site", "none");
        self.send(request, "").await
    }

    /// Sends a form from a page of ours.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = Request::builder().method("POST").uri(path).header("sec-fetch-site", "same-origin");
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(request.header("content-type", "application/x-www-form-urlencoded"), &form).await
    }

    /// Asks for a page, with the browser's cookies, and keeps none.
    pub(crate) async fn look(&self, path: &str) -> Reply {
        self.pass(Request::builder().uri(path), "").await
    }

    /// Sends anything, with the browser's cookies, and keeps what the reply says of them.
    pub(crate) async fn send(&mut self, request: http::request::Builder, body: &str) -> Reply {
        let reply = self.pass(request, body).await;
        for cookie in reply.cookies() {
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

    async fn pass(&self, request: http::request::Builder, body: &str) -> Reply {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = match cookies.as_slice() {
            [] => request,
            some => request.header("cookie", some.join("; ")),
        };
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let reply = self.router.clone().oneshot(request).await.expect("routers do not fail");
        let (head, body) = reply.into_parts();
        let bytes = body.collect().await.expect("the body is whole").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        Reply { status: head.status.as_u16(), headers: head.headers, text }
    }

    /// Somewhere else signs the same account in; gives the session.
    pub(crate) async fn elsewhere(&self, agent: &str) -> String {
        let arguments = json!({ "email": EMAIL, "password": PASSWORD, "agent": agent });
        let request = self.sandbox.request("auth_login", arguments, lp_application::Credential::None);
        let signed_in = self.sandbox.app.call(request).await.result.expect("signed in").value;
        let access = signed_in["accessToken"].as_str().expect("a token");
        let me = self.sandbox.call_as(access, "auth_me", json!({})).await.result.expect("an account").value;
        me["sessionId"].as_str().expect("a session").to_owned()
    }

    /// How many sessions the account has.
    pub(crate) async fn sessions(&self) -> usize {
        let signed_in = self.sandbox.sign_in().await;
        let access = signed_in["accessToken"].as_str().expect("a token");
        let list = self.sandbox.call_as(access, "account_sessions_list", json!({})).await;
        list.result.expect("a list").value["sessions"].as_array().expect("sessions").len() - 1
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("plain headers"))
    }

    pub(crate) fn cookies(&self) -> Vec<String> {
        let lines = self.headers.get_all("set-cookie").iter();
        lines.map(|line| line.to_str().expect("plain headers").to_owned()).collect()
    }

    /// Checks that a page was shown with these words on it.
    #[track_caller]
    pub(crate) fn shows(&self, status: u16, words: &[&str]) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("text/html; charset=utf-8"));
        for word in words {
            assert!(self.text.contains(word), "{word:?} in {}", self.text);
        }
    }

    #[track_caller]
    pub(crate) fn leads_to(&self, place: &str) {
        assert_eq!((self.status, self.header("location")), (303, Some(place)), "{self:?}");
    }
}
