//! Forms that take the code from an e-mail, and sign in.

use axum::response::Response;
use http::StatusCode;
use lp_application::Error;
use maud::{Markup, html};

use crate::faults::Faults;
use crate::fields::{self, EMAIL, Field};
use crate::form::Values;
use crate::look::{Form, Sheet, summary};
use crate::next::Next;
use crate::page::Page;
use crate::render;
use crate::visit::Visit;

/// One of them.
pub(super) struct Confirm {
    pub(super) page: Page,
    /// Where another code comes from.
    pub(super) again: Page,
    pub(super) title: &'static str,
    pub(super) fields: &'static [&'static Field],
    pub(super) button: &'static str,
}

pub(super) fn show(visit: &Visit<'_>, confirm: &Confirm) -> Response {
    render::page(StatusCode::OK, sheet(visit, confirm, &Values::default(), &Faults::default()))
}

pub(super) async fn act(visit: &mut Visit<'_>, confirm: &Confirm, form: &Values) -> Result<Response, Error> {
    let operation = confirm.page.operation();
    let mut arguments = fields::arguments(confirm.fields, form);
    if visit.site.takes(operation, "agent") {
        arguments.insert("agent".to_owned(), visit.agent().into());
    }
    match visit.ask(operation, arguments).await {
        Ok(signed_in) => {
            visit.sign_in(signed_in)?;
            Ok(super::onward(visit))
        }
        Err(error) => {
            Ok(render::refused(&error, sheet(visit, confirm, form, &Faults::of(&error, confirm.fields))))
        }
    }
}

fn sheet(visit: &Visit<'_>, confirm: &Confirm, form: &Values, faults: &Faults) -> Markup {
    let next = visit.next();
    let mail = visit.mail();
    let value = |field: &Field| match form.get(field.name).trim() {
        "" if *field == EMAIL => mail.to_owned(),
        value => value.to_owned(),
    };
    let fields = Form {
        action: &Next::behind(next.as_ref(), confirm.page.path()),
        fields: confirm.fields,
        value: &value,
        faults,
        button: confirm.button,
        username: None,
    };
    let body = html! {
        div.card {
            h1 { (confirm.title) }
            p.lead {
                @if mail.is_empty() { "Enter the code that came by e-mail." }
                @else { "If all is well, a code is on its way to " strong { (mail) } ". It may take a minute." }
            }
            (summary(faults))
            (fields.render())
            div.ways { span { a href=(Next::behind(next.as_ref(), confirm.again.path())) { "Send me another code" } } }
        }
    };
    Sheet { title: confirm.title, faulty: !faults.is_empty(), person: None, body }.render(visit.site)
}
