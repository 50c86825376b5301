//! The account: who is signed in, the handles, the apps, and where else.

mod connections;
mod handles;
mod sessions;

use axum::response::Response;
use http::StatusCode;
use lp_application::accounts::Account;
use lp_application::{Error, accounts, handles as rows};
use maud::{Markup, html};

use crate::faults::Faults;
use crate::fields::{self, Field, HANDLE};
use crate::form::Values;
use crate::look::{Sheet, instant, notice};
use crate::page::Page;
use crate::render;
use crate::visit::{Visit, is_signed_out};

static FIELDS: [&Field; 1] = [&HANDLE];

pub(super) async fn show(visit: &mut Visit<'_>) -> Result<Response, Error> {
    let body = sheet(visit, &Values::default(), &Faults::default()).await?;
    Ok(render::page(StatusCode::OK, body))
}

pub(super) async fn take_handle(visit: &mut Visit<'_>, form: &Values) -> Result<Response, Error> {
    match visit.act(rows::CREATE.name(), fields::arguments(&FIELDS, form)).await {
        Ok(_) if visit.next().is_some() => Ok(super::onward(visit)),
        Ok(_) => Ok(render::see_other("/?done=handle")),
        Err(error) if is_signed_out(&error) => Err(error),
        Err(error) => Ok(render::refused(&error, sheet(visit, form, &Faults::of(&error, &FIELDS)).await?)),
    }
}

pub(super) async fn end_session(visit: &mut Visit<'_>, form: &Values) -> Result<Response, Error> {
    let session = fields::object(serde_json::json!({ "session": form.get("session") }));
    visit.act(accounts::END_SESSION.name(), session).await?;
    Ok(render::see_other("/?done=session"))
}

async fn sheet(visit: &mut Visit<'_>, form: &Values, faults: &Faults) -> Result<Markup, Error> {
    let account = visit.account().await?;
    let handles = handles::section(visit, form, faults).await?;
    let connections = connections::section(visit).await?;
    let sessions = sessions::section(visit).await?;
    let done = match visit.query.get("done") {
        "handle" => Some("The handle is yours."),
        "session" => Some("The session is over: whoever used it must sign in again."),
        "password" => Some("Your password is changed, and you are signed out everywhere else."),
        _ => None,
    };
    let body = html! {
        h1 { "Your account" }
        @if let Some(done) = done.filter(|_| faults.is_empty()) { (notice(done)) }
        (person(visit, &account))
        (handles)
        (connections)
        (sessions)
    };
    Ok(Sheet { title: "Your account", faulty: !faults.is_empty(), person: Some(&account.email), body }
        .render(visit.site))
}

fn person(visit: &Visit<'_>, account: &Account) -> Markup {
    html! {
        section.card aria-labelledby="who" {
            h2 #who { "You" }
            dl.facts {
                dt { "E-mail address" } dd { (account.email) }
                dt { "Account since" } dd { (instant(&account.created_at)) }
                dt { "User id" } dd { code { (account.user_id) } }
            }
            @if Page::Password.is_in(visit.site) {
                p.do { a href=(Page::Password.path()) { "Change your password" } }
            }
        }
    }
}
