//! Accounts: signing in, staying signed in, and signing out.
//!
//! Nothing of this is an MCP tool: an assistant acts by its own grant, never as the person.

mod input;
mod sessions;
mod sign_in;
mod view;

use lp_access::Need;

pub use self::input::{Login, OneSession, Refresh};
pub use self::view::{Account, EndedSession, Product, SessionList, SessionView, SignedIn, SignedOut, User};
use crate::Code;
use crate::catalogue::{Auth, Body, Effect, Method, Mount, Op, Operation};
use crate::system::NoInput;

/// Signs in.
pub const LOGIN: Op<Login, SignedIn> = Op::named("auth_login");
/// Stays signed in.
pub const REFRESH: Op<Refresh, SignedIn> = Op::named("auth_refresh");
/// Signs out.
pub const LOGOUT: Op<NoInput, SignedOut> = Op::named("auth_logout");
/// Says who is signed in.
pub const ME: Op<NoInput, Account> = Op::named("auth_me");
/// Says whether the account may use OpenAnalyst.
pub const OPENANALYST: Op<NoInput, Product> = Op::named("account_openanalyst_me");
/// Lists where the account is signed in.
pub const SESSIONS: Op<NoInput, SessionList> = Op::named("account_sessions_list");
/// Signs out somewhere else.
pub const END_SESSION: Op<OneSession, EndedSession> = Op::named("account_sessions_end");

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
    rows.extend(own());
    rows.into_iter()
        .map(|row| if row.effect.read_only { row } else { row.effect(PRIVATE) })
        .map(Operation::no_tool)
        .collect()
}

fn own() -> [Operation; 4] {
    [
        Operation::read(ME, Need::Account, sessions::me)
            .about("Who is signed in", "Get the account of the access token.")
            .mount(Mount::new(Method::Get, "/v2/auth/me", Auth::Jwt)),
        Operation::read(OPENANALYST, Need::Account, sessions::openanalyst)
            .about("Check access to OpenAnalyst", "Get what the account may use of OpenAnalyst.")
            .mount(Mount::new(Method::Get, "/v2/account/openanalyst/me", Auth::Jwt)),
        Operation::read(SESSIONS, Need::Account, sessions::list)
            .about("List sessions", "List where the account is signed in, newest first.")
            .mount(Mount::new(Method::Get, "/v2/account/sessions", Auth::Jwt)),
        Operation::write(END_SESSION, Need::Account, sessions::end)
            .about("End a session", "Sign the account out somewhere else.")
            .mount(Mount::new(Method::Delete, "/v2/account/sessions/{session}", Auth::Jwt))
            .fails(&[Code::NOT_FOUND]),
    ]
}
