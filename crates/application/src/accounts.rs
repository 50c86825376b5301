//! Accounts: signing in, staying signed in, and signing out.
//!
//! Nothing of this is an MCP tool: an assistant acts by its own grant, never as the person.

mod by_mail;
mod desktop;
mod input;
mod mailbox;
mod mails;
mod passwords;
mod rows;
mod sessions;
mod sign_in;
mod view;

use std::time::Duration;

use lp_access::Session;

pub use self::input::{
    ChangePassword, Login, OneAttempt, OneMailbox, OneSession, RedeemAttempt, Refresh, ResetPassword,
    ShownCode, SignUp, StartDesktop,
};
pub(crate) use self::rows::operations;
pub use self::view::{
    Account, AttemptView, ChangedPassword, EndedSession, Mailed, Product, SessionList, SessionView, SignedIn,
    SignedOut, StartedDesktop, User,
};
use crate::catalogue::Op;
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
/// Asks for an account.
pub const SIGN_UP: Op<SignUp, Mailed> = Op::named("auth_signup");
/// Opens the account.
pub const CONFIRM_SIGN_UP: Op<ShownCode, SignedIn> = Op::named("auth_signup_confirm");
/// Asks for a new password.
pub const FORGOT: Op<OneMailbox, Mailed> = Op::named("auth_password_forgot");
/// Sets the new password.
pub const RESET: Op<ResetPassword, SignedIn> = Op::named("auth_password_forgot_confirm");
/// Asks for a code to sign in with.
pub const START_PASSWORDLESS: Op<OneMailbox, Mailed> = Op::named("auth_passwordless_start");
/// Signs in with it.
pub const CONFIRM_PASSWORDLESS: Op<ShownCode, SignedIn> = Op::named("auth_passwordless_confirm");
/// Changes the password of who is signed in.
pub const CHANGE_PASSWORD: Op<ChangePassword, ChangedPassword> = Op::named("account_password_change");
/// Begins to sign a desktop in.
pub const START_DESKTOP: Op<StartDesktop, StartedDesktop> = Op::named("desktop_start");
/// Signs it in, once somebody approved.
pub const REDEEM_DESKTOP: Op<RedeemAttempt, SignedIn> = Op::named("desktop_redeem");
/// Says which desktop wants to be signed in.
pub const DESKTOP: Op<OneAttempt, AttemptView> = Op::named("desktop_get");
/// Lets it.
pub const APPROVE_DESKTOP: Op<OneAttempt, AttemptView> = Op::named("desktop_approve");
/// Does not.
pub const DECLINE_DESKTOP: Op<OneAttempt, AttemptView> = Op::named("desktop_decline");

/// For how long somebody who does nothing stays signed in.
pub const SIGNED_IN_FOR: Duration = Session::LIFE;
