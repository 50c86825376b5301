//! Signing in with a password, and signing out.

use axum::response::Response;
use http::StatusCode;
use lp_application::{Error, accounts};
use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::faults::Faults;
use crate::fields::{self, EMAIL, Field, PASSWORD};
use crate::form::Values;
use crate::look::{Form, Sheet, notice, summary};
use crate::next::Next;
use crate::page::Page;
use crate::render;
use crate::visit::{Visit, is_signed_out};

static FIELDS: [&Field; 2] = [&EMAIL, &PASSWORD];

pub(super) async fn show(visit: &mut Visit<'_>) -> Result<Response, Error> {
    if let Some(onward) = super::already(visit).await? {
        return Ok(onward);
    }
    Ok(render::page(StatusCode::OK, sheet(visit, &Values::default(), &Faults::default())))
}

pub(super) async fn act(visit: &mut Visit<'_>, form: &Values) -> Result<Response, Error> {
    let mut arguments = fields::arguments(&FIELDS, form);
    arguments.insert("agent".to_owned(), visit.agent().into());
    match visit.ask(accounts::LOGIN.name(), arguments).await {
        Ok(signed_in) => {
            visit.sign_in(signed_in)?;
            Ok(super::onward(visit))
        }
        Err(error) => Ok(render::refused(&error, sheet(visit, form, &Faults::of(&error, &FIELDS)))),
    }
}

/// Signs out. The browser forgets its tokens even where the session could not be ended.
pub(super) async fn out(visit: &mut Visit<'_>) -> Result<Response, Error> {
    let ended = visit.act(accounts::LOGOUT.name(), Map::<String, Value>::new()).await;
    visit.sign_out();
    match ended {
        Err(error) if !is_signed_out(&error) => Err(error),
        // Somebody else is to go on here.
        _ if visit.next().is_some() => {
            Ok(render::see_other(&Next::behind(visit.next().as_ref(), Page::SignIn.path())))
        }
        _ => Ok(render::see_other("/sign-in?done=signed-out")),
    }
}

fn sheet(visit: &Visit<'_>, form: &Values, faults: &Faults) -> Markup {
    let (site, next) = (visit.site, visit.next());
    let value = |field: &Field| form.get(field.name).trim().to_owned();
    let fields = Form {
        action: &Next::behind(next.as_ref(), Page::SignIn.path()),
        fields: &FIELDS,
        value: &value,
        faults,
        button: "Sign in",
        username: None,
    };
    let asked = next.as_ref().is_some_and(|next| next.is(Page::Authorize.path()));
    let ways = [
        (Page::Code, "Sign in with a code by e-mail instead"),
        (Page::Forgot, "Forgot your password?"),
        (Page::SignUp, "Create an account"),
    ];
    let ways: Vec<_> = ways.into_iter().filter(|(page, _)| page.is_in(site)).collect();
    let body = html! {
        div.card {
            h1 { "Sign in" }
            @if faults.is_empty() && visit.query.get("done") == "signed-out" { (notice("You are signed out.")) }
            @if asked { p.lead { "An app asks for access. Sign in to see what for." } }
            (summary(faults))
            (fields.render())
            @if !ways.is_empty() {
                div.ways { @for (page, text) in ways { span { a href=(Next::behind(next.as_ref(), page.path())) { (text) } } } }
            }
        }
    };
    Sheet { title: "Sign in", faulty: !faults.is_empty(), person: None, body }.render(site)
}
