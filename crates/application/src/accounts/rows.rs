//! The rows of accounts.

use lp_access::{Feature, Need};

use super::{
    CHANGE_PASSWORD, CONFIRM_PASSWORDLESS, CONFIRM_SIGN_UP, END_SESSION, FORGOT, LOGIN, LOGOUT, ME,
    OPENANALYST, REFRESH, RESET, SESSIONS, SIGN_UP, START_PASSWORDLESS, by_mail, desktop, passwords,
    sessions, sign_in,
};
use crate::Code;
use crate::catalogue::{Auth, Body, Effect, Method, Mount, Operation};

/// Doing it twice does it twice: each signing in is one of its own.
const PRIVATE: Effect = Effect { idempotent: false, ..Effect::PRIVATE };

pub(crate) fn operations() -> Vec<Operation> {
    let mut rows = vec![
        Operation::write(LOGIN, Need::Public, sign_in::login)
            .about(
                "Sign in",
                "Sign in with e-mail address and password. Answers an access token for an hour and a refresh token that is \
                 good for one use of auth_refresh.",
            )
            .mount(Mount::new(Method::Post, "/v2/auth/login", Auth::Public))
            .body(Body::Rest)
            .fails(&[Code::INVALID_CREDENTIALS]),
        Operation::write(REFRESH, Need::Public, sign_in::refresh)
            .about(
                "Stay signed in",
                "Exchange a refresh token for a new access token and the next refresh token. A token that comes a second time \
                 ends the session: somebody else has it.",
            )
            .mount(Mount::new(Method::Post, "/v2/auth/refresh", Auth::Public))
            .body(Body::Rest)
            .fails(&[Code::INVALID_TOKEN, Code::TOKEN_EXPIRED, Code::TOKEN_REVOKED]),
        Operation::write(LOGOUT, Need::Account, sessions::logout)
            .about("Sign out", "End the session of the access token; its refresh token opens nothing from then on.")
            .mount(Mount::new(Method::Post, "/v2/auth/logout", Auth::Jwt)),
    ];
    rows.extend(by_code());
    rows.extend(own());
    rows.extend(desktop::operations());
    rows.into_iter()
        .map(|row| if row.effect.read_only { row } else { row.effect(PRIVATE) })
        .map(Operation::no_tool)
        .collect()
}

/// Each pair: a mail is asked for, and its code is shown.
fn by_code() -> Vec<Operation> {
    let asks = [
        Operation::write(SIGN_UP, Need::Public, by_mail::sign_up)
            .about(
                "Sign up",
                "Ask for an account. A code is mailed to the address and shown to auth_signup_confirm, which makes the account. \
                 An address that has one already is mailed a notice; the answer is the same.",
            )
            .mount(public("signup"))
            .fails(&[Code::SIGNUP_CLOSED]),
        Operation::write(FORGOT, Need::Public, by_mail::forgot)
            .about(
                "Ask for a new password",
                "Have a code mailed that sets a new password by auth_password_forgot_confirm. The answer is the same where the \
                 address has no account.",
            )
            .mount(public("password/forgot")),
        Operation::write(START_PASSWORDLESS, Need::Public, by_mail::start_passwordless)
            .about(
                "Ask for a code to sign in",
                "Have a code mailed that signs in by auth_passwordless_confirm. The answer is the same where the address has no \
                 account.",
            )
            .mount(public("passwordless/start")),
    ];
    let shows = [
        Operation::write(CONFIRM_SIGN_UP, Need::Public, by_mail::confirm_sign_up)
            .about("Confirm the sign-up", "Make the account with the code from the mail, and sign in.")
            .mount(public("signup/confirm"))
            .fails(&[Code::INVALID_CODE, Code::SIGNUP_CLOSED]),
        Operation::write(RESET, Need::Public, by_mail::reset)
            .about(
                "Set a new password",
                "Set a new password with the code from the mail. Every session of the account ends, and a new one begins.",
            )
            .mount(public("password/forgot/confirm"))
            .fails(&[Code::INVALID_CODE]),
        Operation::write(CONFIRM_PASSWORDLESS, Need::Public, by_mail::confirm_passwordless)
            .about("Sign in with a code", "Sign in with the code from the mail.")
            .mount(public("passwordless/confirm"))
            .fails(&[Code::INVALID_CODE]),
    ];
    asks.into_iter().map(Operation::accepts).chain(shows).map(|row| row.body(Body::Rest)).collect()
}

fn public(path: &str) -> Mount {
    Mount::new(Method::Post, format!("/v2/auth/{path}"), Auth::Public)
}

fn own() -> [Operation; 5] {
    [
        Operation::read(ME, Need::Account, sessions::me)
            .about("Who is signed in", "Get the account of the access token.")
            .mount(Mount::new(Method::Get, "/v2/auth/me", Auth::Jwt)),
        Operation::read(OPENANALYST, Need::Account, sessions::openanalyst)
            .about("Check access to OpenAnalyst", "Get what the account may use of OpenAnalyst.")
            .feature(Feature::OpenAnalyst)
            .mount(Mount::new(Method::Get, "/v2/account/openanalyst/me", Auth::Jwt)),
        Operation::write(CHANGE_PASSWORD, Need::Account, passwords::change)
            .about(
                "Change the password",
                "Set a new password; the present one has to be told. Every other session of the account ends.",
            )
            .mount(Mount::new(Method::Post, "/v2/account/password", Auth::Jwt))
            // Nobody waits until tomorrow with a password that somebody else knows.
            .unmetered()
            .body(Body::Rest)
            .fails(&[Code::INVALID_CREDENTIALS]),
        Operation::read(SESSIONS, Need::Account, sessions::list)
            .about("List sessions", "List where the account is signed in, newest first.")
            .mount(Mount::new(Method::Get, "/v2/account/sessions", Auth::Jwt)),
        Operation::write(END_SESSION, Need::Account, sessions::end)
            .about("End a session", "Sign the account out somewhere else.")
            .mount(Mount::new(Method::Delete, "/v2/account/sessions/{session}", Auth::Jwt))
            .unmetered()
            .fails(&[Code::NOT_FOUND]),
    ]
}
