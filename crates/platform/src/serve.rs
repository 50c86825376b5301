//! One service for every surface: which host and path go where.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use lp_application::Error;
use lp_core::text::is_request_id;
use lp_core::{Place, place};
use lp_mcp_server::{BoundHandle, McpService};
use tower::{Service, ServiceExt};

use crate::client::Peer;
use crate::platform::Parts;

/// The platform as a tower service. Cheap to clone; put [`Peer`] into each request's extensions.
#[derive(Clone)]
pub struct PlatformService {
    parts: Arc<Parts>,
    api: Router,
    mcp: McpService,
}

/// The documents that are computed from the catalogue.
pub mod documents {
    use lp_application::catalogue;
    use serde_json::Value;

    /// The OpenAPI document.
    pub fn openapi() -> Value {
        lp_http_api::openapi(&catalogue(), env!("CARGO_PKG_VERSION"), None)
    }

    /// The MCP tools.
    pub fn mcp_tools() -> Value {
        lp_mcp_server::tools_document(&catalogue())
    }

    /// The table of error codes, in Markdown.
    pub fn errors() -> String {
        lp_http_api::errors_markdown()
    }
}

impl PlatformService {
    pub(crate) fn new(parts: Arc<Parts>) -> Self {
        let api = lp_http_api::router(parts.app.clone(), lp_http_api::Options::default());
        let mcp = McpService::new(parts.app.clone(), lp_mcp_server::Options::default());
        Self { parts, api, mcp }
    }

    async fn answer(self, mut request: Request<Body>) -> Response<Body> {
        let peer =
            request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        let peer = peer.to_canonical();
        let path = request.uri().path();
        match path {
            "/healthz" => return self.stamped(&request, text(StatusCode::OK, "ok\n")),
            "/readyz" => {
                let readiness = self.readiness().await;
                return self.stamped(&request, readiness);
            }
            _ => {}
        }
        let authority = request.uri().authority().map(http::uri::Authority::as_str);
        let host = self.parts.proxies.host(peer, request.headers(), authority).to_owned();
        let client = self.parts.proxies.client(peer, request.headers());
        let domain = &self.parts.app.settings().urls.domain;
        match place(&host, domain) {
            Place::Handle(label) => self.edge(request, Some(label), client).await,
            Place::Api if request.uri().path().starts_with("/_edge/") => {
                self.edge(request, None, client).await
            }
            Place::Api => match shared_mcp(request.uri().path()) {
                Some(bound) => self.to_its_end(self.clone().mcp(request, bound, client)).await,
                None => self.to_its_end(self.clone().api(request, peer, client)).await,
            },
            Place::Mcp(label) if request.uri().path() == "/mcp" => {
                let bound = BoundHandle(Some(label.to_ascii_lowercase()));
                self.to_its_end(self.clone().mcp(request, bound, client)).await
            }
            Place::App
            | Place::Login
            | Place::Profile
            | Place::Mcp(_)
            | Place::Preview(_)
            | Place::Elsewhere => {
                request.extensions_mut().clear();
                self.nothing_here(&request)
            }
        }
    }

    /// Goes on when the caller hangs up: what is committed must reach the edge's routes before any repeat is answered.
    async fn to_its_end(
        &self,
        work: impl Future<Output = Response<Body>> + Send + 'static,
    ) -> Response<Body> {
        let broken = |_| text(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on our side\n");
        self.parts.requests.spawn(work).await.unwrap_or_else(broken)
    }

    async fn edge(&self, request: Request<Body>, label: Option<&str>, client: IpAddr) -> Response<Body> {
        let (parts, _) = request.into_parts();
        let edge = &self.parts.edge;
        let answered = match label {
            Some(label) => edge.visit_host(label, &parts, client).await,
            None => edge.visit_edge_path(parts.uri.path(), None, &parts, client).await,
        };
        answered.map(Body::new)
    }

    async fn mcp(self, mut request: Request<Body>, bound: BoundHandle, client: IpAddr) -> Response<Body> {
        request.extensions_mut().insert(bound);
        request.extensions_mut().insert(lp_mcp_server::ClientAddr(client));
        match self.mcp.oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }

    async fn api(self, mut request: Request<Body>, peer: IpAddr, client: IpAddr) -> Response<Body> {
        match request.uri().path() {
            "/" => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::FOUND;
                response.headers_mut().insert(LOCATION, HeaderValue::from_static("/v2/docs"));
                self.stamped(&request, response)
            }
            // Told to the machine itself and to proxies that are trusted to keep others away, not to clients of theirs.
            "/metrics" if self.parts.proxies.is_inside(peer, client, request.headers()) => {
                let mut response = text(StatusCode::OK, self.parts.metrics());
                let version = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
                response.headers_mut().insert(CONTENT_TYPE, version);
                self.stamped(&request, response)
            }
            "/metrics" => self.nothing_here(&request),
            _ => {
                request.extensions_mut().insert(lp_http_api::ClientAddr(client));
                match self.api.oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
        }
    }

    async fn readiness(&self) -> Response<Body> {
        match self.parts.app.ready().await {
            Ok(()) => text(StatusCode::OK, "ready\n"),
            Err(error) => text(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", error.message)),
        }
    }

    fn nothing_here(&self, request: &Request<Body>) -> Response<Body> {
        let id = self.request_id(request);
        let body = Error::not_found("this address").body(&id);
        let mut response = text(StatusCode::NOT_FOUND, body.to_string());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-request-id", id);
        }
        response
    }

    fn stamped(&self, request: &Request<Body>, mut response: Response<Body>) -> Response<Body> {
        if let Ok(id) = HeaderValue::from_str(&self.request_id(request)) {
            response.headers_mut().insert("x-request-id", id);
        }
        if request.method() == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        response
    }

    fn request_id(&self, request: &Request<Body>) -> String {
        let sent = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
        let sent = sent.filter(|text| is_request_id(text));
        sent.map_or_else(|| self.parts.app.request_id(), ToOwned::to_owned)
    }
}

impl Service<Request<Body>> for PlatformService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(service.answer(request).await) })
    }
}

/// The handle of a path on the API host that leads to an MCP server: `/mcp/{handle}/mcp`, or `/mcp` for none.
fn shared_mcp(path: &str) -> Option<BoundHandle> {
    if path == "/mcp" {
        return Some(BoundHandle(None));
    }
    let handle = path.strip_prefix("/mcp/")?.strip_suffix("/mcp")?;
    (!handle.is_empty() && !handle.contains('/')).then(|| BoundHandle(Some(handle.to_owned())))
}

fn text(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
