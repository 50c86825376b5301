use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Router};
use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request};
use lp_application::{Application, Auth, Error, Kind, Mount, Operation};
use tracing::{Instrument, debug, info_span};

use crate::bind::{self, path};
use crate::table::{End, Table, Target};
use crate::{cors, docs, keys, oauth, openapi, render, stream};

/// What an installation decides about this front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How many bytes of JSON a call may bring.
    pub json_bytes: usize,
}

/// Whom public operations are limited by.
///
/// The server puts it into the request's extensions, because only it knows which proxies to believe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddr(pub IpAddr);

/// Everything that answers share.
struct Front {
    app: Application,
    options: Options,
    table: Table,
    openapi: Bytes,
    docs: Bytes,
    issuer: oauth::Issuer,
}

/// One request for a mount of a row.
#[derive(Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) mount: &'a Mount,
    /// Of the path, decoded.
    pub(crate) segments: &'a [String],
    pub(crate) head: &'a Parts,
    pub(crate) request_id: &'a str,
}

impl Default for Options {
    /// 2 MiB of JSON.
    fn default() -> Self {
        Self { json_bytes: 2 * 1024 * 1024 }
    }
}

/// The REST front of an application: every mount of every row, the OpenAPI document and the page about it.
///
/// Everything else is answered with 404 in JSON, so the router can stand behind a host's other routes as it is.
pub fn router(app: Application, options: Options) -> Router {
    let document =
        openapi(app.catalogue(), env!("CARGO_PKG_VERSION"), Some(app.settings().urls.api.as_str()));
    let front = Front {
        table: Table::of(app.catalogue()),
        docs: docs(&document).into(),
        openapi: document.to_string().into(),
        issuer: oauth::Issuer::of(&app),
        options,
        app,
    };
    Router::new().fallback(answer).with_state(Arc::new(front))
}

async fn answer(
    State(front): State<Arc<Front>>,
    client: Option<Extension<ClientAddr>>,
    request: Request<Body>,
) -> Response {
    let (head, body) = request.into_parts();
    let request_id = bind::request_id(&head.headers).unwrap_or_else(|| front.app.request_id());
    let client = client.map(|Extension(ClientAddr(address))| address);
    let span = info_span!(
        "request",
        request.method = head.method.as_str(),
        request.surface = "rest",
        request.id = request_id,
    );
    let reply = Box::pin(front.route(&head, body, client, &request_id)).instrument(span.clone()).await;
    span.in_scope(|| debug!(reply.status = reply.status().as_u16(), "a request was answered"));
    render::finish(reply, &request_id, head.method == Method::HEAD)
}

impl Front {
    async fn route(&self, head: &Parts, body: Body, client: Option<IpAddr>, request_id: &str) -> Response {
        let segments = path::segments(head.uri.path()).unwrap_or_default();
        let ends = self.table.ends(&segments);
        let open = cors::is_open(head.uri.path(), &ends, self.app.catalogue());
        let mut reply = match head.method {
            _ if ends.is_empty() => render::error(&Error::not_found("this path"), request_id),
            Method::OPTIONS if open => cors::preflight(&allowed(&ends)),
            Method::OPTIONS => render::options(&allowed(&ends)),
            _ => self.reply(head, body, client, request_id, &segments, &ends).await,
        };
        if open {
            cors::readable(&mut reply);
        }
        reply
    }

    /// Answers for a path that is there.
    async fn reply(
        &self,
        head: &Parts,
        body: Body,
        client: Option<IpAddr>,
        request_id: &str,
        segments: &[String],
        ends: &[End],
    ) -> Response {
        let wanted = if head.method == Method::HEAD { "GET" } else { head.method.as_str() };
        let Some(end) = ends.iter().find(|end| end.method.as_str() == wanted) else {
            return render::not_allowed(&allowed(ends), request_id);
        };
        match end.target {
            Target::OpenApi => render::document("application/json", self.openapi.clone()),
            Target::Docs => docs::reply(self.docs.clone()),
            Target::Keys => keys::reply(&self.app.signing_keys()),
            Target::AuthorizationServer => self.issuer.server(),
            Target::OpenId => self.issuer.openid(),
            Target::Resource => oauth::of_path(&self.app, segments.get(3).map(String::as_str))
                .unwrap_or_else(|error| render::error(&error, request_id)),
            Target::Consent => oauth::authorize(&self.app, head.uri.query()),
            Target::Row { operation, mount } => {
                let operation = &self.app.catalogue().operations()[operation];
                let mount = &operation.mounts()[mount];
                let arrival = Arrival { operation, mount, segments, head, request_id };
                self.call(arrival, body, client).await
            }
        }
    }

    async fn call(&self, arrival: Arrival<'_>, body: Body, client: Option<IpAddr>) -> Response {
        let request_id = arrival.request_id;
        let refuse = |error| render::refusal(arrival.operation, &error, request_id);
        let mut request = match bind::caller(arrival, client) {
            Ok(request) => request,
            Err(error) => return refuse(error),
        };
        // Without a credential the gate refuses whatever the rest says, so the body is not even read; with one that opens
        // nothing, a large body is not.
        let known = !bind::lacks_credential(arrival.operation, &request.credential)
            && (arrival.mount.auth == Auth::Public
                || matches!(arrival.operation.kind, Kind::Stream(_))
                || bind::is_small(&body)
                || self.app.recognises(&request.credential, request.accepts).await);
        if known && let Err(error) = bind::query(arrival, &mut request) {
            return refuse(error);
        }
        if let Kind::Stream(what) = arrival.operation.kind {
            let bytes = match bind::bytes(arrival, what, body, &mut request) {
                Ok(bytes) if known => bytes,
                Err(error) if known => return refuse(error),
                _ => stream::nothing(),
            };
            let answer = self.app.stream(request, bytes).await;
            let result = answer.result.map_err(|error| bind::relocate(error, arrival.mount));
            return render::limits(stream::outgoing(result, request_id), answer.allowance);
        }
        if known && let Err(error) = bind::body(arrival, body, self.options.json_bytes, &mut request).await {
            return refuse(error);
        }
        let answer = self.app.call(request).await;
        let result = answer.result.map_err(|error| bind::relocate(error, arrival.mount));
        render::limits(render::reply(arrival.operation, result, request_id), answer.allowance)
    }
}

/// The methods of a path, as `Allow` lists them.
fn allowed(ends: &[End]) -> String {
    let mut methods: Vec<_> = ends.iter().map(|end| end.method).collect();
    methods.sort_unstable();
    methods.dedup();
    let mut names: Vec<_> = methods.iter().map(|method| method.as_str()).collect();
    if names.contains(&"GET") {
        names.insert(1, "HEAD");
    }
    names.push("OPTIONS");
    names.join(", ")
}
