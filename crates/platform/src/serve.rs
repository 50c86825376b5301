//! One service for every surface: which host and path go where.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

#[cfg(feature = "http")]
use axum::Router;
use axum_core::BoxError;
use axum_core::body::Body;
use bytes::Bytes;
#[cfg(feature = "http")]
use http::header::LOCATION;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body as HttpBody;
#[cfg(feature = "edge")]
use http_body_util::Full;
use lp_application::Error;
use lp_core::text::is_request_id;
use lp_core::{Place, place};
#[cfg(feature = "edge")]
use lp_edge::{Entrance, Visited};
#[cfg(all(feature = "http", feature = "mcp"))]
use lp_http_api::McpHosts;
#[cfg(feature = "mcp")]
use lp_mcp_server::{BoundHandle, McpService};
use tower::Service;
#[cfg(any(feature = "http", feature = "mcp"))]
use tower::ServiceExt;

use crate::client::{OtherEnd, peer_in};
use crate::platform::Parts;

/// The platform as a tower service. Cheap to clone. Who is at the other end of a connection it is told by
/// [`PlatformService::facing`] or by a [`Peer`](crate::Peer) in each request's extensions.
#[derive(Clone)]
pub struct PlatformService {
    surfaces: Arc<Surfaces>,
    end: Option<OtherEnd>,
}

/// What requests are handed to.
struct Surfaces {
    parts: Arc<Parts>,
    #[cfg(feature = "http")]
    api: Router,
    /// The pages on the host of the account.
    #[cfg(feature = "http")]
    app: Router,
    /// The same on the host of signing in for others, with cookies of its own.
    #[cfg(feature = "http")]
    login: Router,
    #[cfg(feature = "mcp")]
    mcp: McpService,
    /// What stands beside it on its handles' hosts.
    #[cfg(all(feature = "http", feature = "mcp"))]
    beside_mcp: McpHosts,
    #[cfg(feature = "conformance")]
    fixtures: crate::conformance::Fixtures,
}

/// A reply under way: most redirects need no waiting, and then there is no future on the heap either.
pub struct Answering(Stage);

enum Stage {
    #[cfg(feature = "edge")]
    Answered(Option<Response<Body>>),
    #[cfg(feature = "edge")]
    Visiting(Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>),
    Working(Pin<Box<dyn Future<Output = Response<Body>> + Send>>),
}

impl PlatformService {
    pub(crate) fn new(parts: Arc<Parts>) -> Self {
        let surfaces = Surfaces {
            #[cfg(feature = "http")]
            api: lp_http_api::router(parts.app.clone(), lp_http_api::Options::default()),
            #[cfg(feature = "http")]
            app: lp_sign_in_pages::router(parts.app.clone(), parts.app.settings().urls.app()),
            #[cfg(feature = "http")]
            login: lp_sign_in_pages::router(parts.app.clone(), parts.app.settings().urls.login()),
            #[cfg(feature = "mcp")]
            mcp: McpService::new(parts.app.clone(), mcp_options(parts.scope_challenge)),
            #[cfg(all(feature = "http", feature = "mcp"))]
            beside_mcp: McpHosts::new(parts.app.clone()),
            #[cfg(feature = "conformance")]
            fixtures: crate::conformance::Fixtures::new(&parts.app),
            parts,
        };
        Self { surfaces: Arc::new(surfaces), end: None }
    }

    /// The same for the requests of one connection, whose other end this is.
    #[must_use]
    pub fn facing(&self, peer: SocketAddr) -> Self {
        let end = self.surfaces.parts.proxies.other_end(peer.ip());
        Self { surfaces: self.surfaces.clone(), end: Some(end) }
    }

    /// Answers what can be answered without waiting; `None` where nothing has happened yet.
    #[cfg(feature = "edge")]
    fn at_once<B>(&self, request: &Request<B>) -> Option<Visited> {
        let path = request.uri().path();
        if matches!(path, "/healthz" | "/readyz") {
            return None;
        }
        let parts = &self.surfaces.parts;
        let end = self.end_of(request);
        let entrance = match place(end.host_of(request), &parts.app.settings().urls.domain) {
            Place::Handle(label) => Entrance::Host(label),
            Place::Api if is_public(path) => Entrance::Api,
            _ => return None,
        };
        parts.edge.visit_at_once(entrance, request, parts.proxies.visitor(end, request.headers()))
    }

    fn end_of<B>(&self, request: &Request<B>) -> OtherEnd {
        self.end.unwrap_or_else(|| self.surfaces.parts.proxies.other_end(peer_in(request.extensions())))
    }

    async fn answer(self, request: Request<Body>) -> Response<Body> {
        let only_head = request.method() == Method::HEAD;
        let response = self.route(request).await;
        if only_head { without_body(response) } else { response }
    }

    async fn route(self, mut request: Request<Body>) -> Response<Body> {
        let end = self.end_of(&request);
        let path = request.uri().path();
        match path {
            "/healthz" => return self.stamped(&request, text(StatusCode::OK, "ok\n")),
            "/readyz" => {
                let readiness = self.readiness().await;
                return self.stamped(&request, readiness);
            }
            _ => {}
        }
        let host = end.host_of(&request).to_owned();
        let client = self.surfaces.parts.proxies.client(end, request.headers());
        let domain = &self.surfaces.parts.app.settings().urls.domain;
        match place(&host, domain) {
            #[cfg(feature = "edge")]
            Place::Handle(label) => self.visit(Entrance::Host(label), request, end).await,
            #[cfg(feature = "edge")]
            Place::Api if is_public(request.uri().path()) => self.visit(Entrance::Api, request, end).await,
            Place::Api => {
                #[cfg(feature = "mcp")]
                if let Some(bound) = shared_mcp(request.uri().path()) {
                    return self.to_its_end(self.clone().mcp(request, bound, client)).await;
                }
                #[cfg(feature = "conformance")]
                if let Some(fixtures) = self.surfaces.fixtures.at(request.uri().path()) {
                    return self.to_its_end(crate::conformance::answer(fixtures, request)).await;
                }
                self.to_its_end(self.clone().api(request, end, client)).await
            }
            #[cfg(feature = "mcp")]
            Place::Mcp(label) if request.uri().path() == "/mcp" => {
                let bound = BoundHandle(Some(label.to_ascii_lowercase()));
                self.to_its_end(self.clone().mcp(request, bound, client)).await
            }
            #[cfg(all(feature = "http", feature = "mcp"))]
            Place::Mcp(label) => self.surfaces.beside_mcp.answer(label, &request),
            #[cfg(feature = "http")]
            Place::App => {
                let pages = self.surfaces.app.clone();
                self.to_its_end(show(pages, request, client)).await
            }
            #[cfg(feature = "http")]
            Place::Login => {
                let pages = self.surfaces.login.clone();
                self.to_its_end(show(pages, request, client)).await
            }
            #[cfg(not(feature = "http"))]
            Place::App | Place::Login => self.nothing_here(&request),
            #[cfg(not(feature = "edge"))]
            Place::Handle(_) => self.nothing_here(&request),
            #[cfg(not(all(feature = "http", feature = "mcp")))]
            Place::Mcp(_) => self.nothing_here(&request),
            Place::Profile | Place::Preview(_) | Place::Elsewhere => {
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
        self.surfaces.parts.requests.spawn(work).await.unwrap_or_else(broken)
    }

    /// Answers a visitor whose route has to be loaded, or who sends a form.
    #[cfg(feature = "edge")]
    async fn visit(&self, entrance: Entrance<'_>, request: Request<Body>, end: OtherEnd) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let client = self.surfaces.parts.proxies.visitor(end, &parts.headers);
        self.surfaces.parts.edge.submit(entrance, &parts, client, body).await.map(Body::new)
    }

    #[cfg(feature = "mcp")]
    async fn mcp(self, mut request: Request<Body>, bound: BoundHandle, client: IpAddr) -> Response<Body> {
        request.extensions_mut().insert(bound);
        request.extensions_mut().insert(lp_mcp_server::ClientAddr(client));
        match self.surfaces.mcp.clone().oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }

    #[cfg_attr(not(feature = "http"), expect(unused_mut, reason = "the REST surface is told the client"))]
    async fn api(self, mut request: Request<Body>, end: OtherEnd, client: IpAddr) -> Response<Body> {
        match request.uri().path() {
            #[cfg(feature = "http")]
            "/" => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::FOUND;
                response.headers_mut().insert(LOCATION, HeaderValue::from_static("/v2/docs"));
                self.stamped(&request, response)
            }
            // Told to the machine itself and to proxies that are trusted to keep others away, not to clients of theirs.
            "/metrics" if self.surfaces.parts.proxies.is_inside(end, client, request.headers()) => {
                let mut response = text(StatusCode::OK, self.surfaces.parts.metrics());
                let version = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
                response.headers_mut().insert(CONTENT_TYPE, version);
                self.stamped(&request, response)
            }
            "/metrics" => self.nothing_here(&request),
            #[cfg(not(feature = "http"))]
            _ => self.nothing_here(&request),
            #[cfg(feature = "http")]
            _ => {
                request.extensions_mut().insert(lp_http_api::ClientAddr(client));
                match self.surfaces.api.clone().oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
        }
    }

    async fn readiness(&self) -> Response<Body> {
        match self.surfaces.parts.app.ready().await {
            Ok(()) => text(StatusCode::OK, "ready\n"),
            Err(error) => text(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", error.message)),
        }
    }

    fn nothing_here(&self, request: &Request<Body>) -> Response<Body> {
        let id = self.request_id(request);
        let body = Error::not_found("this address").body(&id);
        let mut response = text(StatusCode::NOT_FOUND, body.to_string());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(id) = HeaderValue::try_from(id) {
            response.headers_mut().insert("x-request-id", id);
        }
        response
    }

    fn stamped(&self, request: &Request<Body>, mut response: Response<Body>) -> Response<Body> {
        if let Ok(id) = HeaderValue::from_str(&self.request_id(request)) {
            response.headers_mut().insert("x-request-id", id);
        }
        response
    }

    fn request_id(&self, request: &Request<Body>) -> String {
        let sent = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
        let sent = sent.filter(|text| is_request_id(text));
        sent.map_or_else(|| self.surfaces.parts.app.request_id(), ToOwned::to_owned)
    }
}

impl<B> Service<Request<B>> for PlatformService
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answering {
        #[cfg(feature = "edge")]
        match self.at_once(&request) {
            Some(Visited::Answered(reply)) => return Answering(Stage::Answered(Some(reply.map(light)))),
            Some(Visited::Settling(visiting)) => return Answering(Stage::Visiting(visiting)),
            None => {}
        }
        Answering(Stage::Working(Box::pin(self.clone().answer(request.map(Body::new)))))
    }
}

impl Future for Answering {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            #[cfg(feature = "edge")]
            Stage::Answered(reply) => match reply.take() {
                Some(reply) => Poll::Ready(Ok(reply)),
                // Asked again after it ended, which nobody may do.
                None => Poll::Pending,
            },
            #[cfg(feature = "edge")]
            Stage::Visiting(visiting) => visiting.as_mut().poll(cx).map(|reply| Ok(reply.map(light))),
            Stage::Working(working) => working.as_mut().poll(cx).map(Ok),
        }
    }
}

#[cfg(feature = "mcp")]
fn mcp_options(scope_challenge: crate::ScopeChallenge) -> lp_mcp_server::Options {
    let scope_challenge = match scope_challenge {
        crate::ScopeChallenge::Envelope => lp_mcp_server::ScopeChallenge::Envelope,
        crate::ScopeChallenge::Http => lp_mcp_server::ScopeChallenge::Http,
    };
    lp_mcp_server::Options { scope_challenge, ..lp_mcp_server::Options::default() }
}

/// Answers with a page.
#[cfg(feature = "http")]
async fn show(pages: Router, mut request: Request<Body>, client: IpAddr) -> Response<Body> {
    request.extensions_mut().insert(lp_sign_in_pages::ClientAddr(client));
    match pages.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Whether a path of the API's host is for the public of handles.
#[cfg(feature = "edge")]
fn is_public(path: &str) -> bool {
    ["/_edge/", "/_assets/"].iter().any(|prefix| path.starts_with(prefix))
}

/// An empty body takes no place on the heap.
#[cfg(feature = "edge")]
fn light(body: Full<Bytes>) -> Body {
    if body.is_end_stream() { Body::empty() } else { Body::new(body) }
}

/// The handle of a path on the API host that leads to an MCP server: `/mcp/{handle}/mcp`, or `/mcp` for none.
#[cfg(feature = "mcp")]
fn shared_mcp(path: &str) -> Option<BoundHandle> {
    if path == "/mcp" {
        return Some(BoundHandle(None));
    }
    let handle = path.strip_prefix("/mcp/")?.strip_suffix("/mcp")?;
    (!handle.is_empty() && !handle.contains('/')).then(|| BoundHandle(Some(handle.to_owned())))
}

/// What HEAD is answered: the same head, and how long the body would be where that is known.
fn without_body(mut response: Response<Body>) -> Response<Body> {
    let length = response.body().size_hint().exact().filter(|length| *length > 0);
    if let Some(length) = length {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert(length.into());
    }
    *response.body_mut() = Body::empty();
    response
}

fn text(status: StatusCode, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
