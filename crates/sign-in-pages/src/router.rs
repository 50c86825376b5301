use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::{Extension, Router};
use http::request::Parts;
use http::{Method, Request, StatusCode};
use lp_application::{Application, Error};
use lp_core::text::is_request_id;
use tracing::{Instrument, debug, info_span};

use crate::page::Page;
use crate::site::Site;
use crate::visit::{Visit, is_signed_out};
use crate::{form, guard, pages, render};

/// Whom public operations are limited by.
///
/// The server puts it into the request's extensions, because only it knows which proxies to believe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddr(pub IpAddr);

/// The pages of one host, whose origin (`https://app.example.com`) browsers name when they send its forms.
///
/// Every other path is answered with a page that says so.
pub fn router(app: Application, origin: String) -> Router {
    Router::new().fallback(answer).with_state(Arc::new(Site::new(app, origin)))
}

async fn answer(
    State(site): State<Arc<Site>>,
    client: Option<Extension<ClientAddr>>,
    request: Request<Body>,
) -> Response {
    let (head, body) = request.into_parts();
    let sent = head.headers.get("x-request-id").and_then(|value| value.to_str().ok());
    let request_id = sent.filter(|text| is_request_id(text)).map(ToOwned::to_owned);
    let request_id = request_id.unwrap_or_else(|| site.app.request_id());
    let span = info_span!(
        "request",
        request.method = head.method.as_str(),
        request.surface = "web",
        request.id = request_id,
    );
    let client = client.map(|Extension(ClientAddr(address))| address);
    let visit = Visit::new(&site, &head, client, &request_id);
    let reply = Box::pin(route(visit, &head, body)).instrument(span.clone()).await;
    span.in_scope(|| debug!(reply.status = reply.status().as_u16(), "a request was answered"));
    render::finish(reply, &request_id, head.method == Method::HEAD)
}

async fn route(mut visit: Visit<'_>, head: &Parts, body: Body) -> Response {
    let (site, path) = (visit.site, head.uri.path());
    let reads = matches!(head.method, Method::GET | Method::HEAD);
    if let Some(asset) = site.asset(path) {
        return if reads { render::asset(asset) } else { wrong_method(site, "GET, HEAD") };
    }
    let Some(page) = Page::at(path, site) else {
        return pages::not_found(site);
    };
    let answered = match &head.method {
        _ if reads => pages::show(page, &mut visit).await,
        &Method::POST if page.takes_forms() => {
            // Before anything of it is read: what it says is not what the person here says.
            if !guard::is_from_here(&head.headers, &site.origin) {
                return pages::foreign(site, page);
            }
            match form::read(&head.headers, body).await {
                Ok(values) => pages::act(page, &mut visit, &values).await,
                Err(error) => Err(error),
            }
        }
        _ if page.takes_forms() => return wrong_method(site, "GET, HEAD, POST"),
        _ => return wrong_method(site, "GET, HEAD"),
    };
    let mut reply = answered.unwrap_or_else(|error| failed(&visit, page, &error));
    visit.put_cookies(reply.headers_mut());
    if leads_to_an_app(&visit, page) {
        render::in_window_of_opener(&mut reply);
    }
    reply
}

/// Whoever is not signed in is asked to, and comes back afterwards; everything else is told.
fn failed(visit: &Visit<'_>, page: Page, error: &Error) -> Response {
    if is_signed_out(error) { pages::to_sign_in(visit, page) } else { pages::broken(visit, error) }
}

/// Whether this is a step of somebody who is asked by an app.
fn leads_to_an_app(visit: &Visit<'_>, page: Page) -> bool {
    let goes_on = visit.next().is_some_and(|next| next.is(Page::Authorize.path()));
    goes_on || matches!(page, Page::Authorize | Page::Decision)
}

fn wrong_method(site: &Site, allowed: &'static str) -> Response {
    render::allowing(pages::wrong(site, StatusCode::METHOD_NOT_ALLOWED), allowed)
}
