//! Changing the password.

use axum::response::Response;
use http::StatusCode;
use lp_application::Error;
use lp_application::accounts::Account;
use maud::{Markup, html};

use crate::faults::Faults;
use crate::fields::{self, Field, LATER_PASSWORD, PRESENT_PASSWORD};
use crate::form::Values;
use crate::look::{Form, Sheet, summary};
use crate::page::Page;
use crate::render;
use crate::visit::{Visit, is_signed_out};

static FIELDS: [&Field; 2] = [&PRESENT_PASSWORD, &LATER_PASSWORD];

pub(super) async fn show(visit: &mut Visit<'_>) -> Result<Response, Error> {
    let account = visit.account().await?;
    Ok(render::page(StatusCode::OK, sheet(visit, &account, &Faults::default())))
}

pub(super) async fn act(visit: &mut Visit<'_>, form: &Values) -> Result<Response, Error> {
    match visit.act(Page::Password.operation(), fields::arguments(&FIELDS, form)).await {
        Ok(_) => Ok(render::see_other("/?done=password")),
        Err(error) if is_signed_out(&error) => Err(error),
        Err(error) => {
            let account = visit.account().await?;
            Ok(render::refused(&error, sheet(visit, &account, &Faults::of(&error, &FIELDS))))
        }
    }
}

fn sheet(visit: &Visit<'_>, account: &Account, faults: &Faults) -> Markup {
    let form = Form {
        action: Page::Password.path(),
        fields: &FIELDS,
        value: &|_| String::new(),
        faults,
        button: "Change the password",
        username: Some(&account.email),
    };
    let body = html! {
        h1 { "Change your password" }
        div.card {
            (summary(faults))
            (form.render())
            p.do { a href="/" { "Back to your account" } }
        }
    };
    Sheet { title: "Change your password", faulty: !faults.is_empty(), person: Some(&account.email), body }
        .render(visit.site)
}
