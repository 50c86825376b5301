//! The rows of the authorization server.

use lp_access::Need;
use lp_core::Role;

use super::{
    AUTHORIZATION, CONNECTIONS, DECIDE, END_CONNECTION, END_HANDLE_CONNECTION, HANDLE_CONNECTIONS, REGISTER,
    REVOKE, TOKEN, addresses, authorize, clients, connections, token,
};
use crate::Code;
use crate::catalogue::{Auth, Body, Dialect, Effect, Method, Mount, Operation};

/// Each is one of its own, however alike.
const ANEW: Effect = Effect { idempotent: false, ..Effect::PRIVATE };

pub(crate) fn operations() -> Vec<Operation> {
    let for_apps = for_apps().into_iter().map(|row| row.speaks(Dialect::OAuth));
    let rows = for_apps.chain(for_people());
    rows.map(Operation::no_tool).map(Operation::unmetered).collect()
}

/// What apps call, at the canonical paths and at those that some look for at the root of the issuer.
fn for_apps() -> [Operation; 3] {
    let post = |path: &str| Mount::new(Method::Post, path, Auth::Public);
    [
        Operation::write(REGISTER, Need::Public, clients::register)
            .about(
                "Register an app",
                "Dynamic client registration (RFC 7591). The client id holds what was registered, so nothing is stored and \
                 nothing expires; the addresses for answers are compared letter by letter, except for the port of a loopback \
                 address.",
            )
            .effect(ANEW)
            .mount(post(addresses::REGISTER))
            .mount(post("/register"))
            .body(Body::Rest)
            .lenient()
            .faulty(Code::INVALID_CLIENT_METADATA)
            .fails(&[Code::INVALID_REDIRECT_URI]),
        Operation::write(TOKEN, Need::Public, token::token)
            .about(
                "Get tokens",
                "Exchange an authorization code or a refresh token (RFC 6749, 4.1.3 and 6). Access tokens are good for 30 \
                 minutes, refresh tokens for one exchange; one that comes a second time ends the connection, except within ten \
                 seconds, when the same answer is given again.",
            )
            .effect(ANEW)
            .mount(post(addresses::TOKEN))
            .mount(post("/token"))
            .body(Body::Form)
            .faulty(Code::INVALID_REQUEST)
            .fails(&[
                Code::INVALID_CLIENT,
                Code::INVALID_GRANT,
                Code::INVALID_SCOPE,
                Code::INVALID_TARGET,
                Code::UNSUPPORTED_GRANT_TYPE,
            ]),
        Operation::write(REVOKE, Need::Public, token::revoke)
            .about(
                "Give a token back",
                "Revoke a token (RFC 7009). A refresh token takes its connection with it. What is no token of the client is \
                 answered the same.",
            )
            .effect(Effect { destructive: true, ..Effect::PRIVATE })
            .mount(post(addresses::REVOKE))
            .mount(post("/revoke"))
            .body(Body::Form)
            .faulty(Code::INVALID_REQUEST)
            .fails(&[Code::INVALID_CLIENT]),
    ]
}

/// What the pages call, and whoever answers for a person without them.
fn for_people() -> [Operation; 6] {
    let own = |method, path: &str| Mount::new(method, format!("/v2/account/{path}"), Auth::Jwt);
    let unasked = [Code::INVALID_CLIENT, Code::INVALID_REDIRECT_URI, Code::INVALID_REQUEST];
    [
        Operation::read(AUTHORIZATION, Need::Account, authorize::show)
            .about(
                "Look at an app's request",
                "Get what an app asks for, from the parameters of the authorization endpoint: who it is, for which handles, \
                 which scopes. Where the request is faulty but its app is certain, redirectTo says what the app is told.",
            )
            .mount(own(Method::Get, "oauth/authorization"))
            .lenient()
            .fails(&unasked),
        Operation::write(DECIDE, Need::Account, authorize::decide)
            .about(
                "Answer an app's request",
                "Let an app into a handle, or not: the same parameters, and the decision. Answers where the browser goes with \
                 the code.",
            )
            .effect(ANEW)
            .mount(Mount::new(Method::Post, "/oauth/authorize/decision", Auth::Jwt))
            .body(Body::Rest)
            .lenient()
            .fails(&unasked)
            .fails(&[Code::INVALID_SCOPE, Code::NOT_FOUND, Code::HANDLE_MISMATCH, Code::MISSING_HANDLE]),
        Operation::read(CONNECTIONS, Need::Account, connections::own)
            .about("List connected apps", "List the apps that the account let in, newest first, with their last use.")
            .mount(own(Method::Get, "connections")),
        Operation::write(END_CONNECTION, Need::Account, connections::end_own)
            .about(
                "Disconnect an app",
                "Take back what an app was allowed: from the next call on its tokens open nothing.",
            )
            .effect(Effect { destructive: true, ..Effect::PRIVATE })
            .mount(own(Method::Delete, "connections/{connectionId}"))
            .fails(&[Code::NOT_FOUND]),
        Operation::read(HANDLE_CONNECTIONS, Need::Role(Role::Operator), connections::in_handle)
            .about(
                "List apps connected to a handle",
                "List the apps that members let into the handle, newest first, whoever did.",
            )
            .at_for_accounts(Method::Get, "connections"),
        Operation::write(END_HANDLE_CONNECTION, Need::Role(Role::Operator), connections::end_in_handle)
            .about("Shut an app out of a handle", "End what an app may do in the handle, whoever let it in.")
            .effect(Effect { destructive: true, ..Effect::PRIVATE })
            .at_for_accounts(Method::Delete, "connections/{connectionId}")
            .fails(&[Code::NOT_FOUND]),
    ]
}
