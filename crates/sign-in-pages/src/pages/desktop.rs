//! A desktop wants to be signed in: whoever is signed in here says yes or no.

use axum::response::Response;
use http::StatusCode;
use lp_application::Error;
use lp_application::accounts::{self, AttemptView};
use maud::{Markup, html};
use serde_json::json;

use crate::fields;
use crate::form::Values;
use crate::look::{Sheet, instant};
use crate::page::Page;
use crate::render;
use crate::visit::{self, Visit};

/// The field that says which of the two buttons was pressed.
const ANSWER: &str = "answer";
const YES: &str = "approve";
const NO: &str = "decline";

pub(super) async fn show(visit: &mut Visit<'_>) -> Result<Response, Error> {
    let account = visit.account().await?;
    if visit.query.get("attempt").is_empty() {
        return Ok(super::not_found(visit.site));
    }
    let attempt = ask(visit, accounts::DESKTOP.name()).await?;
    Ok(render::page(StatusCode::OK, sheet(visit, &account.email, &attempt)))
}

/// Answers, and shows what came of it. A form without an answer answers nothing.
pub(super) async fn act(visit: &mut Visit<'_>, form: &Values) -> Result<Response, Error> {
    match form.get(ANSWER) {
        YES => drop(ask(visit, accounts::APPROVE_DESKTOP.name()).await?),
        NO => drop(ask(visit, accounts::DECLINE_DESKTOP.name()).await?),
        _ => {}
    }
    Ok(render::see_other(&address(visit)))
}

/// This page about this attempt.
pub(super) fn address(visit: &Visit<'_>) -> String {
    let attempt: String = form_urlencoded::byte_serialize(visit.query.get("attempt").as_bytes()).collect();
    format!("{}?attempt={attempt}", Page::Desktop.path())
}

async fn ask(visit: &mut Visit<'_>, operation: &str) -> Result<AttemptView, Error> {
    let attempt = json!({ "attemptId": visit.query.get("attempt") });
    visit::read(visit.act(operation, fields::object(attempt)).await?)
}

fn sheet(visit: &Visit<'_>, email: &str, attempt: &AttemptView) -> Markup {
    let (title, text) = match attempt.state.as_str() {
        "WAITING" => ("Sign in a desktop?", question(visit, email, attempt)),
        "APPROVED" => {
            ("Approved", html! { p.lead { "Go back to the desktop: it is signed in within a few seconds." } })
        }
        "SIGNED_IN" => ("The desktop is signed in", html! { p.lead { "You can close this page." } }),
        "DECLINED" => ("Declined", html! { p.lead { "Nothing was signed in." } }),
        _ => ("Too late", html! { p.lead { "This was not answered in time. Start again on the desktop." } }),
    };
    let body = html! {
        div.card {
            h1 { (title) }
            (text)
            p.do { a href=(Page::Home.path()) { "To your account" } }
        }
    };
    Sheet { title, faulty: false, person: Some(email), body }.render(visit.site)
}

fn question(visit: &Visit<'_>, email: &str, attempt: &AttemptView) -> Markup {
    let name = attempt.agent.as_deref().unwrap_or("A desktop that does not say its name");
    html! {
        p.lead { "It will act as " strong { (email) } "." }
        dl.facts {
            dt { "What asks" } dd { (name) }
            dt { "Since" } dd { (instant(&attempt.started_at)) }
        }
        p { "Approve only if you started this yourself, just now. Whoever else sent you here would be signed in as you." }
        form.fields method="post" action=(address(visit)) {
            button type="submit" name=(ANSWER) value=(YES) { "Approve" }
            button.quiet type="submit" name=(ANSWER) value=(NO) { "Decline" }
        }
    }
}
