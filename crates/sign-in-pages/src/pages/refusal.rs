//! Pages that say no.

use axum::response::Response;
use http::StatusCode;
use lp_application::{Code, Error};
use maud::{Markup, html};

use crate::faults::Faults;
use crate::look::Sheet;
use crate::page::Page;
use crate::render;
use crate::site::Site;
use crate::visit::Visit;

/// There is no such page.
pub(crate) fn not_found(site: &Site) -> Response {
    let text = html! { "There is nothing under this address." };
    render::page(StatusCode::NOT_FOUND, sheet(site, "Page not found", &text))
}

/// A method that no page takes.
pub(crate) fn wrong(site: &Site, status: StatusCode) -> Response {
    let text = html! { "This page cannot be asked for like that." };
    render::page(status, sheet(site, "That is not possible", &text))
}

/// A form that was not sent from a page of ours.
pub(crate) fn foreign(site: &Site, page: Page) -> Response {
    let text = html! {
        "Nothing was done: your browser does not say that this form comes from a page of " strong { (site.origin) }
        @if page == Page::Decision { ". Go back to the app and connect again." }
        @else { ". Open " a href=(page.path()) { "the page itself" } " and try again." }
    };
    render::page(StatusCode::FORBIDDEN, sheet(site, "This form came from elsewhere", &text))
}

/// Something that no form can be shown for.
pub(crate) fn broken(visit: &Visit<'_>, error: &Error) -> Response {
    let title = match error.code.status() {
        500.. => "Something went wrong",
        _ if error.code == Code::NOT_FOUND => "That is not there",
        429 => "Too many tries",
        _ => "That did not work",
    };
    let text = html! {
        @for fault in Faults::of(error, &[]).all() { (fault.text) " " }
        @if error.code.status() >= 500 { "If it goes on, tell us this number: " code { (visit.request_id) } }
    };
    render::refused(error, sheet(visit.site, title, &text))
}

fn sheet(site: &Site, title: &str, text: &Markup) -> Markup {
    let body = html! {
        div.card {
            h1 { (title) }
            p.lead { (text) }
            p.ways { a href="/" { "To the start" } }
        }
    };
    Sheet { title, faulty: false, person: None, body }.render(site)
}
