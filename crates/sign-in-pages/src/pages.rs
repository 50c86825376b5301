//! One module per page: what it shows, and what its form does.

mod authorize;
mod code;
mod confirm;
mod connections;
mod desktop;
mod forgot;
mod home;
mod password;
mod refusal;
mod sign_in;
mod sign_up;
mod start;

use axum::response::Response;
use lp_application::Error;

pub(crate) use self::refusal::{broken, foreign, not_found, wrong};
use crate::form::Values;
use crate::next::Next;
use crate::page::Page;
use crate::render;
use crate::visit::Visit;

/// Shows a page.
pub(crate) async fn show(page: Page, visit: &mut Visit<'_>) -> Result<Response, Error> {
    match page {
        Page::Home => home::show(visit).await,
        Page::SignIn => sign_in::show(visit).await,
        Page::SignUp => start::show(visit, &sign_up::START).await,
        Page::Forgot => start::show(visit, &forgot::START).await,
        Page::Code => start::show(visit, &code::START).await,
        Page::ConfirmSignUp => Ok(confirm::show(visit, &sign_up::CONFIRM)),
        Page::ConfirmForgot => Ok(confirm::show(visit, &forgot::CONFIRM)),
        Page::ConfirmCode => Ok(confirm::show(visit, &code::CONFIRM)),
        Page::Password => password::show(visit).await,
        Page::Desktop => desktop::show(visit).await,
        Page::Authorize => authorize::show(visit).await,
        Page::Decision => Ok(authorize::ask_again(visit)),
        Page::Connections => connections::show(visit).await,
        // Nothing to see; their forms stand on the page of the account.
        Page::SignOut | Page::Handles | Page::Sessions => Ok(render::see_other(Page::Home.path())),
    }
}

/// Does what a form asks for.
pub(crate) async fn act(page: Page, visit: &mut Visit<'_>, form: &Values) -> Result<Response, Error> {
    match page {
        // These take no form.
        Page::Home => home::show(visit).await,
        Page::Authorize => authorize::show(visit).await,
        Page::SignIn => sign_in::act(visit, form).await,
        Page::SignOut => sign_in::out(visit).await,
        Page::Handles => home::take_handle(visit, form).await,
        Page::Sessions => home::end_session(visit, form).await,
        Page::SignUp => start::act(visit, &sign_up::START, form).await,
        Page::Forgot => start::act(visit, &forgot::START, form).await,
        Page::Code => start::act(visit, &code::START, form).await,
        Page::ConfirmSignUp => confirm::act(visit, &sign_up::CONFIRM, form).await,
        Page::ConfirmForgot => confirm::act(visit, &forgot::CONFIRM, form).await,
        Page::ConfirmCode => confirm::act(visit, &code::CONFIRM, form).await,
        Page::Password => password::act(visit, form).await,
        Page::Desktop => desktop::act(visit, form).await,
        Page::Decision => authorize::act(visit, form).await,
        Page::Connections => connections::act(visit, form).await,
    }
}

/// Asks somebody to sign in, who comes back to this page if it can be shown.
pub(crate) fn to_sign_in(visit: &Visit<'_>, page: Page) -> Response {
    let back = match page {
        Page::Password | Page::Connections => Next::parse(page.path()),
        Page::Desktop => Next::parse(&desktop::address(visit)),
        Page::Authorize | Page::Decision => visit.back().cloned(),
        Page::Handles => visit.next(),
        _ => None,
    };
    let asks = matches!(page, Page::Authorize | Page::Decision);
    if asks && back.is_none() {
        return authorize::too_long(visit);
    }
    if Page::SignIn.is_in(visit.site) {
        render::see_other(&Next::behind(back.as_ref(), Page::SignIn.path()))
    } else {
        not_found(visit.site)
    }
}

/// Where somebody goes who has just signed in.
fn onward(visit: &Visit<'_>) -> Response {
    render::see_other(visit.next().as_ref().map_or(Page::Home.path(), Next::as_str))
}

/// On, for whoever is signed in already.
async fn already(visit: &mut Visit<'_>) -> Result<Option<Response>, Error> {
    Ok(visit.is_signed_in().await?.then(|| onward(visit)))
}
