//! What a mailed code does: open an account, set a new password, sign in without one.

use lp_access::{Account, CodePurpose, MailKind};
use lp_ports::{Change, Guard, MailChange};

use super::input::{OneMailbox, ResetPassword, ShownCode, SignUp};
use super::mailbox::{ask, may_ask, refused, shown, telling};
use super::passwords::hash;
use super::sign_in::begin;
use super::view::{Mailed, SignedIn};
use crate::cx::Cx;
use crate::settings::SignUps;
use crate::{Code, Error};

/// Mails a code to a mailbox that has no account yet, and a notice to one that has.
pub(super) async fn sign_up(cx: Cx, input: SignUp) -> Result<Mailed, Error> {
    must_be_open(&cx)?;
    let email = input.email.0;
    may_ask(&cx, CodePurpose::SignUp, &email).await?;
    let known = cx.access().account(&email).await?.is_some();
    // In both cases: it takes long enough to be measured from far away.
    let password_hash = hash(&cx, &input.password.0).await?;
    let kind = if known { MailKind::HasAccount } else { MailKind::Code(CodePurpose::SignUp) };
    ask(&cx, CodePurpose::SignUp, email, kind, Some(password_hash)).await
}

/// Opens the account, and signs its person in.
pub(super) async fn confirm_sign_up(cx: Cx, input: ShownCode) -> Result<SignedIn, Error> {
    must_be_open(&cx)?;
    let email = input.email.0;
    let code = shown(&cx, CodePurpose::SignUp, &email, input.code.0).await?;
    if cx.access().account(&email).await?.is_some() {
        return Err(refused(&cx));
    }
    let password_hash = code.password_hash.ok_or_else(|| Error::internal("a sign-up without a password"))?;
    let id = cx.user_id();
    let terms = cx.plans().begin();
    let account = Account { id, email: email.clone(), password_hash, created_at: cx.at(), terms };
    begin(&cx, &account, input.agent.as_ref(), |batch| {
        batch
            .guard(Guard::EmailFree(email))
            .change(Change::Mail(MailChange::Used(code.hash)))
            .change(Change::Account(account.clone()))
    })
    .await
}

/// Mails a code that sets a new password, where there is an account.
pub(super) async fn forgot(cx: Cx, input: OneMailbox) -> Result<Mailed, Error> {
    ask_as_account(&cx, CodePurpose::Reset, input).await
}

/// Sets the new password. Whoever knew the one before is signed out everywhere.
pub(super) async fn reset(cx: Cx, input: ResetPassword) -> Result<SignedIn, Error> {
    let email = input.email.0;
    let code = shown(&cx, CodePurpose::Reset, &email, input.code.0).await?;
    let account = cx.access().account(&email).await?.ok_or_else(|| refused(&cx))?;
    let password_hash = hash(&cx, &input.password.0).await?;
    let told = telling(&cx, &email, MailKind::PasswordChanged);
    begin(&cx, &account, input.agent.as_ref(), |batch| {
        batch
            .change(Change::Mail(MailChange::Used(code.hash)))
            .change(Change::PasswordSet { user: account.id, hash: password_hash })
            .change(Change::SessionsEnded { user: account.id, except: None, at: cx.at() })
            .change(told)
    })
    .await
}

/// Mails a code that signs in, where there is an account.
pub(super) async fn start_passwordless(cx: Cx, input: OneMailbox) -> Result<Mailed, Error> {
    ask_as_account(&cx, CodePurpose::SignIn, input).await
}

/// Signs in without a password.
pub(super) async fn confirm_passwordless(cx: Cx, input: ShownCode) -> Result<SignedIn, Error> {
    let email = input.email.0;
    let code = shown(&cx, CodePurpose::SignIn, &email, input.code.0).await?;
    let account = cx.access().account(&email).await?.ok_or_else(|| refused(&cx))?;
    begin(&cx, &account, input.agent.as_ref(), |batch| {
        batch.change(Change::Mail(MailChange::Used(code.hash)))
    })
    .await
}

async fn ask_as_account(cx: &Cx, purpose: CodePurpose, input: OneMailbox) -> Result<Mailed, Error> {
    cx.sign_in()?;
    let email = input.email.0;
    may_ask(cx, purpose, &email).await?;
    let known = cx.access().account(&email).await?.is_some();
    ask(cx, purpose, email, if known { MailKind::Code(purpose) } else { MailKind::Decoy }, None).await
}

fn must_be_open(cx: &Cx) -> Result<(), Error> {
    match cx.app.settings.sign_ups {
        SignUps::Open => Ok(()),
        SignUps::Closed => {
            Err(Error::new(Code::SIGNUP_CLOSED, "accounts are made by the operator of this installation"))
        }
    }
}
