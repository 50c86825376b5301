//! An app asks for access: whoever is signed in here says what it may do, or no.

mod asker;
mod question;
mod refusal;
mod sheet;
mod ticks;

use axum::response::Response;
use http::StatusCode;
use lp_application::accounts::Account;
use lp_application::oauth::{self, Authorization, HandleChoice, RedirectTo, Requested};
use lp_application::{Code, Error};
use serde_json::{Map, Value, json};

use self::question::{Choice, Question};
pub(crate) use self::refusal::too_long;
use self::sheet::Sheet;
use self::ticks::{BOX, Chosen, Ticks};
use crate::faults::Faults;
use crate::fields::{self, CHOSEN_HANDLE};
use crate::form::Values;
use crate::render;
use crate::visit::{self, Visit, is_signed_out};

/// The field that says which of the two buttons was pressed.
const DECISION: &str = "decision";
const YES: &str = "approve";
const NO: &str = "deny";
/// The field that says who was signed in when the page was shown.
const ACCOUNT: &str = "account";

/// Asks the person; or nobody, where this was allowed before or the app is only to be told what is wrong.
pub(super) async fn show(visit: &mut Visit<'_>) -> Result<Response, Error> {
    let question = match Question::read(visit) {
        Ok(question) => question,
        Err(error) => return refusal::of_app(visit, error),
    };
    visit.come_back_to(&question.address_with(&question.choice));
    let account = visit.account().await?;
    let requested = match look(visit, &question).await {
        Ok(Looked::Ask(requested)) => requested,
        Ok(Looked::Go(response)) => return Ok(response),
        Err(error) => return refusal::of_app(visit, error),
    };
    // Nothing is loaded into a picture, a frame or a page that nobody looks at.
    if requested.remembered && visit.is_navigation() {
        return answer(visit, &question, json!({ DECISION: YES })).await;
    }
    let chosen = Chosen::Before(&question.choice);
    let page = Sheet { account: &account, question: &question, requested: &requested, chosen };
    Ok(page.reply(visit, StatusCode::OK, &Faults::default()))
}

/// Answers the app, with what the form says.
pub(super) async fn act(visit: &mut Visit<'_>, form: &Values) -> Result<Response, Error> {
    let question = match Question::read(visit) {
        Ok(question) => question,
        Err(error) => return refusal::of_app(visit, error),
    };
    visit.come_back_to(&question.address_with(&choice(form)));
    let account = visit.account().await?;
    match form.get(DECISION) {
        // Who was shown the page may be somebody else than who is signed in by now.
        YES if form.get(ACCOUNT) == account.user_id => approve(visit, &account, &question, form).await,
        NO => match answer(visit, &question, json!({ DECISION: NO })).await {
            Err(error) => refusal::of_app(visit, error),
            told => told,
        },
        _ => Ok(render::see_other(&question.address())),
    }
}

/// Where the answer is sent there is nothing to see.
pub(super) fn ask_again(visit: &Visit<'_>) -> Response {
    Question::read(visit).map_or_else(
        |_| super::not_found(visit.site),
        |question| render::see_other(&question.address_with(&question.choice)),
    )
}

async fn approve(
    visit: &mut Visit<'_>,
    account: &Account,
    question: &Question,
    form: &Values,
) -> Result<Response, Error> {
    let requested = match look(visit, question).await {
        Ok(Looked::Ask(requested)) => requested,
        Ok(Looked::Go(response)) => return Ok(response),
        Err(error) => return refusal::of_app(visit, error),
    };
    let page = Sheet { account, question, requested: &requested, chosen: Chosen::Form(form) };
    let handle = match meant(&requested, form) {
        Ok(handle) => handle,
        Err(error) => return Ok(page.reply(visit, render::status(&error), &faults(&error))),
    };
    let scopes = Ticks::new(&requested, page.chosen).allowed(handle);
    let decision = json!({ DECISION: YES, "handle": handle.handle, "scopes": scopes });
    match answer(visit, question, decision).await {
        Err(error) if is_signed_out(&error) || error.code.status() >= 500 => Err(error),
        Err(error) => Ok(page.reply(visit, render::status(&error), &faults(&error))),
        told => told,
    }
}

/// What there is to decide.
enum Looked {
    Ask(Box<Requested>),
    /// Nothing: the app is told so.
    Go(Response),
}

async fn look(visit: &mut Visit<'_>, question: &Question) -> Result<Looked, Error> {
    let looked = visit.act(oauth::AUTHORIZATION.name(), question.arguments()).await?;
    Ok(match visit::read::<Authorization>(looked)? {
        Authorization { redirect_to: Some(place), .. } => Looked::Go(render::away(&place)),
        Authorization { requested: Some(requested), .. } => Looked::Ask(Box::new(requested)),
        Authorization { .. } => return Err(Error::new(Code::INTERNAL, "there is nothing to decide")),
    })
}

/// Decides, and sends the browser to the app with what came of it.
async fn answer(visit: &mut Visit<'_>, question: &Question, decision: Value) -> Result<Response, Error> {
    let mut arguments: Map<String, Value> = question.arguments();
    arguments.extend(fields::object(decision));
    let told: RedirectTo = visit::read(visit.act(oauth::DECIDE.name(), arguments).await?)?;
    Ok(render::away(&told.redirect_to))
}

/// The handle that the form names. It always names one, so that nobody lets an app in elsewhere than the page said.
fn meant<'r>(requested: &'r Requested, form: &Values) -> Result<&'r HandleChoice, Error> {
    let named = form.get(CHOSEN_HANDLE.name);
    let found = requested.handles.iter().find(|choice| choice.handle == named);
    let code = if named.is_empty() { "required" } else { "unknown_value" };
    found.ok_or_else(|| {
        Error::field(
            &format!("/{}", CHOSEN_HANDLE.name),
            code,
            "is not one of those that can be meant; choose again",
        )
    })
}

/// What a refusal says about the form.
fn faults(error: &Error) -> Faults {
    Faults::of(error, &[&CHOSEN_HANDLE])
}

/// What of a form goes into an address, for whoever has to sign in again.
fn choice(form: &Values) -> Choice {
    let handle = form.get(CHOSEN_HANDLE.name);
    Choice {
        handle: (!handle.is_empty()).then(|| handle.to_owned()),
        keep: Some(form.named(BOX).map(ToOwned::to_owned).collect()),
    }
}
