//! Fixtures of the official conformance suite: the tools, resources and prompts that it asks for by name.
//!
//! Only builds with the feature `conformance` have them, and nothing that is shipped is built with it. They have no data
//! behind them and ask for no credential, because the suite sends none. Their requests meet the same checks as those of the
//! production server (origin, method, media type, size, the message itself) and go to the same library with the same
//! settings, so that what the suite finds is true of both. A second mount keeps sessions, for what revisions before
//! 2026-07-28 ask only of servers that have them: requests to the client, log levels, subscriptions to resources.
#![expect(
    deprecated,
    reason = "the suite asks for logging, sampling and roots as long as the protocol has them"
)]

mod contents;
mod handler;
mod prompts;
mod requests;
mod resources;
mod rounds;
mod tools;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Method, Request, Response};
use http_body::Body;
use http_body_util::Full;
use lp_application::{Application, Code, Error};
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use tower::{BoxError, Service};

use crate::Options;
use crate::caller::request_id;
use crate::message;
use crate::origin::Origins;
use crate::reply::{self, ReplyBody};
use crate::service::{self, framed, is_json, prepare};
use handler::Fixtures;

/// A server of fixtures: a tower service that is cheap to clone.
#[derive(Clone)]
pub struct FixtureService {
    front: Arc<Front>,
}

struct Front {
    app: Application,
    origins: Origins,
    body_bytes: usize,
    rpc: Rpc,
}

/// The protocol, as in production or with sessions.
enum Rpc {
    Stateless(StreamableHttpService<Fixtures, NeverSessionManager>),
    Sessions(StreamableHttpService<Fixtures, LocalSessionManager>),
}

impl FixtureService {
    /// Without sessions, like the production server.
    pub fn stateless(app: Application, options: &Options) -> Self {
        let fixtures = Fixtures::new(false);
        let config = service::config(options);
        let rpc = StreamableHttpService::new(move || Ok(fixtures.clone()), Arc::default(), config);
        Self::over(app, options, Rpc::Stateless(rpc))
    }

    /// With sessions, which are kept in memory.
    pub fn with_sessions(app: Application, options: &Options) -> Self {
        let fixtures = Fixtures::new(true);
        let config = service::config(options).with_legacy_session_mode(true).with_json_response(false);
        let rpc = StreamableHttpService::new(move || Ok(fixtures.session()), Arc::default(), config);
        Self::over(app, options, Rpc::Sessions(rpc))
    }

    fn over(app: Application, options: &Options, rpc: Rpc) -> Self {
        let origins = Origins::new(&app.settings().urls, &options.origins);
        Self { front: Arc::new(Front { app, origins, body_bytes: options.body_bytes, rpc }) }
    }
}

impl<B> Service<Request<B>> for FixtureService
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
            let taken = self.take(head, body, &request_id).await;
            taken.unwrap_or_else(|refused| *refused)
        };
        framed(page, &method, &request_id, work).await
    }

    /// The way of the production server, without the questions of who calls and what they may.
    async fn take<B>(
        &self,
        mut head: Parts,
        body: B,
        request_id: &str,
    ) -> Result<Response<ReplyBody>, Box<Response<ReplyBody>>>
    where
        B: Body<Error: Into<BoxError>>,
    {
        let sessions = matches!(self.rpc, Rpc::Sessions(_));
        prepare(&mut head.headers);
        // A session has a stream of its own, and an end.
        if sessions && matches!(head.method, Method::GET | Method::DELETE) {
            return Ok(self.handle(Request::from_parts(head, Full::default())).await);
        }
        let refused = |error: &Error| Box::new(reply::error(error, request_id));
        if head.method != Method::POST {
            let error = Error::new(Code::METHOD_NOT_ALLOWED, "this path takes POST");
            return Err(Box::new(reply::method_not_allowed(&error, request_id)));
        }
        if !is_json(&head.headers) {
            let message = "send 'content-type: application/json'";
            return Err(refused(&Error::new(Code::UNSUPPORTED_MEDIA_TYPE, message)));
        }
        let bytes = message::collect(body, self.body_bytes).await.map_err(|error| refused(&error))?;
        let id = match message::read(&bytes) {
            Ok(message) => message.id,
            Err(_) if sessions && is_reply(&bytes) => None,
            Err(bad) => return Err(Box::new(reply::bad_message(bad, request_id))),
        };
        let response = self.handle(Request::from_parts(head, Full::new(bytes))).await;
        Ok(reply::explained(response, id).await)
    }

    async fn handle(&self, request: Request<Full<bytes::Bytes>>) -> Response<ReplyBody> {
        match &self.rpc {
            Rpc::Stateless(rpc) => Box::pin(rpc.handle(request)).await,
            Rpc::Sessions(rpc) => Box::pin(rpc.handle(request)).await,
        }
    }
}

/// Whether a client answers a request that the server has sent it.
fn is_reply(bytes: &[u8]) -> bool {
    let message: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(bytes).ok();
    message.is_some_and(|message| {
        !message.contains_key("method") && (message.contains_key("result") || message.contains_key("error"))
    })
}
