//! Requests of which nobody can say who sent them: the person is told, and no browser is sent anywhere (RFC 6749, 4.1.2.1).

use axum::response::Response;
use http::StatusCode;
use lp_application::{Code, Error};
use maud::{Markup, html};

use crate::faults::Faults;
use crate::look::Sheet;
use crate::page::Page;
use crate::render;
use crate::visit::Visit;

/// What is wrong with the request of an app. Other refusals are none of the app's.
pub(super) fn of_app(visit: &Visit<'_>, error: Error) -> Result<Response, Error> {
    let of_app = [Code::INVALID_CLIENT, Code::INVALID_REDIRECT_URI, Code::INVALID_REQUEST, Code::VALIDATION];
    if !of_app.contains(&error.code) {
        return Err(error);
    }
    let faults = Faults::of(&error, &[]);
    let text = html! {
        p { @for fault in faults.all() { (fault.text) " " } }
        p { "Nothing was allowed, and the app was told nothing. Go back to it and connect again; if that does not help, its makers must mend it." }
    };
    Ok(render::page(StatusCode::BAD_REQUEST, sheet(visit, "This app cannot ask for access", &text)))
}

/// Signing in would lose the request.
pub(crate) fn too_long(visit: &Visit<'_>) -> Response {
    let text = html! {
        p {
            "What the app asks is too long to be kept while you sign in. "
            a href=(Page::SignIn.path()) { "Sign in" } ", then go back to the app and connect again."
        }
    };
    render::page(StatusCode::BAD_REQUEST, sheet(visit, "Sign in first", &text))
}

fn sheet(visit: &Visit<'_>, title: &str, text: &Markup) -> Markup {
    let body = html! {
        div.card {
            h1 { (title) }
            div.lead.told { (text) }
            p.ways { a href="/" { "To your account" } }
        }
    };
    Sheet { title, faulty: false, person: None, body }.render(visit.site)
}
