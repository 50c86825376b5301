use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HOST, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;
use lp_application::{Accepts, Application, Code, Credential, Error, Need};
use lp_core::{Handle, Scope};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tower::{BoxError, Service};

use crate::caller::{Caller, request_id};
use crate::handler::Handler;
use crate::message::{self, Message};
use crate::origin::{self, Origins, Page};
use crate::reply::{self, ReplyBody};
use crate::step_up::{ScopeChallenge, StepUp};
use crate::{challenge, credential};

/// The code of a JSON-RPC error that means "not with this token"; outside the range that JSON-RPC keeps for itself.
const FORBIDDEN: i32 = 403;

/// A body that is no burden, whoever sends it.
const SMALL: u64 = 64 * 1024;

/// What the replies are; a client that takes this gets nothing else.
const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

/// Which handle the address of a request names: put it into the request's extensions.
///
/// `{handle}.mcp.{domain}` and `/mcp/{handle}/mcp` name one, the bare `/mcp` of the API's host names none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundHandle(pub Option<String>);

/// Where a request comes from, as far as proxies are believed: put it into the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddr(pub IpAddr);

/// What an installation decides about this front.
#[derive(Debug, Clone)]
pub struct Options {
    /// Origins whose web pages may call, such as `https://inspector.example`, beside the API's and the console's.
    pub origins: Vec<String>,
    /// How many bytes a request may have.
    pub body_bytes: usize,
    /// How connectors are told that they need more scopes; personal access tokens always in the envelope.
    pub scope_challenge: ScopeChallenge,
}

/// The MCP server of an application, for every handle: a tower service that is cheap to clone.
///
/// The path is decided by whoever calls it; only that it is `/mcp` or a longer one matters, for addresses in challenges.
#[derive(Clone)]
pub struct McpService {
    front: Arc<Front>,
}

struct Front {
    app: Application,
    options: Options,
    origins: Origins,
    /// Whether any tool can be called without a credential.
    any_public: bool,
    rpc: StreamableHttpService<Handler, NeverSessionManager>,
}

impl Default for Options {
    /// 4 MiB, no further origins, and scopes asked for in the envelope.
    fn default() -> Self {
        Self { origins: Vec::new(), body_bytes: 4 * 1024 * 1024, scope_challenge: ScopeChallenge::Envelope }
    }
}

impl McpService {
    /// The server over an application's catalogue.
    pub fn new(app: Application, options: Options) -> Self {
        let handler = Handler::new(app.clone());
        let config = config(&options);
        let rpc = StreamableHttpService::new(move || Ok(handler.clone()), Arc::default(), config);
        let origins = Origins::new(&app.settings().urls, &options.origins);
        let any_public = app.catalogue().operations().iter().any(|row| row.tool && row.need == Need::Public);
        Self { front: Arc::new(Front { app, options, origins, any_public, rpc }) }
    }
}

impl<B> Service<Request<B>> for McpService
where
    B: Body<Error: Into<BoxError>> + Send + 'static,
    B::Data: Send,
{
    type Response = Response<ReplyBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let front = self.front.clone();
        Box::pin(async move { Ok(front.answer(request).await) })
    }
}

impl Front {
    async fn answer<B>(&self, request: Request<B>) -> Response<ReplyBody>
    where
        B: Body<Error: Into<BoxError>>,
    {
        let (head, body) = request.into_parts();
        let request_id = request_id(&head.headers).unwrap_or_else(|| self.app.request_id());
        let page = self.origins.judge(&head.headers);
        let method = head.method.clone();
        let work = async {
            let answered = self.post(head, body, &request_id).await;
            answered.unwrap_or_else(|refused| *refused)
        };
        framed(page, &method, &request_id, work).await
    }

    /// Answers a request whose origin is good; an `Err` is an answer too, from before the protocol.
    async fn post<B>(
        &self,
        mut head: Parts,
        body: B,
        request_id: &str,
    ) -> Result<Response<ReplyBody>, Box<Response<ReplyBody>>>
    where
        B: Body<Error: Into<BoxError>>,
    {
        if head.method != Method::POST {
            let error = Error::new(Code::METHOD_NOT_ALLOWED, "this path takes POST");
            return Err(Box::new(reply::method_not_allowed(&error, request_id)));
        }
        let caller = self.caller(&head, request_id)?;
        let refused = |error: &Error| Box::new(refusal(error, &caller));
        // Without a credential nothing but a public tool can be meant, so the body is not even read where there is none; and
        // without one that opens something, a large body is not.
        let small = body.size_hint().upper().is_some_and(|most| most <= SMALL);
        if !(self.any_public && small) && self.is_stranger(&caller, small).await {
            let (credential, connect) = (&caller.credential, Scope::MCP_CONNECT);
            let error = self.app.admit_connector(credential, None, connect, caller.address, true).await;
            error.map_err(|error| refused(&error))?;
        }
        let (bytes, message) = match self.read(&caller, &head.headers, body).await {
            Ok(read) => read,
            // Who shows nothing and says nothing that can be understood is asked for a credential: so clients find out how
            // to get one.
            Err(bad) => {
                let (credential, connect) = (&caller.credential, Scope::MCP_CONNECT);
                if matches!(credential, Credential::None) {
                    let asked = self.app.admit_connector(credential, None, connect, caller.address, true);
                    asked.await.map_err(|error| refused(&error))?;
                }
                return Err(bad);
            }
        };
        if let Err(error) = self.admit(&caller, &message).await {
            return Err(Box::new(not_admitted(&error, &caller, &message)));
        }
        prepare(&mut head.headers);
        let step_up = caller.step_up.clone().unwrap_or_default();
        head.extensions.insert(caller);
        let request = Request::from_parts(head, Full::new(bytes));
        let response = Box::pin(self.rpc.handle(request)).await;
        Ok(step_up.put(reply::explained(response, message.id).await))
    }

    /// The message of a request, and its bytes.
    async fn read<B>(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
        body: B,
    ) -> Result<(Bytes, Message), Box<Response<ReplyBody>>>
    where
        B: Body<Error: Into<BoxError>>,
    {
        let refused = |error: &Error| Box::new(refusal(error, caller));
        if !is_json(headers) {
            let message = "send 'content-type: application/json'";
            return Err(refused(&Error::new(Code::UNSUPPORTED_MEDIA_TYPE, message)));
        }
        let bytes = message::collect(body, self.options.body_bytes).await.map_err(|error| refused(&error))?;
        let message = message::read(&bytes);
        let message = message.map_err(|bad| Box::new(reply::bad_message(bad, &caller.request_id)))?;
        Ok((bytes, message))
    }

    /// Who calls through which address. What cannot be a handle's name is not found, whoever asks.
    fn caller(&self, head: &Parts, request_id: &str) -> Result<Caller, Box<Response<ReplyBody>>> {
        let bound = head.extensions.get::<BoundHandle>().and_then(|bound| bound.0.clone());
        let handle = bound.as_deref().map(Handle::parse).transpose();
        let handle =
            handle.map_err(|_| Box::new(reply::error(&Error::not_found("this MCP server"), request_id)))?;
        let urls = &self.app.settings().urls;
        let metadata_url = challenge::metadata_url(urls, handle.as_ref(), head.uri.path());
        let credential = credential::of_headers(&head.headers)
            .map_err(|error| Box::new(reply::unauthorized(&error, &metadata_url, request_id)))?;
        let by_http = self.options.scope_challenge == ScopeChallenge::Http && !credential.is_personal();
        Ok(Caller {
            step_up: by_http.then(StepUp::default),
            bound,
            credential,
            address: head.extensions.get::<ClientAddr>().map(|client| client.0),
            request_id: request_id.to_owned(),
            metadata_url,
        })
    }

    /// Whether the caller is nobody, as far as that matters for a body that is small or not.
    async fn is_stranger(&self, caller: &Caller, small: bool) -> bool {
        match &caller.credential {
            Credential::None => true,
            _ if small => false,
            credential => !self.app.recognises(credential, Accepts::Connector).await,
        }
    }

    /// Whether the protocol may see the message. What a tool demands beyond that its own call asks.
    async fn admit(&self, caller: &Caller, message: &Message) -> Result<(), Error> {
        let ask = async |handle: Option<&str>, scope, counts| {
            self.app.admit_connector(&caller.credential, handle, scope, caller.address, counts).await
        };
        let bound = caller.bound.as_deref();
        match message.method.as_str() {
            "tools/call" => {
                let row = message.tool.as_deref().and_then(|tool| self.app.catalogue().find(tool));
                if row.is_some_and(|row| row.tool && row.need == Need::Public) {
                    return Ok(());
                }
                // Where the address names no handle, the arguments may.
                let named = message.handle.as_deref().filter(|_| bound.is_none());
                let mut asked = ask(bound, Scope::MCP_CONNECT, false).await;
                if asked.is_err() && named.is_some() && ask(named, Scope::MCP_CONNECT, false).await.is_ok() {
                    asked = Ok(());
                }
                // Any other refusal is one that the model shall read, so the call itself finds it again.
                asked.or_else(|error| if is_transport(&error) { Err(error) } else { Ok(()) })
            }
            "tools/list" => {
                ask(bound, Scope::MCP_CONNECT, true).await?;
                ask(bound, Scope::SKILLS_READ, false).await
            }
            _ => ask(bound, Scope::MCP_CONNECT, true).await,
        }
    }
}

/// What every request meets before it is worked on, and what every reply carries.
pub(crate) async fn framed(
    page: Page,
    method: &Method,
    request_id: &str,
    work: impl Future<Output = Response<ReplyBody>>,
) -> Response<ReplyBody> {
    let mut response = match &page {
        Page::Refused => {
            let message = "pages of this origin may not call";
            reply::rpc_error(StatusCode::FORBIDDEN, None, FORBIDDEN, message, None)
        }
        Page::Allowed(_) if method == Method::OPTIONS => {
            let mut response = reply::no_content();
            origin::may_send(response.headers_mut());
            response
        }
        Page::Allowed(_) | Page::None => work.await,
    };
    let headers = response.headers_mut();
    if let Page::Allowed(origin) = page {
        origin::may_read(headers, origin);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::try_from(request_id) {
        headers.insert("x-request-id", id);
    }
    response
}

/// How the library is set: hosts and origins are checked before it is asked, and no reply is streamed without need.
pub(crate) fn config(options: &Options) -> StreamableHttpServerConfig {
    StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(options.body_bytes)
        .disable_allowed_hosts()
        .disable_allowed_origins()
}

/// Whether HTTP itself says it: a bad credential, or a server that is not there.
fn is_transport(error: &Error) -> bool {
    matches!(error.code.status(), 401 | 404)
}

fn refusal(error: &Error, caller: &Caller) -> Response<ReplyBody> {
    if error.code.status() == 401 {
        return reply::unauthorized(error, &caller.metadata_url, &caller.request_id);
    }
    reply::error(error, &caller.request_id)
}

/// A method that this token may not use is told so in the protocol's words; a notification can only be told by HTTP.
fn not_admitted(error: &Error, caller: &Caller, message: &Message) -> Response<ReplyBody> {
    if error.code.status() == 403 && message.id.is_some() {
        let data = error.body(&caller.request_id);
        let id = message.id.clone();
        let refused = reply::rpc_error(StatusCode::OK, id, FORBIDDEN, &error.message, Some(data));
        let Some(step_up) = caller.step_up.as_ref().filter(|_| error.code == Code::INSUFFICIENT_SCOPE) else {
            return refused;
        };
        step_up.demand(challenge::insufficient(&caller.metadata_url, challenge::TO_CONNECT));
        return step_up.put(refused);
    }
    refusal(error, caller)
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// Takes away what the library could log, and lets in everybody who takes JSON, which every reply is.
///
/// The host is the caller's business and was decided with the handle; the library only insists that there is one.
pub(crate) fn prepare(headers: &mut HeaderMap) {
    headers.insert(HOST, HeaderValue::from_static("localhost"));
    for secret in [AUTHORIZATION, credential::API_KEY, COOKIE] {
        headers.remove(secret);
    }
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let takes = |range: &str| {
        let essence = range.split(';').next().unwrap_or_default().trim();
        ["*/*", "application/*", "application/json"].iter().any(|json| essence.eq_ignore_ascii_case(json))
    };
    if !headers.contains_key(ACCEPT) || accepted.any(|value| value.split(',').any(takes)) {
        headers.insert(ACCEPT, BOTH);
    }
}
