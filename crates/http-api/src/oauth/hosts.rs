use axum::response::Response;
use http::{Method, Request, StatusCode};
use lp_application::oauth::addresses::{
    AUTHORIZATION_SERVER, AUTHORIZE, McpServer, OPENID_CONFIGURATION, PROTECTED_RESOURCE, REGISTER, TOKEN,
};
use lp_application::{Application, Error};
use lp_core::Handle;

use super::consent::with_query;
use super::{Issuer, resource};
use crate::{bind, cors, render};

/// What clients take for the endpoints of a server that names none, and where ours are.
const ENDPOINTS: [(&str, &str, &str); 3] = [
    ("/authorize", AUTHORIZE, "GET, HEAD, OPTIONS"),
    ("/token", TOKEN, "POST, OPTIONS"),
    ("/register", REGISTER, "POST, OPTIONS"),
];

const READ: &str = "GET, HEAD, OPTIONS";

/// What the hosts of handles' MCP servers show beside those servers: who gives out credentials for them, and the way there.
#[derive(Clone)]
pub struct McpHosts {
    app: Application,
    issuer: Issuer,
}

impl McpHosts {
    /// Those of an application.
    pub fn new(app: Application) -> Self {
        Self { issuer: Issuer::of(&app), app }
    }

    /// Answers a request for the host of the handle that this label names, in whatever case.
    pub fn answer<B>(&self, label: &str, request: &Request<B>) -> Response {
        let request_id = bind::request_id(request.headers()).unwrap_or_else(|| self.app.request_id());
        let handle = Handle::parse(&label.to_ascii_lowercase());
        let mut reply = handle
            .map_or(None, |handle| self.found(&handle, request, &request_id))
            .unwrap_or_else(|| render::error(&Error::not_found("this address"), &request_id));
        cors::readable(&mut reply);
        render::finish(reply, &request_id, request.method() == Method::HEAD)
    }

    /// `None` where there is nothing.
    fn found<B>(&self, handle: &Handle, request: &Request<B>, request_id: &str) -> Option<Response> {
        let path = request.uri().path();
        let endpoint = ENDPOINTS.into_iter().find(|(known, ..)| *known == path);
        let taken = endpoint.map_or(READ, |(.., taken)| taken);
        if request.method() == Method::OPTIONS {
            let is_document = endpoint.is_some() || self.document(handle, path).is_some();
            return is_document.then(|| cors::preflight(taken));
        }
        if let Some((_, at, _)) = endpoint {
            let issuer = &self.app.settings().urls.api;
            let address = with_query(format!("{issuer}{at}"), request.uri().query());
            return Some(render::redirect(StatusCode::TEMPORARY_REDIRECT, &address));
        }
        let document = self.document(handle, path)?;
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        Some(if reads { document } else { render::not_allowed(READ, request_id) })
    }

    fn document(&self, handle: &Handle, path: &str) -> Option<Response> {
        match path {
            AUTHORIZATION_SERVER => Some(self.issuer.server()),
            OPENID_CONFIGURATION => Some(self.issuer.openid()),
            _ => {
                let own = path.strip_prefix(PROTECTED_RESOURCE)?;
                matches!(own, "" | "/mcp").then(|| resource::reply(&self.app, McpServer::Own(handle)))
            }
        }
    }
}
