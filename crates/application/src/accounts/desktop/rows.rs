//! The rows of signing a desktop in.

use lp_access::Need;

use super::{approve, decline, look, redeem, start};
use crate::Code;
use crate::accounts::{APPROVE_DESKTOP, DECLINE_DESKTOP, DESKTOP, REDEEM_DESKTOP, START_DESKTOP};
use crate::catalogue::{Auth, Body, Method, Mount, Operation};

pub(in crate::accounts) fn operations() -> [Operation; 5] {
    let own = |method, path: &str| {
        Mount::new(method, format!("/v2/account/desktop/{{attemptId}}{path}"), Auth::Jwt)
    };
    let public =
        |path: &str| Mount::new(Method::Post, format!("/oauth/openanalyst/desktop/{path}"), Auth::Public);
    [
        Operation::write(START_DESKTOP, Need::Public, start)
            .about(
                "Start pairing a desktop",
                "Begin to sign a desktop in from a browser. Open authorizeUrl there; the person approves, and desktop_redeem \
                 answers the session. The challenge is S256 of RFC 7636 of a proof that the desktop keeps to itself.",
            )
            .mount(public("start"))
            .body(Body::Rest)
            .faulty(Code::INVALID_REQUEST),
        Operation::write(REDEEM_DESKTOP, Need::Public, redeem)
            .about(
                "Finish pairing a desktop",
                "Exchange an attempt that was approved, and its proof, for a session, once. Until somebody has answered it is \
                 refused with authorization_pending: ask again every five seconds.",
            )
            .mount(public("redeem"))
            .body(Body::Rest)
            .faulty(Code::INVALID_REQUEST)
            .fails(&[
                Code::AUTHORIZATION_PENDING,
                Code::ACCESS_DENIED,
                Code::EXPIRED_TOKEN,
                Code::INVALID_GRANT,
            ]),
        Operation::read(DESKTOP, Need::Account, look)
            .about("Look at a desktop's attempt", "Get which desktop wants to be signed in, and how that stands.")
            .mount(own(Method::Get, ""))
            .fails(&[Code::NOT_FOUND]),
        Operation::write(APPROVE_DESKTOP, Need::Account, approve)
            .about(
                "Approve a desktop",
                "Let a desktop be signed in as the account of the access token. It has until the attempt expires to redeem it.",
            )
            .mount(own(Method::Post, "/approve"))
            .unmetered()
            .fails(&[Code::NOT_FOUND, Code::EXPIRED_TOKEN]),
        Operation::write(DECLINE_DESKTOP, Need::Account, decline)
            .about("Decline a desktop", "Keep a desktop from being signed in; one that was approved too, until it redeems that.")
            .mount(own(Method::Post, "/decline"))
            .unmetered()
            .fails(&[Code::NOT_FOUND, Code::EXPIRED_TOKEN]),
    ]
}
