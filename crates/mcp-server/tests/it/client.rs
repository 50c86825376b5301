//! Requests as clients of both eras send them, without a socket.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use lp_mcp_server::{BoundHandle, ClientAddr, McpService, Options};
use lp_testkit::Sandbox;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The newest revision, which has no handshake.
pub(crate) const MODERN: &str = "2026-07-28";
/// What most clients speak.
pub(crate) const LEGACY: &str = "2025-06-18";

/// A client of one server.
pub(crate) struct Client {
    service: McpService,
    path: &'static str,
    bound: Option<String>,
    token: Option<String>,
    headers: Vec<(&'static str, String)>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Client {
    /// A client of the server on the host of `hello`, with its token.
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        Self::with(sandbox, Options::default())
    }

    pub(crate) fn with(sandbox: &Sandbox, options: Options) -> Self {
        Self {
            service: McpService::new(sandbox.app.clone(), options),
            path: "/mcp",
            bound: Some("hello".to_owned()),
            token: Some(sandbox.pat.clone()),
            headers: Vec::new(),
        }
    }

    pub(crate) fn at(mut self, path: &'static str, bound: Option<&str>) -> Self {
        (self.path, self.bound) = (path, bound.map(ToOwned::to_owned));
        self
    }

    pub(crate) fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.token = None;
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Sends bytes with the usual headers, where none of their own are set.
    pub(crate) async fn send(&self, method: Method, body: impl Into<Vec<u8>>) -> Answer {
        let mut request = Request::new(Full::new(Bytes::from(body.into())));
        *request.method_mut() = method;
        *request.uri_mut() = self.path.parse().expect("a path");
        let headers = request.headers_mut();
        headers.insert("content-type", "application/json".parse().expect("a header"));
        headers.insert("accept", "application/json, text/event-stream".parse().expect("a header"));
        if let Some(token) = &self.token {
            headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        }
        for (name, value) in &self.headers {
            headers.insert(*name, value.parse().expect("a header"));
        }
        request.extensions_mut().insert(BoundHandle(self.bound.clone()));
        request.extensions_mut().insert(ClientAddr(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))));
        let response = self.service.clone().oneshot(request).await.expect("a reply");
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: head.status, headers: head.headers, text, json }
    }

    /// Posts a message.
    pub(crate) async fn post(&self, message: &Value) -> Answer {
        self.send(Method::POST, message.to_string()).await
    }

    /// A request of the handshake era, sent without the handshake.
    pub(crate) async fn legacy(&self, method: &str, params: Value) -> Answer {
        self.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })).await
    }

    /// A request of the newest era, with the headers that must agree with it.
    pub(crate) async fn modern(self, method: &str, params: Value) -> Answer {
        let name = params["name"].as_str().map(ToOwned::to_owned);
        let mut client = self.header("mcp-protocol-version", MODERN).header("mcp-method", method);
        if let Some(name) = name {
            client = client.header("mcp-name", &name);
        }
        client.post(&modern(method, params)).await
    }

    /// Calls a tool.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Answer {
        self.legacy("tools/call", json!({ "name": tool, "arguments": arguments })).await
    }
}

impl Answer {
    /// The value of a result, which must be as the documentation has it.
    pub(crate) fn structured(&self) -> &Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        let result = &self.json["result"];
        let value = &result["structuredContent"];
        let pretty = serde_json::to_string_pretty(value).expect("JSON");
        assert_eq!(result["content"], json!([{ "type": "text", "text": pretty }]));
        value
    }

    /// The body of a result that is an error, and its status.
    pub(crate) fn refused(&self) -> (u64, &Value) {
        let value = self.structured();
        assert_eq!(self.json["result"]["isError"], json!(true));
        assert_eq!(value["error"], "monolith_api_error");
        let keys: Vec<_> = value.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["error", "status", "body"]);
        (value["status"].as_u64().expect("a status"), &value["body"])
    }

    /// The code of a JSON-RPC error.
    pub(crate) fn rpc_code(&self) -> i64 {
        assert_eq!(self.json["jsonrpc"], "2.0", "{}", self.text);
        self.json["error"]["code"].as_i64().unwrap_or_else(|| panic!("{}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header"))
    }
}

/// A message of the newest era.
pub(crate) fn modern(method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
    });
    json!({ "jsonrpc": "2.0", "id": "m", "method": method, "params": params })
}

/// An upsert that must succeed.
pub(crate) fn launch() -> Value {
    json!({ "slug": "launch", "payload": { "destinationUrl": "https://example.com/launch" } })
}
