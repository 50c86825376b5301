use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use lp_application::Catalogue;
use lp_http_api::{Options, router};
use lp_testkit::{Sandbox, SandboxOptions};
use serde_json::Value;
use tower::ServiceExt;

/// Where tokens of `hello` reach its links.
pub(crate) const LINKS: &str = "/v2/public/handles/hello/links";

/// A sandbox and the front before it.
pub(crate) struct Api {
    pub(crate) sandbox: Sandbox,
    router: Router,
}

/// One request in the making.
pub(crate) struct Call<'a> {
    api: &'a Api,
    request: http::request::Builder,
    body: Body,
}

/// What came back, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Api {
    pub(crate) async fn new() -> Self {
        Self::with(SandboxOptions::default()).await
    }

    pub(crate) async fn of(catalogue: Catalogue) -> Self {
        Self::with(SandboxOptions { catalogue: Some(catalogue), ..SandboxOptions::default() }).await
    }

    pub(crate) async fn with(options: SandboxOptions) -> Self {
        let sandbox = Sandbox::with(options).await;
        let router = router(sandbox.app.clone(), Options { json_bytes: 4096 });
        Self { sandbox, router }
    }

    /// A request without any credential.
    pub(crate) fn anonymous(&self, method: &str, uri: &str) -> Call<'_> {
        Call { api: self, request: Request::builder().method(method).uri(uri), body: Body::empty() }
    }

    /// A request with the token that may everything.
    pub(crate) fn call(&self, method: &str, uri: &str) -> Call<'_> {
        self.anonymous(method, uri).header("authorization", &format!("Bearer {}", self.sandbox.pat))
    }

    pub(crate) async fn get(&self, uri: &str) -> Reply {
        self.call("GET", uri).send().await
    }
}

impl Call<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn raw_header(mut self, name: &str, value: &[u8]) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.request = self.request.extension(value);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn text(self, content_type: &str, body: impl Into<Body>) -> Self {
        self.header("content-type", content_type).body(body)
    }

    pub(crate) async fn json(self, body: Value) -> Reply {
        self.text("application/json", body.to_string()).send().await
    }

    pub(crate) async fn send(self) -> Reply {
        let request = self.request.body(self.body).expect("a request");
        let reply = self.api.router.clone().oneshot(request).await.expect("routers do not fail");
        let (head, body) = reply.into_parts();
        let bytes = body.collect().await.expect("the body is whole").to_bytes().to_vec();
        Reply { status: head.status, headers: head.headers, bytes }
    }

    /// As [`Call::send`], for a body that breaks off.
    pub(crate) async fn send_broken(self) -> StatusCode {
        let request = self.request.body(self.body).expect("a request");
        let reply = self.api.router.clone().oneshot(request).await.expect("routers do not fail");
        let status = reply.status();
        assert!(reply.into_body().collect().await.is_err(), "the body breaks off");
        status
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("plain headers"))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("a JSON body")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).expect("text")
    }

    /// Checks that the call was refused so, in the form of every refusal.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        let body = self.json();
        assert_eq!((self.status.as_u16(), body["error"].as_str()), (status, Some(code)), "{body}");
        assert_eq!(body["requestId"].as_str(), self.header("x-request-id"));
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()));
        body
    }

    /// The same for a single fault; gives its pointer and code.
    #[track_caller]
    pub(crate) fn faulty(&self, code: &str) -> Vec<(String, String)> {
        let body = self.refused(400, code);
        let fields = body["fields"].as_array().expect("faults are named");
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        fields.iter().map(|fault| (text(&fault["pointer"]), text(&fault["code"]))).collect()
    }
}

/// A list of faults to compare with.
pub(crate) fn faults(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}
