//! Forms after which a code comes by e-mail.

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
pub(super) struct Start {
    pub(super) page: Page,
    /// Where the code is asked for.
    pub(super) confirm: Page,
    pub(super) title: &'static str,
    pub(super) lead: &'static str,
    pub(super) fields: &'static [&'static Field],
    pub(super) button: &'static str,
}

pub(super) async fn show(visit: &mut Visit<'_>, start: &Start) -> Result<Response, Error> {
    if let Some(onward) = super::already(visit).await? {
        return Ok(onward);
    }
    Ok(render::page(StatusCode::OK, sheet(visit, start, &Values::default(), &Faults::default())))
}

/// Sends the code, and goes on to where it is asked for. Whether there is such an account is not told.
pub(super) async fn act(visit: &mut Visit<'_>, start: &Start, form: &Values) -> Result<Response, Error> {
    match visit.ask(start.page.operation(), fields::arguments(start.fields, form)).await {
        Ok(_) => {
            visit.remember_mail(form.get(EMAIL.name).trim());
            Ok(render::see_other(&Next::behind(visit.next().as_ref(), start.confirm.path())))
        }
        Err(error) => {
            Ok(render::refused(&error, sheet(visit, start, form, &Faults::of(&error, start.fields))))
        }
    }
}

fn sheet(visit: &Visit<'_>, start: &Start, form: &Values, faults: &Faults) -> Markup {
    let next = visit.next();
    let value = |field: &Field| form.get(field.name).trim().to_owned();
    let fields = Form {
        action: &Next::behind(next.as_ref(), start.page.path()),
        fields: start.fields,
        value: &value,
        faults,
        button: start.button,
        username: None,
    };
    let body = html! {
        div.card {
            h1 { (start.title) }
            p.lead { (start.lead) }
            (summary(faults))
            (fields.render())
            div.ways {
                span { a href=(Next::behind(next.as_ref(), start.confirm.path())) { "I have a code already" } }
                span { a href=(Next::behind(next.as_ref(), Page::SignIn.path())) { "Sign in with a password" } }
            }
        }
    };
    Sheet { title: start.title, faulty: !faults.is_empty(), person: None, body }.render(visit.site)
}
