//! Passwords that are chosen.

use lp_access::MailKind;
use lp_access::password::NewPassword;
use lp_core::Handle;
use lp_ports::{Change, Guard};

use super::input::ChangePassword;
use super::mailbox::telling;
use super::sessions::account;
use super::sign_in::{ACCOUNT_ATTEMPTS, note_refusal};
use super::view::ChangedPassword;
use crate::cx::Cx;
use crate::{Code, Error};

/// The hash to keep of a new password.
pub(super) async fn hash(cx: &Cx, password: &NewPassword) -> Result<String, Error> {
    let mut salt = [0; 16];
    salt.copy_from_slice(&cx.random()[..16]);
    Ok(cx.sign_in()?.passwords.hash(password.as_str().to_owned(), salt).await?)
}

/// Sets the new password of whoever knows the present one, and ends its sessions everywhere else.
pub(super) async fn change(cx: Cx, input: ChangePassword) -> Result<ChangedPassword, Error> {
    let (user, session) = cx.account()?;
    cx.attempt(&format!("password:{user}"), ACCOUNT_ATTEMPTS.0, ACCOUNT_ATTEMPTS.1).await?;
    let account = account(&cx).await?;
    let before = Some(account.password_hash.clone());
    if !cx.sign_in()?.passwords.matches(input.current_password, before).await? {
        note_refusal(&cx, Code::INVALID_CREDENTIALS);
        return Err(Error::new(Code::INVALID_CREDENTIALS, "the current password is another"));
    }
    let new = hash(&cx, &input.new_password.0).await?;
    let batch = cx
        .batch_in(&Handle::installation(), &cx.call.actor, &user.to_string())
        .guard(Guard::PasswordIs { email: account.email.clone(), hash: account.password_hash })
        .change(Change::PasswordSet { user, hash: new })
        .change(Change::SessionsEnded { user, except: session, at: cx.at() })
        .change(telling(&cx, &account.email, MailKind::PasswordChanged));
    // Not remembered for repeats: what a repeat is recognised by would be a fast hash of both passwords.
    cx.commit(batch).await?;
    Ok(ChangedPassword { changed: true })
}
